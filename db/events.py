"""The transactional event log: `seq` is taken by the last statements of the transaction,
so order of seq is order of commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from db.repository import chunks
from db.tables import event_log, event_streams
from domain.models.event import Event


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event on its way into the log."""

    stream: str
    kind: str
    payload: Mapping[str, Any]


class SqlEvents:
    """Fulfils domain.ports.Events, and appends."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def head(self, streams: Iterable[str]) -> dict[str, int]:
        heads: dict[str, int] = {}
        for chunk in chunks(streams):
            statement = select(event_streams.c.stream, event_streams.c.seq).where(event_streams.c.stream.in_(chunk))
            heads.update(dict((await self._connection.execute(statement)).all()))
        return heads

    async def after(self, stream: str, seq: int, limit: int) -> Sequence[Event]:
        statement = (
            select(event_log)
            .where(event_log.c.stream == stream, event_log.c.seq > seq)
            .order_by(event_log.c.seq)
            .limit(limit)
        )
        return [Event(*row) for row in (await self._connection.execute(statement)).all()]

    async def append(self, emitted: Sequence[Emitted]) -> None:
        """Writes the events, streams in the order of their names so that two transactions never wait for each other."""
        by_stream: dict[str, list[Emitted]] = {}
        for event in emitted:
            by_stream.setdefault(event.stream, []).append(event)
        now = datetime.now(UTC)
        rows = []
        for stream in sorted(by_stream):
            events = by_stream[stream]
            last = await self._advance(stream, len(events))
            for seq, event in enumerate(events, last - len(events) + 1):
                rows.append(
                    {"stream": stream, "seq": seq, "kind": event.kind, "payload": dict(event.payload), "at": now}
                )
        if rows:
            await self._connection.execute(insert(event_log), rows)

    async def _advance(self, stream: str, count: int) -> int:
        """Raises the stream's counter by `count` and holds its row until the commit."""
        values = {"stream": stream, "seq": count}
        raised = event_streams.c.seq + count
        if self._connection.dialect.name == "sqlite":
            await self._connection.execute(
                sqlite.insert(event_streams).values(values).on_conflict_do_update(set_={"seq": raised})
            )
        else:
            await self._connection.execute(
                mysql.insert(event_streams).values(values).on_duplicate_key_update(seq=raised)
            )
        statement = select(event_streams.c.seq).where(event_streams.c.stream == stream)
        return int((await self._connection.execute(statement)).scalar_one())
