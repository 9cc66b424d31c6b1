"""Tasks for the sandbox that misbehave. Children import them, and no test does."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from typing import Any

from workers.sandbox.tasks import RefusedError


class NotToMyLikingError(RefusedError):
    """What a task of its own kind raises."""


def echo(**arguments: Any) -> dict[str, Any]:
    return {**arguments, "pid": os.getpid()}


def refuse(message: str | None = None) -> dict[str, Any]:
    if message is None:
        return {"pid": os.getpid()}
    raise NotToMyLikingError(message)


def hang(marker: str) -> None:
    """Touches the file `marker` and comes to no end, in a process of its own too."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(marker, "w", encoding="ascii") as file:
        file.write(str(child.pid))
    time.sleep(600)


def eat_memory(megabytes: int) -> dict[str, Any]:
    """Takes that much memory, in pieces, and says how much it got."""
    pieces = [bytearray(1024**2) for _ in range(megabytes)]
    return {"megabytes": len(pieces)}


def grow() -> dict[str, Any]:
    """Keeps 300 MB for good."""
    kept = bytearray(300 * 1024**2)
    kept[::4096] = b"x" * len(kept[::4096])
    _GROWN.append(kept)
    return {"pid": os.getpid()}


def die() -> None:
    """As a decoder dies that reads beyond its memory."""
    ctypes.string_at(0)


def fail() -> None:
    raise ZeroDivisionError("a bug")


def babble(kilobytes: int) -> dict[str, Any]:
    """Writes to both outputs, and reads, as a library might."""
    for _ in range(kilobytes):
        os.write(1, b"x" * 1023 + b"\n")
        os.write(2, b"y" * 1023 + b"\n")
    return {"read": os.read(0, 10).decode()}


def surroundings() -> dict[str, Any]:
    import resource

    kinds = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_DATA")
    limits = {kind: resource.getrlimit(getattr(resource, kind)) for kind in kinds}
    modules = sorted(sys.modules)
    return {"environment": dict(os.environ), "limits": limits, "modules": modules, "niceness": os.nice(0)}


_GROWN: list[bytearray] = []
