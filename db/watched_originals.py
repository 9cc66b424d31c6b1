"""Originals that may have no owner, until they are judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import and_, delete, exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.tables import assets, projects, training_dataset_assets, training_datasets, watched_originals
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
        wanted = sorted({(one.team_id, one.sha256) for one in originals})
        table, now = watched_originals, datetime.now(UTC)
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            mine = or_(*(and_(table.c.team_id == team_id, table.c.sha256 == sha256) for team_id, sha256 in chunk))
            await self._connection.execute(delete(table).where(mine))
            rows = [{"team_id": team_id, "sha256": sha256, "since": now} for team_id, sha256 in chunk]
            # Somebody may list one in between, when two projects of the team had the same picture.
            statement = insert(table).prefix_with("OR IGNORE", dialect="sqlite")
            for dialect in ("mysql", "mariadb"):
                statement = statement.prefix_with("IGNORE", dialect=dialect)
            await self._connection.execute(statement, rows)

    async def take(self, original: Original) -> bool:
        table = watched_originals
        mine = and_(table.c.team_id == original.team_id, table.c.sha256 == original.sha256)
        return (await self._connection.execute(delete(table).where(mine))).rowcount == 1

    async def due(self, limit: int) -> Sequence[Original]:
        table = watched_originals
        # The read of a snapshot under way may have seen the image before it was deleted; its rows are not written yet.
        freezing = select(training_datasets.c.id).where(
            training_datasets.c.team_id == table.c.team_id, training_datasets.c.status == DatasetStatus.CREATING
        )
        waited = and_(table.c.since < database_now(_WAIT_SECONDS), ~exists(freezing))
        old = select(table.c.team_id, table.c.sha256).where(waited)
        rows = await self._connection.execute(old.order_by(table.c.since).limit(limit))
        return [Original(team_id, sha256) for team_id, sha256 in rows]

    async def is_named(self, original: Original) -> bool:
        team_id, sha256 = original.team_id, original.sha256
        mine = select(projects.c.id).where(projects.c.team_id == team_id)
        image = select(assets.c.id).where(assets.c.project_id.in_(mine), assets.c.sha256 == sha256)
        frozen = (
            select(training_dataset_assets.c.id)
            .join(training_datasets, training_datasets.c.id == training_dataset_assets.c.dataset_id)
            .where(training_dataset_assets.c.sha256 == sha256, training_datasets.c.team_id == team_id)
        )
        question = select(or_(exists(image), exists(frozen)))
        return bool((await self._connection.execute(question)).scalar_one())
