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
    REPORTS_NAME,
    RUN_VARIABLE,
    SPEC_NAME,
    BatchReport,
    ChildResult,
    ChildSpec,
    EvaluateSpec,
    Failure,
    Report,
    TrainSpec,
    report_from_json,
    result_from_json,
    spec_to_json,
)
from workers.host_paths import SOURCES, without_host_paths
from workers.system_memory import processes_killed

PING_SECONDS = 1.0
TERM_SECONDS = 3.0
LOG_NAME = "child.log"
# One report is one line; a confusion matrix of a thousand classes fits.
_LINE_LIMIT = 16 * 1024 * 1024
_TAIL_BYTES = 64 * 1024
# What a child may know of our environment: how to find programs, libraries and GPUs, and no secret.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_VISIBLE_DEVICES")
_PROGRAM = ("-m", "workers.child")


class ChildFailed(Exception):  # noqa: N818 - a state, as its siblings are named
    """The child did not finish its job; the message is a sentence for the person who asked for it."""


class ChildOutOfMemory(ChildFailed):
    """The device's memory, or the machine's, was too small for what it did."""


class ChildDiskFull(ChildFailed):
    """The worker's disk had no room for what it wrote."""


class ChildCrashed(ChildFailed):
    """It was killed, or fell over something outside the request: another try may well succeed."""


async def run_child(
    spec: TrainSpec | EvaluateSpec, workdir: Path, on_report: Callable[[Report], Awaitable[None]]
) -> ChildResult:
    """As `child_outcome`, of a training or an evaluation."""
    return result_from_json(await child_outcome(spec, workdir, on_report))


async def child_outcome(
    spec: ChildSpec, workdir: Path, on_report: Callable[[Report], Awaitable[None]]
) -> dict[str, Any]:
    """Run the spec in a process group of its own, with `workdir`, which is made, as its folder; its output goes to
    child.log. Returns what the child's last report says.

    `on_report` hears each report in order; while it is busy, older batch reports give way to newer ones. When this is
    cancelled or `on_report` raises, the group gets SIGTERM, after 3 s SIGKILL, and is gone before this returns. Raises
    ChildFailed, or a subclass that tells what kind of failure it was.
    """
    folder = _prepared(spec, workdir)
    killed_before = processes_killed()
    async with _started(folder, spec.threads) as (process, reports):
        mailbox = _Mailbox()
        tasks = [
            asyncio.create_task(_ping(process)),
            asyncio.create_task(_collect(reports.reader, mailbox)),
            asyncio.create_task(_deliver(mailbox, on_report)),
        ]
        ended = asyncio.create_task(process.wait())
        try:
            await _first_failure_or_end(tasks, ended)
            # Whatever the group left running would hold the report pipe open.
            _signal_group(process.pid, signal.SIGKILL)
            reports.close()
            await asyncio.gather(*tasks[1:])
        finally:
            for task in (*tasks, ended):
                task.cancel()
            await asyncio.gather(*tasks, ended, return_exceptions=True)
        short_of_memory = processes_killed() > killed_before
        return _outcome(mailbox.last, process.returncode, folder, short_of_memory)


def _prepared(spec: ChildSpec, workdir: Path) -> Path:
    workdir.mkdir(parents=True, exist_ok=True)
    folder = workdir.resolve()
    (folder / SPEC_NAME).write_text(spec_to_json(spec), encoding="utf-8")
    os.mkfifo(folder / REPORTS_NAME, 0o600)
    return folder


async def _first_failure_or_end(tasks: list[asyncio.Task[None]], ended: asyncio.Task[int]) -> None:
    waiting: set[asyncio.Task[Any]] = {*tasks, ended}
    while not ended.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


class _ReportPipe:
    """The pipe by name that the processes of a run write to. While it is open here for writing too, it has not ended
    for the reader, whoever of them has not opened it yet or is gone already."""

    def __init__(self, path: Path) -> None:
        self.reader = asyncio.StreamReader(limit=_LINE_LIMIT)
        self._receiving = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._sending: int | None = os.open(path, os.O_WRONLY)

    async def connect(self) -> asyncio.ReadTransport:
        protocol = asyncio.StreamReaderProtocol(self.reader)
        file = os.fdopen(self._receiving, "rb", buffering=0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, file)
        return transport

    def close(self) -> None:
        """From now on it ends when the last of the others closes it."""
        if self._sending is not None:
            os.close(self._sending)
            self._sending = None


@contextlib.asynccontextmanager
async def _started(folder: Path, threads: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, _ReportPipe]]:
    pipe = _ReportPipe(folder / REPORTS_NAME)
    transport = await pipe.connect()
    try:
        with (folder / LOG_NAME).open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", *_PROGRAM, str(folder)),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=folder,
                env=_environment(folder, threads),
                start_new_session=True,
            )
        try:
            yield process, pipe
        finally:
            await _end_group(process)
    finally:
        pipe.close()
        transport.close()


def _environment(folder: Path, threads: int) -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = {"PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1", RUN_VARIABLE: str(folder)}
    return passed_on | own | contained_environment(folder / "config", threads)


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
                mailbox.last = mailbox.last or data  # of several processes the first knows best why it failed
            else:
                mailbox.put(report_from_json(data))
    finally:
        mailbox.close()


async def _deliver(mailbox: _Mailbox, on_report: Callable[[Report], Awaitable[None]]) -> None:
    while (report := await mailbox.take()) is not None:
        await on_report(report)


def _outcome(
    last: dict[str, Any] | None, returncode: int | None, folder: Path, short_of_memory: bool
) -> dict[str, Any]:
    if last and last["kind"] == "done":
        return last
    if last:
        # What was rendered for it lies beside its own folder.
        raise _FAILURES[Failure(last["reason"])](without_host_paths(last["message"], folder, folder.parent))
    if returncode is not None and returncode < 0:
        name = signal.Signals(-returncode).name
        if name == "SIGKILL" and short_of_memory:
            raise ChildOutOfMemory(f"The machine ran out of memory, and the system killed the process ({name}).")
        raise ChildCrashed(f"The process was killed by signal {name}.")
    said = without_host_paths(_last_line(folder / LOG_NAME), folder, folder.parent)
    told = f" Its last line was: {said[:300]}" if said else ""
    raise ChildCrashed(f"The process ended with status {returncode} and without a result.{told}")


def _last_line(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


_FAILURES = {
    Failure.REFUSED: ChildFailed,
    Failure.OUT_OF_MEMORY: ChildOutOfMemory,
    Failure.DISK_FULL: ChildDiskFull,
    Failure.CRASHED: ChildCrashed,
}
