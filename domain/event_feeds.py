"""What a process reads of the event log, once for all who listen there.

Each stream that somebody listens to has one feed. It looks into the log when the doorbell rings, and every few seconds
in case a ring was lost, and hands every listener what came. A listener that falls behind loses its queue and reads the
log by itself, so that no reader is waited for and nothing is lost to any.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from domain.models.event import Event
from domain.ports import Database, Doorbell, Observer

T = TypeVar("T")
PAGE = 200
"""Events that one statement reads."""
_QUEUE_LENGTH = 500
_PULSE_SECONDS = 2.5
_log = logging.getLogger(__name__)
Finished = Callable[[], Awaitable[bool]]
Prepare = Callable[["Kept"], Awaitable[object]]


@dataclass(slots=True, eq=False)
class Heard:
    """Something that a feed tells, the same object to all its listeners. What one of them makes of it is there for the
    others."""

    _made: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict, init=False, repr=False)

    async def once(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `make` makes, the first time that it is asked for under `key`."""
        task = self._made.get(key)
        if task is None:
            task = self._made[key] = asyncio.create_task(make())
        # Who is cancelled here takes nothing from the others.
        made: T = task.result() if task.done() else await asyncio.shield(task)
        return made


@dataclass(slots=True, eq=False)
class Kept(Heard):
    """An event of the log."""

    event: Event


@dataclass(slots=True, eq=False)
class News(Heard):
    """Passing news, that is in no log; `seq` is that of the last event before it."""

    seq: int
    news: Mapping[str, Any]


@dataclass(slots=True, eq=False)
class Pulse(Heard):
    """Time goes by."""


@dataclass(slots=True, eq=False)
class End(Heard):
    """The object is in a final state, and everything about it was told."""


class Listener:
    """One reader's queue. Whatever the log has behind `since` comes through it."""

    def __init__(self, feed: _Feed) -> None:
        self.since = 0
        self._feed = feed
        self._queue: deque[Heard] = deque()
        self._filled = asyncio.Event()

    def put(self, heard: Heard, seq: int) -> None:
        """Never waits. `seq` is the last that was told; who has no room for it reads the log."""
        if len(self._queue) >= _QUEUE_LENGTH:
            if isinstance(heard, News | Pulse):
                return
            self._queue.clear()
            self.since = seq
        if not isinstance(heard, Kept) or heard.event.seq > self.since:
            self._queue.append(heard)
        self._filled.set()

    def take(self) -> list[Heard]:
        """All that is there."""
        heard = list(self._queue)
        self._queue.clear()
        self._filled.clear()
        return heard

    async def filled(self) -> None:
        """Waits until there is something."""
        await self._filled.wait()

    async def caught_up(self) -> None:
        """Waits until whatever the log held at the call is in the queue."""
        await self._feed.look()


class EventFeeds:
    """The feeds of this process. `observer` hears of each event that was handed to all who listen."""

    def __init__(self, database: Database, doorbell: Doorbell, observer: Observer) -> None:
        self._database = database
        self._doorbell = doorbell
        self._observer = observer
        self._feeds: dict[str, _Feed] = {}

    @asynccontextmanager
    async def listen(self, stream: str, finished: Finished | None, prepare: Prepare) -> AsyncIterator[Listener]:
        """A queue of what the stream tells from now on. `finished` says whether its object is in a final state.
        `prepare` makes of an event, once, what all its listeners will want of it before they are woken; those of one
        stream all want the same."""
        feed = self._feeds.get(stream)
        if feed is None:
            feed = _Feed(stream, self._database, self._doorbell, self._observer, finished, prepare)
            self._feeds[stream] = feed
        listener = Listener(feed)
        feed.listeners.add(listener)
        try:
            listener.since = await feed.begun()
            yield listener
        finally:
            feed.listeners.discard(listener)
            if not feed.listeners:
                if self._feeds.get(stream) is feed:
                    del self._feeds[stream]
                await feed.close()


class _Feed:
    def __init__(
        self,
        stream: str,
        database: Database,
        doorbell: Doorbell,
        observer: Observer,
        finished: Finished | None,
        prepare: Prepare,
    ) -> None:
        self.listeners: set[Listener] = set()
        self._stream = stream
        self._database = database
        self._doorbell = doorbell
        self._observer = observer
        self._finished = finished
        self._prepare = prepare
        self._seq = 0
        self._begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.Lock()
        self._next_look: asyncio.Task[None] | None = None
        self._looks: set[asyncio.Task[None]] = set()
        self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._pulse())]

    async def begun(self) -> int:
        """The last `seq` of the log at a moment from which on the queues miss nothing."""
        await asyncio.shield(self._begun)
        return self._seq

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._begun.cancel()
        # A read that is cut off costs its connection to the database; it is soon over.
        await asyncio.gather(*self._tasks, *self._looks, return_exceptions=True)

    async def look(self) -> None:
        """Hands on whatever the log held at the call. Those who ask while another look is on share the next one."""
        if self._next_look is None:
            self._next_look = asyncio.create_task(self._look())
            self._looks.add(self._next_look)
            self._next_look.add_done_callback(self._looks.discard)
        await asyncio.shield(self._next_look)

    async def _look(self) -> None:
        async with self._reading:
            self._next_look = None
            await self._read()
            if self._finished is not None and await self._finished():
                # The last event was committed before the answer, perhaps after the log was read.
                await self._read()
                self._tell(End())

    async def _read(self) -> None:
        while True:
            events = await self._database.read(lambda uow: uow.events.after(self._stream, self._seq, PAGE))
            page = [Kept(event) for event in events]
            # Each listener meets what fails there again.
            await asyncio.gather(*(self._prepare(kept) for kept in page), return_exceptions=True)
            for kept in page:
                self._seq = kept.event.seq
                self._tell(kept)
                self._observer.told(kept.event)
            if len(events) < PAGE:
                return

    async def _follow(self) -> None:
        async with self._doorbell.listen(self._stream) as rings:
            try:
                heads = await self._database.read(lambda uow: uow.events.head([self._stream]))
                self._seq = heads.get(self._stream, 0)
                self._begun.set_result(None)
            except Exception as error:
                self._begun.set_exception(error)
                return
            async for ring in rings:
                if ring is not None and ring.news is not None:
                    self._tell(News(self._seq, ring.news))
                    continue
                try:
                    await self.look()
                except Exception:
                    _log.exception("The stream %s could not be read; it is tried again.", self._stream)

    async def _pulse(self) -> None:
        while True:
            await asyncio.sleep(_PULSE_SECONDS)
            self._tell(Pulse())

    def _tell(self, heard: Heard) -> None:
        for listener in self.listeners:
            listener.put(heard, self._seq)
