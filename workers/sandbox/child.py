"""One sandboxed child process, seen from the worker."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import structlog

from workers.sandbox.outcome import (
    SandboxCrashError,
    SandboxKilledError,
    SandboxRefusal,
    SandboxStartError,
    crashed,
    killed,
    out_of_memory,
    out_of_time,
)

START_SECONDS = 60.0
_ANSWER_BYTES = 64 * 1024**2
_KEPT_OUTPUT_BYTES = 8 * 1024
# How to find programs and libraries; no database address and no secret.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_OWN = {
    "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    "VIPS_CONCURRENCY": "1",
    "VIPS_BLOCK_UNTRUSTED": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
# What Python, GLib, C++ and libc say last when memory is refused to them.
_MEMORY_SIGNS = (b"MemoryError", b"failed to allocate", b"bad_alloc", b"Cannot allocate memory")

_log = structlog.get_logger(__name__)


class Child:
    """A process that serves one task. Make it by `start_child`."""

    def __init__(self, task: str, process: asyncio.subprocess.Process, memory: int) -> None:
        self.task = task
        self._memory = memory
        self.worn = False
        self._process = process
        self._said = bytearray()
        self._listening = asyncio.create_task(self._listen())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ready(self) -> None:
        """Wait until it takes requests. Raises SandboxStartError."""
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await self._read_line()
        except TimeoutError as error:
            raise SandboxStartError(f"A sandbox for {self.task} was not ready in {START_SECONDS:g} s.") from error
        if not line:
            await self._settled()
            raise SandboxStartError(f"A sandbox for {self.task} does not start: {self._last_words()}")

    async def ask(self, seconds: float, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The task's result. Raises SandboxRefusal, which leaves the child as good as before, SandboxCrashError and
        SandboxKilledError."""
        self._said.clear()
        request = orjson.dumps({"seconds": seconds, "arguments": arguments}, default=str) + b"\n"
        try:
            async with asyncio.timeout(seconds):
                line = await self._exchange(request)
        except TimeoutError as error:
            raise out_of_time(seconds) from error
        try:
            return self._result(orjson.loads(line))
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise await self._crash(seconds) from None

    async def end(self) -> None:
        """Kill it and whatever it started; it is gone, also when this is cancelled."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._ended()

    def _result(self, answer: dict[str, Any]) -> dict[str, Any]:
        if "memory" in answer:
            raise out_of_memory(self._memory)
        self.worn = answer["worn"]
        if "refused" in answer:
            raise SandboxRefusal(**answer["refused"])
        result: dict[str, Any] = answer["result"]
        return result

    async def _exchange(self, request: bytes) -> bytes:
        if self._process.stdin is not None:
            # A child that is gone shows as the end of its answers.
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(request)
                await self._process.stdin.drain()
        return await self._read_line()

    async def _read_line(self) -> bytes:
        """The next line, or nothing when the child ended, or wrote more than an answer has."""
        if self._process.stdout is None:
            return b""
        try:
            line = await self._process.stdout.readline()
        except ValueError:
            return b""
        return line if line.endswith(b"\n") else b""

    async def _crash(self, seconds: float) -> SandboxCrashError | SandboxKilledError:
        """Why there was no answer. A child that lives on, having written rubbish, is taken for crashed."""
        await self._settled()
        status = self._process.returncode
        _log.warning("sandbox_crashed", task=self.task, status=status, said=self._last_words())
        if status == -signal.SIGALRM:
            return out_of_time(seconds)
        if any(sign in self._said for sign in _MEMORY_SIGNS):
            return out_of_memory(self._memory)
        return killed() if status in (-signal.SIGKILL, -signal.SIGTERM) else crashed()

    async def _settled(self) -> None:
        """Give one that is about to end the time to do so."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._ended()

    async def _ended(self) -> None:
        await self._process.wait()
        await asyncio.wait([self._listening])

    async def _listen(self) -> None:
        """Keep the end of what it writes to its error output, however much that is."""
        if self._process.stderr is None:
            return
        while part := await self._process.stderr.read(_KEPT_OUTPUT_BYTES):
            self._said += part
            del self._said[:-_KEPT_OUTPUT_BYTES]

    def _last_words(self) -> str:
        return self._said.decode("utf-8", "replace").strip()


async def start_child(task: str, function: str, memory: int) -> Child:
    """A child that is ready to run `module:function`, and may use `memory` bytes. Raises SandboxStartError."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _OWN
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "workers.sandbox", function, str(memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            limit=_ANSWER_BYTES,
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxStartError(f"A sandbox for {task} cannot be started: {error.strerror}.") from error
    child = Child(task, process, memory)
    try:
        await child.ready()
    except BaseException:
        await child.end()
        raise
    return child
