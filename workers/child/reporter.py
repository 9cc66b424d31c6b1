"""The child's line to its parent: one JSON object a line over a named pipe in the working folder."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import time
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from workers.child.protocol import REPORTS_NAME

PARENT_SILENCE_SECONDS = 10.0
_RANK_LOOK_SECONDS = 0.5


class Reporter:
    """Writes reports to the pipe in `folder`, which the parent reads. A parent that no longer listens ends the
    process. Several processes of a run may each have one."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / REPORTS_NAME).open("w", encoding="utf-8")
        self._lock = threading.Lock()

    def send(self, kind: str, **content: Any) -> None:
        """`content` is JSON-ready; numbers are finite."""
        line = json.dumps({"kind": kind, **content}, allow_nan=False)
        try:
            with self._lock:
                print(line, file=self._file, flush=True)
        except BrokenPipeError:
            _leave()

    def notice(self, code: str, message: str, count: int = 1) -> None:
        self.send("log", code=code, message=message, count=count)


def finite(value: Any) -> float | None:
    """A number of numpy's or torch's as a float; None for what is missing, infinite or not a number."""
    if value is None:
        return None
    number = float(value)
    return number if isfinite(number) else None


def leave_with_parent(descriptor: int) -> None:
    """From now on the process ends when `descriptor`, which the parent writes pings to, closes or falls silent."""
    threading.Thread(target=_watch, args=(descriptor,), name="parent-watch", daemon=True).start()


def leave_with_launcher() -> None:
    """From now on the process ends when the one that started it is gone. For the processes of a training on several
    GPUs: torch gives each a session of its own, where no signal to our group reaches it."""
    threading.Thread(target=_watch_launcher, args=(os.getppid(),), name="launcher-watch", daemon=True).start()


def _watch(descriptor: int) -> NoReturn:
    while True:
        ready, _, _ = select.select([descriptor], [], [], PARENT_SILENCE_SECONDS)
        if not ready or not os.read(descriptor, 4096):
            print("The worker is gone; ending.", file=sys.stderr, flush=True)  # noqa: T201 - goes to the log file
            _leave()


def _watch_launcher(launcher: int) -> NoReturn:
    while os.getppid() == launcher:
        time.sleep(_RANK_LOOK_SECONDS)
    _leave()


def _leave() -> NoReturn:
    """At once, whatever torch is doing, and with the data loader's processes when there are any."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
