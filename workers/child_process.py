"""The worker's side of the training child: start it, hear it, and leave nothing of it behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from workers.child.environment import contained_environment
from workers.child.protocol import (
    BatchReport,
    ChildResult,
    ChildSpec,
    Report,
    report_from_json,
    result_from_json,
    spec_to_json,
)

PING_SECONDS = 1.0
TERM_SECONDS = 3.0
LOG_NAME = "child.log"
# One report is one line; a confusion matrix of a thousand classes fits.
_LINE_LIMIT = 16 * 1024 * 1024
# What a child may know of our environment: how to find programs, libraries and GPUs, and no secret.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_VISIBLE_DEVICES")
_SOURCE_ROOT = Path(__file__).resolve().parent.parent


class ChildFailed(Exception):  # noqa: N818 - a state, as its siblings are named
    """The child did not finish its job; the message is a sentence for the person who asked for it."""


async def run_child(spec: ChildSpec, workdir: Path, on_report: Callable[[Report], Awaitable[None]]) -> ChildResult:
    """Run the spec in a process group of its own, with `workdir`, which is made, as its folder; its output goes to
    child.log.

    `on_report` hears each report in order; while it is busy, older batch reports give way to newer ones. When this is
    cancelled or `on_report` raises, the group gets SIGTERM, after 3 s SIGKILL, and is gone before this returns. Raises
    ChildFailed.
    """
    spec_path = _prepared(spec, workdir)
    async with _started(spec_path, spec.threads) as (process, reports):
        mailbox = _Mailbox()
        tasks = [
            asyncio.create_task(_ping(process)),
            asyncio.create_task(_collect(reports, mailbox)),
            asyncio.create_task(_deliver(mailbox, on_report)),
        ]
        ended = asyncio.create_task(process.wait())
        try:
            await _first_failure_or_end(tasks, ended)
            # Whatever the group left running would hold the report pipe open.
            _signal_group(process.pid, signal.SIGKILL)
            await asyncio.gather(*tasks[1:])
        finally:
            for task in (*tasks, ended):
                task.cancel()
            await asyncio.gather(*tasks, ended, return_exceptions=True)
        return _outcome(mailbox.last, process.returncode, workdir / LOG_NAME)


def _prepared(spec: ChildSpec, workdir: Path) -> Path:
    workdir.mkdir(parents=True, exist_ok=True)
    path = workdir.resolve() / "spec.json"
    path.write_text(spec_to_json(spec), encoding="utf-8")
    return path


async def _first_failure_or_end(tasks: list[asyncio.Task[None]], ended: asyncio.Task[int]) -> None:
    waiting: set[asyncio.Task[Any]] = {*tasks, ended}
    while not ended.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


@contextlib.asynccontextmanager
async def _started(
    spec_path: Path, threads: int
) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.StreamReader]]:
    receiving, sending = os.pipe()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(receiving, "rb", buffering=0)
    )
    try:
        try:
            with (spec_path.parent / LOG_NAME).open("wb") as log:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "workers.child", str(spec_path), str(sending)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    cwd=spec_path.parent,
                    env=_environment(spec_path.parent / "config", threads),
                    pass_fds=(sending,),
                    start_new_session=True,
                )
        finally:
            os.close(sending)
        try:
            yield process, reader
        finally:
            await _end_group(process)
    finally:
        transport.close()


def _environment(config: Path, threads: int) -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = {"PYTHONPATH": str(_SOURCE_ROOT), "PYTHONUNBUFFERED": "1"}
    return passed_on | own | contained_environment(config, threads)


async def _end_group(process: asyncio.subprocess.Process) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        if process.returncode is None:
            _signal_group(process.pid, signal.SIGTERM)
            await asyncio.wait_for(process.wait(), TERM_SECONDS)
    except TimeoutError:
        pass
    finally:
        # Also when this is cancelled a second time: nothing outlives it.
        _signal_group(process.pid, signal.SIGKILL)
    await process.wait()
    for _ in range(20):
        if not _signal_group(process.pid, 0):
            return
        await asyncio.sleep(0.05)


def _signal_group(group: int, number: int) -> bool:
    """Signal each process of the group; False when there is none."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


async def _ping(process: asyncio.subprocess.Process) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(ConnectionError):
        while True:
            process.stdin.write(b".")
            await process.stdin.drain()
            await asyncio.sleep(PING_SECONDS)


class _Mailbox:
    """Reports on their way from the pipe to a listener that may be slower. `last` is the child's final word."""

    def __init__(self) -> None:
        self.last: dict[str, Any] | None = None
        self._waiting: deque[Report] = deque()
        self._changed = asyncio.Event()
        self._closed = False

    def put(self, report: Report) -> None:
        if self._waiting and isinstance(report, BatchReport) and isinstance(self._waiting[-1], BatchReport):
            self._waiting.pop()
        self._waiting.append(report)
        self._changed.set()

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    async def take(self) -> Report | None:
        """The next report; None when there will be no more."""
        while not self._waiting and not self._closed:
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.popleft() if self._waiting else None


async def _collect(reports: asyncio.StreamReader, mailbox: _Mailbox) -> None:
    try:
        async for line in reports:
            if not line.endswith(b"\n"):
                return  # killed in the middle of a line
            data = json.loads(line)
            if data["kind"] in ("done", "failed"):
                mailbox.last = data
            else:
                mailbox.put(report_from_json(data))
    finally:
        mailbox.close()


async def _deliver(mailbox: _Mailbox, on_report: Callable[[Report], Awaitable[None]]) -> None:
    while (report := await mailbox.take()) is not None:
        await on_report(report)


def _outcome(last: dict[str, Any] | None, returncode: int | None, log: Path) -> ChildResult:
    if last and last["kind"] == "done":
        return result_from_json(last)
    if last:
        raise ChildFailed(last["message"])
    if returncode is not None and returncode < 0:
        name = signal.Signals(-returncode).name
        hint = " (the system may be out of memory)" if name == "SIGKILL" else ""
        raise ChildFailed(f"The training process was killed by signal {name}{hint}.")
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    said = f" Its last line was: {lines[-1][:300]}" if lines else ""
    raise ChildFailed(f"The training process ended with status {returncode} and without a result.{said}")
