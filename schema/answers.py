"""What a subscription answers to one event, made once for all who ask for the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

_viewers: ContextVar[list[None] | None] = ContextVar("viewers", default=None)


def note_viewer() -> None:
    """What is being answered right now depends on who asks."""
    viewers = _viewers.get()
    if viewers is not None:
        viewers.append(None)


@dataclass(frozen=True, slots=True)
class _Answer:
    result: Any
    personal: bool


class Answers:
    """The answers to one event, by what is asked: the operation and the variables it uses. One that came about without
    a look at who asks is everybody's."""

    def __init__(self) -> None:
        self._tasks: dict[Hashable, asyncio.Task[_Answer]] = {}

    async def answer(self, question: Hashable, viewer: Hashable, execute: Callable[[], Any]) -> Any:
        """What `execute` makes of the event, which may be awaitable."""
        answer = await self._made((question, None), execute)
        if answer.personal:
            # Who was first has no claim to it either: another may have been answered in its place.
            answer = await self._made((question, viewer), execute)
        return answer.result

    async def _made(self, key: Hashable, execute: Callable[[], Any]) -> _Answer:
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(_execute(execute))
        # Who is cancelled here takes nothing from the others.
        return task.result() if task.done() else await asyncio.shield(task)


async def _execute(execute: Callable[[], Any]) -> _Answer:
    viewers: list[None] = []
    _viewers.set(viewers)
    result = execute()
    if isinstance(result, Awaitable):
        result = await result
    return _Answer(result, bool(viewers))
