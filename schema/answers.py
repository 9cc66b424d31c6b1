"""What a subscription answers to one event, made once for all who ask for the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import isawaitable
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
    viewers: list[None]


class Answers:
    """The answers to one event, by what is asked: the operation and the variables it uses. One that came about without
    a look at who asks is everybody's."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, _Answer] = {}

    async def answer(self, question: Hashable, viewer: Hashable, execute: Callable[[], Any]) -> Any:
        """What `execute` makes of the event, which may be awaitable."""
        result, personal = await self._made((question, None), execute)
        if personal:
            # Who was first has no claim to it either: another may have been answered in its place.
            result, _ = await self._made((question, viewer), execute)
        return result

    async def _made(self, key: Hashable, execute: Callable[[], Any]) -> tuple[Any, bool]:
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = _begun(execute)
        result = answer.result
        if isinstance(result, asyncio.Task):
            # Who is cancelled here takes nothing from the others.
            result = result.result() if result.done() else await asyncio.shield(result)
        return result, bool(answer.viewers)


def _begun(execute: Callable[[], Any]) -> _Answer:
    viewers: list[None] = []
    token = _viewers.set(viewers)
    try:
        result = execute()
        # The task takes the variable's value along.
        return _Answer(asyncio.ensure_future(result) if isawaitable(result) else result, viewers)
    finally:
        _viewers.reset(token)
