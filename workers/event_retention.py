"""What is told is kept as long as the object that it tells of, and of a project for thirty days."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from domain.events import PROJECT_EVENTS_KEPT
from domain.models.event import KeptStream, StreamKind
from domain.ports import Database, UnitOfWork

_STREAMS = 200
_BATCH = 500
_BATCHES = 40
_QUIET = timedelta(days=1)

Step = Callable[[UnitOfWork], Awaitable[bool]]
"""Removes a batch; false while more is left to remove."""


class EventRetention:
    """Walks the streams, a page a look; each look goes on where the one before stopped. Several workers may walk at
    once: what one has removed, the next one does not find."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._behind = ""

    async def look(self, now: datetime) -> None:
        """Removes what need not be kept of the next 200 streams: at most 20,000 events, in small transactions that hold
        nobody up."""
        page, gone = await self._database.read(self._page)
        left = _BATCHES
        for one in page:
            step = _forgetting(one, now) if one.stream in gone else _trimming(one, now)
            done = step is None
            while step is not None and not done:
                if left == 0:
                    return
                left -= 1
                done = await self._database.write(step)
            self._behind = one.stream
        if len(page) < _STREAMS:
            self._behind = ""

    async def _page(self, uow: UnitOfWork) -> tuple[Sequence[KeptStream], set[str]]:
        page = await uow.events.streams(self._behind, _STREAMS)
        return page, await uow.events.objectless(one.stream for one in page)


def _forgetting(one: KeptStream, now: datetime) -> Step | None:
    """Of a stream whose object is gone: nothing while something was told within a day, since a worker may not have
    heard of it yet."""
    if one.newest_at is not None and one.newest_at >= now - _QUIET:
        return None

    async def step(uow: UnitOfWork) -> bool:
        return await uow.events.forget(one.stream, _BATCH)

    return step


def _trimming(one: KeptStream, now: datetime) -> Step | None:
    """Of a stream whose object is there."""
    before = now - PROJECT_EVENTS_KEPT
    if not one.stream.startswith(StreamKind.PROJECT.of("")) or one.oldest_at is None or one.oldest_at >= before:
        return None

    async def step(uow: UnitOfWork) -> bool:
        return await uow.events.trim(one.stream, before, _BATCH)

    return step
