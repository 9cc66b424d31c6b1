"""One consistent read of the database: what a version freezes is what this read saw."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.annotations import read_coordinates
from db.selection import frozen_assets, has_annotation, passing_annotations
from db.tables import assets
from db.types import database_now
from db.versions import SqlVersions
from domain.models.annotation import AnnotationSource
from domain.models.config import SnapshotFilters
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Split


@dataclass(frozen=True, slots=True)
class SelectedRow:
    """An image that passes the filters, without annotations, group and split yet, and the batch it came in."""

    image: FrozenImage
    upload_batch_id: str | None


class SnapshotRead:
    """Rows in the order of the images' SHA-256 values, streamed, all as of one instant."""

    def __init__(self, connection: AsyncConnection, at: datetime) -> None:
        self._connection = connection
        self.at = at

    async def images(self, project_id: str, filters: SnapshotFilters) -> AsyncIterator[SelectedRow]:
        conditions = frozen_assets(project_id, filters)
        if not filters.include_empty:
            conditions.append(has_annotation(filters))
        names = {
            assets.c.id: "asset_id",
            assets.c.filename: "filename",
            assets.c.s3_key: "s3_key",
            assets.c.sha256: "sha256",
            assets.c.size_bytes: "size_bytes",
            assets.c.width: "width",
            assets.c.height: "height",
            assets.c.orientation: "orientation",
            assets.c.gps_latitude: "gps_latitude",
            assets.c.gps_longitude: "gps_longitude",
        }
        columns = [column.label(name) for column, name in names.items()]
        statement = select(*columns, assets.c.upload_batch_id).where(*conditions)
        async with self._connection.stream(statement.order_by(assets.c.sha256, assets.c.id)) as rows:
            async for *values, batch_id in rows:
                facts: dict[str, Any] = dict(zip(names.values(), values, strict=True))
                yield SelectedRow(FrozenImage(**facts, group="", split=Split.TRAIN, annotations=()), batch_id)

    async def annotations(
        self, project_id: str, filters: SnapshotFilters
    ) -> AsyncIterator[tuple[str, FrozenAnnotation]]:
        """Each with the id of its image, images in the order of `images`."""
        passing = passing_annotations(project_id, filters).subquery()
        statement = select(
            passing.c.asset_id,
            passing.c.id,
            passing.c.weed_type,
            passing.c.coordinates,
            passing.c.geo_coordinates,
            passing.c.confidence,
            type_coerce(passing.c.verified, Boolean),
            passing.c.source,
        ).order_by(passing.c.sha256, passing.c.asset_id, passing.c.id)
        async with self._connection.stream(statement) as rows:
            async for asset_id, id_, weed_type, where, geo, confidence, verified, source in rows:
                box, polygon = read_coordinates(where)
                yield (
                    asset_id,
                    FrozenAnnotation(id_, weed_type, box, polygon, confidence, AnnotationSource(source), verified, geo),
                )

    async def unread(self, project_id: str, filters: SnapshotFilters) -> int:
        return await SqlVersions(self._connection).unread(project_id, filters)

    async def latest_splits(self, project_id: str) -> dict[str, Split]:
        return await SqlVersions(self._connection).latest_splits(project_id)


@asynccontextmanager
async def consistent_read(engine: AsyncEngine) -> AsyncIterator[SnapshotRead]:
    """A read-only transaction that sees one instant of the database, `at` by the database's own clock."""
    async with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        # On SQLite this first read fixes the instant.
        at = (await connection.execute(select(database_now()))).scalar_one()
        if engine.dialect.name == "sqlite":
            await connection.execute(select(assets.c.id).limit(1))
        yield SnapshotRead(connection, at)
        await connection.rollback()
