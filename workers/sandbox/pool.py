"""A fixed number of sandboxed children that are kept between calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Self

from workers.sandbox.child import Child, start_child
from workers.sandbox.limits import MEMORY_BYTES
from workers.sandbox.outcome import SandboxRefusal
from workers.sandbox.tasks import TASKS


class SandboxPool:
    """At most `processes` children at a time, each for one task; they start when they are first needed, and may use
    `memory` bytes each.

    `async with SandboxPool(2) as pool: facts = await pool.call("image", seconds=20, path=path)`
    """

    def __init__(self, processes: int, tasks: Mapping[str, str] = TASKS, memory: int = MEMORY_BYTES) -> None:
        self._tasks = tasks
        self._memory = memory
        self._processes = processes
        self._slots = asyncio.Semaphore(processes)
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._calls = 0
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def call(self, task: str, /, *, seconds: float, **arguments: Any) -> dict[str, Any]:
        """Run the task on JSON-like arguments (paths become text), for at most `seconds` once a child is free.

        Raises SandboxRefusal when the task refused the file, SandboxCrashError when the child died or ran out of time
        or memory (both are UnreadableFileError), SandboxKilledError when somebody killed it, SandboxStartError when no
        child can be started, and KeyError for a task that is not there. Cancelling kills the child.
        """
        async with self._slots:
            self._calls += 1
            try:
                return await self._call(task, seconds, arguments)
            finally:
                self._calls -= 1

    async def close(self) -> None:
        """End every child; a call in progress ends with SandboxKilledError."""
        self._closed = True
        children = [*self._idle, *self._busy]
        self._idle.clear()
        await asyncio.gather(*(child.end() for child in children))

    async def _call(self, task: str, seconds: float, arguments: Mapping[str, Any]) -> dict[str, Any]:
        child = await self._take(task)
        self._busy.add(child)
        try:
            return await child.ask(seconds, arguments)
        except SandboxRefusal:
            raise
        except BaseException:
            child.worn = True
            raise
        finally:
            self._busy.discard(child)
            await self._give_back(child)

    async def _take(self, task: str) -> Child:
        """A child for the task: an idle one, or a new one in the place of an idle one that serves another task."""
        function = self._tasks[task]
        self._check_open()
        dead = [child for child in self._idle if not child.alive]
        self._idle = [child for child in self._idle if child.alive]
        for child in dead:
            await child.end()
        for child in reversed(self._idle):
            if child.task == task:
                self._idle.remove(child)
                return child
        if self._idle and len(self._idle) + self._calls > self._processes:
            await self._idle.pop(0).end()
        child = await start_child(task, function, self._memory)
        if self._closed:
            await child.end()
            self._check_open()
        return child

    async def _give_back(self, child: Child) -> None:
        if child.worn or self._closed:
            await child.end()
        else:
            self._idle.append(child)

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("The sandbox is closed.")
