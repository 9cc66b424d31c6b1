"""Reading a stream of the event log: what came since a cursor, then what comes, nothing twice and nothing lost."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from domain.errors import DomainError, ErrorCode
from domain.events import decode_event_cursor
from domain.models.event import Event
from domain.ports import UnitOfWork
from schema.context import Context

_PAGE = 200
_LOOK_SECONDS = 5.0


async def follow(
    context: Context,
    stream: str,
    after: str | None,
    *,
    from_start: bool,
    finished: Callable[[], Awaitable[bool]] | None,
    allowed: Callable[[UnitOfWork], Awaitable[object]],
) -> AsyncGenerator[Event | tuple[int, Mapping[str, Any]], None]:
    """Events of the log in order; passing news comes as (cursor of the last kept event, news).

    Without `after` the stream is told from its start, or from now. It ends when `finished` says that the object is in a
    final state and the log is read to its end. Raises BAD_USER_INPUT for a cursor that the stream has not reached, and
    what `allowed` raises for who may not listen: it is asked at first and again every few seconds, like the sign-in,
    since members leave and tokens are revoked.
    """
    await context.database.read(allowed)
    allowed_at = time.monotonic()
    async with context.doorbell.listen(stream) as rings:
        seq = await _start(context, stream, after, from_start)
        over = await _is(finished)
        while True:
            if time.monotonic() - allowed_at >= _LOOK_SECONDS:
                await context.renew()
                await context.database.read(allowed)
                allowed_at = time.monotonic()
            async for event in _kept(context, stream, seq):
                seq = event.seq
                yield event
            if over:
                return
            read_at = time.monotonic()
            # News says nothing of the log, but a ring may have been lost meanwhile: look again before long.
            while time.monotonic() - read_at < _LOOK_SECONDS:
                ring = await anext(rings)
                if ring is None or ring.news is None:
                    break
                yield seq, ring.news
            # Asked before the log is read again, so that the final event is in what is read.
            over = await _is(finished)


async def _start(context: Context, stream: str, after: str | None, from_start: bool) -> int:
    cursor = decode_event_cursor(after)
    if cursor is None and from_start:
        return 0
    head = (await context.database.read(lambda uow: uow.events.head([stream]))).get(stream, 0)
    if cursor is None:
        return head
    if cursor > head:
        raise DomainError(ErrorCode.BAD_USER_INPUT, "after is not a cursor of this stream.", ("after",))
    return cursor


async def _kept(context: Context, stream: str, seq: int) -> AsyncIterator[Event]:
    while True:
        page = await context.database.read(partial(_page, stream=stream, seq=seq))
        for event in page:
            seq = event.seq
            yield event
        if len(page) < _PAGE:
            return


async def _page(uow: UnitOfWork, stream: str, seq: int) -> Sequence[Event]:
    return await uow.events.after(stream, seq, _PAGE)


async def _is(finished: Callable[[], Awaitable[bool]] | None) -> bool:
    return finished is not None and await finished()
