"""One consistent read of the database: what a version freezes is what this read saw."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from math import ceil
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, String, Text, and_, func, null, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.selection import frozen_assets, passing_annotations
from db.tables import assets, latest_splits
from db.types import database_now
from db.versions import SqlVersions
from domain.models.config import VersionConfig

_IMAGES_AT_ONCE = 1000
_ROWS_AT_ONCE = 500
"""An outline of ten thousand points takes four hundred kilobytes."""
_DIGITS = 5
"""Of a SHA-256, to cut its values into ranges of equal length."""


class ImageRow(NamedTuple):
    """An image that could be frozen, as its columns have it; the splits are names, None where there is none or the
    settings do not ask for it."""

    asset_id: str
    filename: str
    s3_key: str
    sha256: str
    size_bytes: int | None
    width: int
    height: int
    orientation: int
    gps_latitude: float | None
    gps_longitude: float | None
    upload_batch_id: str | None
    perceptual_hash: str | None
    imported_split: str | None
    inherited_split: str | None


class AnnotationRow(NamedTuple):
    """An annotation that passes the filters, as its columns have it: JSON is the text that is stored."""

    sha256: str
    id: str
    weed_type: str
    coordinates: str
    geo_coordinates: str | None
    confidence: float | None
    verified: int
    source: str


class Range(NamedTuple):
    """SHA-256 values from `start` on and below `end`."""

    start: str
    end: str


class SnapshotRead:
    """What passes a version's settings, all as of the instant `at` by the database's clock."""

    def __init__(self, connection: AsyncConnection, at: datetime, project_id: str, config: VersionConfig) -> None:
        self.at = at
        self._connection = connection
        self._project_id = project_id
        self._filters = config.filters
        self._splits = config.splits

    async def ranges(self) -> Sequence[Range]:
        """Cuts the images into ranges, in order, of about a thousand: SHA-256 values are spread evenly.

        A range is read by its two ends, so that the database finds it in its index and has nothing to sort.
        """
        candidates = select(func.count()).select_from(assets).where(*frozen_assets(self._project_id, self._filters))
        count = (await self._connection.execute(candidates)).scalar_one()
        parts = min(max(ceil(count / _IMAGES_AT_ONCE), 1), 16**_DIGITS)
        starts = [f"{16**_DIGITS * part // parts:0{_DIGITS}x}" for part in range(parts)]
        return [Range(start, end) for start, end in zip(starts, [*starts[1:], "g"], strict=True)]

    async def images(self, where: Range) -> Sequence[ImageRow]:
        """The images of the range in the order of their SHA-256 values, with and without annotations: to ask of each
        whether it has one takes the database as long as to give it."""
        conditions = [*frozen_assets(self._project_id, self._filters), *_within(where)]
        inherited = latest_splits.c.split if self._splits.inherit else null()
        imported = assets.c.imported_split if self._splits.keep_imported else null()
        statement = select(
            assets.c.id,
            assets.c.filename,
            assets.c.s3_key,
            assets.c.sha256,
            assets.c.size_bytes,
            assets.c.width,
            assets.c.height,
            assets.c.orientation,
            assets.c.gps_latitude,
            assets.c.gps_longitude,
            assets.c.upload_batch_id,
            assets.c.perceptual_hash,
            type_coerce(imported, String),
            type_coerce(inherited, String),
        )
        if self._splits.inherit:
            same = and_(latest_splits.c.project_id == assets.c.project_id, latest_splits.c.sha256 == assets.c.sha256)
            statement = statement.outerjoin_from(assets, latest_splits, same)
        rows = await self._connection.execute(statement.where(*conditions).order_by(assets.c.sha256))
        return [ImageRow._make(row) for row in rows]

    async def annotations(self, where: Range) -> AsyncIterator[Sequence[AnnotationRow]]:
        """The annotations of the range's images, streamed a part at a time, in the order of the images' SHA-256."""
        passing = passing_annotations(self._project_id, self._filters, *_within(where)).subquery()
        statement = select(
            passing.c.sha256,
            passing.c.id,
            passing.c.weed_type,
            type_coerce(passing.c.coordinates, Text),
            type_coerce(passing.c.geo_coordinates, Text),
            passing.c.confidence,
            type_coerce(passing.c.verified, Integer),
            type_coerce(passing.c.source, String),
        ).order_by(passing.c.sha256)
        options = {"yield_per": _ROWS_AT_ONCE}
        async with self._connection.stream(statement, execution_options=options) as rows:
            async for part in rows.partitions():
                yield [AnnotationRow._make(row) for row in part]

    async def unread(self) -> int:
        """Images that could not be frozen, because their bytes were never read."""
        return await SqlVersions(self._connection).unread(self._project_id, self._filters)


@asynccontextmanager
async def consistent_read(engine: AsyncEngine, project_id: str, config: VersionConfig) -> AsyncIterator[SnapshotRead]:
    """A read-only transaction that sees one instant of the database."""
    async with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        else:
            # The first read of a table fixes the instant.
            await connection.execute(select(assets.c.id).limit(1))
        at = (await connection.execute(select(database_now()))).scalar_one()
        yield SnapshotRead(connection, at, project_id, config)
        await connection.rollback()


def _within(where: Range) -> list[ColumnElement[bool]]:
    return [assets.c.sha256 >= where.start, assets.c.sha256 < where.end]
