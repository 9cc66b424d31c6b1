"""The transactional event log: `seq` is taken by the last statements of the transaction,
so order of seq is order of commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Table, and_, delete, func, insert, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from db.repository import chunks
from db.tables import (
    detection_jobs,
    event_log,
    event_streams,
    import_jobs,
    projects,
    training_datasets,
    training_jobs,
    upload_batches,
    version_exports,
)
from domain.models.event import Event, KeptStream, StreamKind

OBJECTS: Mapping[str, Table] = {
    StreamKind.PROJECT: projects,
    StreamKind.VERSION: training_datasets,
    StreamKind.TRAINING: training_jobs,
    StreamKind.UPLOAD: upload_batches,
    StreamKind.IMPORT: import_jobs,
    StreamKind.EXPORT: version_exports,
    StreamKind.DETECTION: detection_jobs,
}
"""Where the objects are that the streams of each kind tell of."""


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

    async def extent(self, stream: str) -> tuple[int, int | None]:
        head = select(event_streams.c.seq).where(event_streams.c.stream == stream).scalar_subquery()
        first = select(func.min(event_log.c.seq)).where(event_log.c.stream == stream).scalar_subquery()
        last, kept = (await self._connection.execute(select(head, first))).one()
        return last or 0, kept

    async def streams(self, after: str, limit: int) -> Sequence[KeptStream]:
        stream, kept = event_streams.c.stream, event_log.alias("kept")
        oldest, newest = event_log.alias("oldest"), event_log.alias("newest")
        first = select(func.min(kept.c.seq)).where(kept.c.stream == stream).correlate(event_streams).scalar_subquery()
        statement = (
            select(stream, oldest.c.at, newest.c.at)
            .select_from(event_streams)
            .outerjoin(oldest, and_(oldest.c.stream == stream, oldest.c.seq == first))
            .outerjoin(newest, and_(newest.c.stream == stream, newest.c.seq == event_streams.c.seq))
            .where(stream > after)
            .order_by(stream)
            .limit(limit)
        )
        return [KeptStream(*row) for row in (await self._connection.execute(statement)).all()]

    async def objectless(self, streams: Iterable[str]) -> set[str]:
        named: dict[str, dict[str, str]] = {}
        for stream in streams:
            kind, _, id_ = stream.partition(":")
            if kind in OBJECTS:
                named.setdefault(kind, {})[id_] = stream
        gone: set[str] = set()
        for kind, by_id in named.items():
            ids = OBJECTS[kind].c.id
            there: set[str] = set()
            for chunk in chunks(by_id):
                there.update((await self._connection.execute(select(ids).where(ids.in_(chunk)))).scalars())
            # MySQL finds a row under its id in other letters too: that is the same object.
            known = {id_.casefold() for id_ in there}
            gone.update(stream for id_, stream in by_id.items() if id_.casefold() not in known)
        return gone

    async def trim(self, stream: str, before: datetime, limit: int) -> bool:
        statement = select(event_log.c.seq, event_log.c.at).where(event_log.c.stream == stream)
        rows = (await self._connection.execute(statement.order_by(event_log.c.seq).limit(limit))).all()
        old = list(takewhile(lambda row: row.at < before, rows))
        if old:
            await self._remove(stream, old[-1].seq)
        return len(old) < limit

    async def forget(self, stream: str, limit: int) -> bool:
        mine = event_streams.c.stream == stream
        # Whoever appends takes the counter's lock first too.
        await self._connection.execute(select(event_streams.c.seq).where(mine).with_for_update())
        statement = select(event_log.c.seq).where(event_log.c.stream == stream).order_by(event_log.c.seq).limit(limit)
        seqs = (await self._connection.execute(statement)).scalars().all()
        if seqs:
            await self._remove(stream, seqs[-1])
        if len(seqs) == limit:
            return False
        await self._connection.execute(delete(event_streams).where(mine))
        return True

    async def _remove(self, stream: str, through: int) -> None:
        await self._connection.execute(
            delete(event_log).where(event_log.c.stream == stream, event_log.c.seq <= through)
        )

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
