"""Originals that may have no owner, until they are judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.tables import training_datasets, watched_originals
from db.types import database_now
from domain.models.version import DatasetStatus
from domain.ports import Original

_WAIT_SECONDS = 24 * 3600
_CHUNK = 100


class SqlWatchedOriginals:
    """Fulfils domain.ports.WatchedOriginals."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def watch(self, originals: Iterable[Original]) -> None:
        table = watched_originals
        for chunk in _chunks(originals):
            mine = or_(*(and_(table.c.team_id == one.team_id, table.c.sha256 == one.sha256) for one in chunk))
            await self._connection.execute(delete(table).where(mine))
            # Somebody may list one in between, when two projects of the team had the same picture.
            await self._list(chunk)

    async def suspect(self, originals: Iterable[Original]) -> None:
        for chunk in _chunks(originals):
            await self._list(chunk)

    async def _list(self, originals: Sequence[Original]) -> None:
        """Lists those that are not on the list."""
        now = datetime.now(UTC)
        rows = [{"team_id": one.team_id, "sha256": one.sha256, "since": now} for one in originals]
        statement = insert(watched_originals).prefix_with("OR IGNORE", dialect="sqlite")
        for dialect in ("mysql", "mariadb"):
            statement = statement.prefix_with("IGNORE", dialect=dialect)
        await self._connection.execute(statement, rows)

    async def take(self, original: Original) -> bool:
        table = watched_originals
        mine = and_(table.c.team_id == original.team_id, table.c.sha256 == original.sha256)
        return (await self._connection.execute(delete(table).where(mine, _waited()))).rowcount == 1

    async def due(self, limit: int) -> Sequence[Original]:
        table = watched_originals
        old = select(table.c.team_id, table.c.sha256).where(_waited())
        rows = await self._connection.execute(old.order_by(table.c.since).limit(limit))
        return [Original(team_id, sha256) for team_id, sha256 in rows]


def _waited() -> ColumnElement[bool]:
    table = watched_originals
    # The read of a snapshot under way may have seen the image before it was deleted; its rows are not written yet.
    freezing = select(training_datasets.c.id).where(
        training_datasets.c.team_id == table.c.team_id, training_datasets.c.status == DatasetStatus.CREATING
    )
    return and_(table.c.since < database_now(_WAIT_SECONDS), ~exists(freezing))


def _chunks(originals: Iterable[Original]) -> Iterator[list[Original]]:
    """In one order for all, so that nobody waits for somebody who waits for him."""
    wanted = sorted(set(originals), key=lambda one: (one.team_id, one.sha256))
    return (wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK))
