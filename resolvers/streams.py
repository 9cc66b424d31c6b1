"""Reading a stream of the event log: what came since a cursor, then what comes, nothing twice and nothing lost."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol, TypeGuard, TypeVar

from domain.event_feeds import PAGE, End, Finished, Heard, Kept, Listener, News, Prepare
from domain.events import checked_cursor
from domain.models.event import Event
from domain.ports import UnitOfWork
from schema.context import Context

T = TypeVar("T")
_TRUST_SECONDS = 2.0
Allowed = Callable[[UnitOfWork], Awaitable[str]]
"""Gives the id of the project that is told of, or raises."""


class _OfProject(Protocol):
    @property
    def project_id(self) -> str: ...


async def project_of(found: Awaitable[_OfProject]) -> str:
    """The id of the project of what is found there."""
    return (await found).project_id


async def follow(
    context: Context, stream: str, after: str | None, *, finished: Finished | None, allowed: Allowed, prepare: Prepare
) -> AsyncGenerator[Kept | News, None]:
    """Events of the log in order, and the passing news between them.

    With `finished`, which says whether its object is in a final state, the stream is told from its start, and ends when
    that is so and the log is read to its end. Else it is told from now on. With `after` it goes on behind that cursor.
    Raises BAD_USER_INPUT for a cursor that the stream has not reached, CURSOR_EXPIRED for one that is too old, and what
    `allowed` raises for who may not listen: it is asked at first and again every few seconds, like the sign-in, since
    members leave and tokens are revoked.
    """
    project_id = await context.database.read(allowed)
    cursor = await context.database.read(partial(checked_cursor, stream=stream, after=after))
    async with context.feeds.listen(stream, finished, prepare) as listener:
        seq = cursor if cursor is not None else 0 if finished is not None else listener.since
        reader = _Reader(context, stream, allowed, project_id, seq)
        if finished is not None and await finished():
            await listener.caught_up()
        async for told in reader.tell(listener):
            yield told


async def tell(
    context: Context,
    stream: str,
    after: str | None,
    *,
    allowed: Allowed,
    event: Callable[[Event], Coroutine[Any, Any, T | None]],
    news: Callable[[int, Mapping[str, Any]], Coroutine[Any, Any, T]] | None = None,
    finished: Finished | None = None,
) -> AsyncGenerator[T, None]:
    """What `event` makes of the events that `follow` gives, and `news` of the passing news. It is made once for all who
    listen; None is told to nobody."""

    def prepared(kept: Kept) -> Coroutine[Any, Any, T | None]:
        return kept.once("told", partial(event, kept.event))

    async with aclosing(follow(context, stream, after, finished=finished, allowed=allowed, prepare=prepared)) as heard:
        async for one in heard:
            if isinstance(one, Kept):
                made = await prepared(one)
            elif news is not None:
                made = await one.once("told", partial(news, one.seq, one.news))
            else:
                continue
            if made is not None:
                yield made


class _Reader:
    """Where one subscriber stands in a stream."""

    def __init__(self, context: Context, stream: str, allowed: Allowed, project_id: str, seq: int) -> None:
        self._context = context
        self._stream = stream
        self._allowed = allowed
        self._project_id = project_id
        self._seq = seq
        self._allowed_at = time.monotonic()
        self._ended = False

    async def tell(self, listener: Listener) -> AsyncIterator[Kept | News]:
        """From where it stands to the end, if there is one."""
        while True:
            async for missed in self._missed(listener):
                yield missed
            for heard in listener.take():
                await self._check(heard)
                if self._is_next(heard, listener):
                    yield heard
            if self._ended:
                return
            await listener.filled()

    async def _missed(self, listener: Listener) -> AsyncIterator[Kept]:
        """What the log has that never was in the queue, or was and had no room."""
        while self._seq < listener.since:
            since = listener.since
            page = await self._context.database.read(lambda uow: uow.events.after(self._stream, self._seq, PAGE))
            for event in page:
                kept = Kept(event)
                await self._check(kept)
                self._seq = event.seq
                yield kept
            if len(page) < PAGE:
                self._seq = max(self._seq, since)

    def _is_next(self, heard: Heard, listener: Listener) -> TypeGuard[Kept | News]:
        """False for what the log is to be read for first, and for what was read there."""
        if self._seq < listener.since:
            return False
        if isinstance(heard, End):
            self._ended = True
        if isinstance(heard, Kept) and heard.event.seq > self._seq:
            self._seq = heard.event.seq
            return True
        # What was read ahead in the log is told: an older cursor would have it told again.
        return isinstance(heard, News) and heard.seq >= self._seq

    async def _check(self, heard: Heard) -> None:
        """Nobody is told anything more than a few seconds after the last look at who they are. Those who signed in
        alike are looked at together."""
        if time.monotonic() - self._allowed_at < _TRUST_SECONDS:
            return
        looked_at = await heard.once(("check", self._context.authorization), self._look)
        if time.monotonic() - looked_at >= _TRUST_SECONDS:
            looked_at = await self._look()  # the others were done with this long ago: this reader is slow
        self._allowed_at = looked_at

    async def _look(self) -> float:
        """Raises for who may not listen any more. Tells when it began, by the monotonic clock."""
        began, context = time.monotonic(), self._context
        await context.renew()
        # Who listens to one stream is looked up together, which no transaction of one's own would be.
        project = await context.loaders.project.load(self._project_id)
        teams = await context.loaders.teams_of_user.load(context.principal.user_id)
        if project is None or all(team.id != project.team_id for team, _ in teams):
            await context.database.read(self._allowed)
        return began
