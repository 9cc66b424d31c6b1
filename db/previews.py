"""What a version's settings select now, counted by the database: no image is listed that need not be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from db.selection import drawn_conditions, frozen_assets, has_annotation, pending_conditions
from db.tables import annotation_sessions, assets, latest_splits, manual_annotations, pending_annotations
from domain.expected_splits import SplitTally
from domain.models.config import Preprocessing, SnapshotFilters, SplitGroup, VersionConfig
from domain.models.version import ClassCount

_TIME_INDEX = "Asset_projectId_createdAt_id_fileName_idx"


class SqlPreviews:
    """Fulfils domain.ports.Previews."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def tallies(self, project_id: str, config: VersionConfig) -> Sequence[SplitTally]:
        splits = config.splits
        keys = (
            assets.c.upload_batch_id if splits.group_by is SplitGroup.UPLOAD_BATCH else None,
            assets.c.imported_split if splits.keep_imported else None,
            latest_splits.c.split if splits.inherit else None,
        )
        columns = [null() if key is None else key for key in keys]
        counted = _selected(project_id, config, *columns, func.count(), func.min(assets.c.sha256))
        statement = counted.group_by(*(key for key in keys if key is not None))
        rows = (await self._connection.execute(statement)).all()
        return [SplitTally(*row) for row in rows if row[-1] is not None]

    async def free_without_batch(self, project_id: str, config: VersionConfig) -> Sequence[str]:
        conditions = [assets.c.upload_batch_id.is_(None)]
        if config.splits.keep_imported:
            conditions.append(assets.c.imported_split.is_(None))
        if config.splits.inherit:
            conditions.append(latest_splits.c.split.is_(None))
        statement = _selected(project_id, config, assets.c.sha256).where(*conditions)
        return list((await self._connection.execute(statement)).scalars())

    async def class_counts(self, project_id: str, config: VersionConfig) -> Sequence[ClassCount]:
        left = _left_annotations(project_id, config.filters, config.preprocessing).subquery()
        statement = select(left.c.name, func.count(), func.count(func.distinct(left.c.asset_id))).group_by(left.c.name)
        rows = (await self._connection.execute(statement)).all()
        return sorted((ClassCount(*row) for row in rows), key=lambda one: one.name)


def _selected(project_id: str, config: VersionConfig, *columns: ColumnElement[Any]) -> Select[Any]:
    """The images that a version would freeze, with their latest split where it is to be inherited."""
    conditions = frozen_assets(project_id, config.filters)
    if not config.filters.include_empty:
        conditions.append(has_annotation(config.filters))
    statement = _by_time(select(*columns).select_from(assets).where(*conditions), config.filters)
    if config.splits.inherit:
        same = and_(latest_splits.c.project_id == assets.c.project_id, latest_splits.c.sha256 == assets.c.sha256)
        statement = statement.outerjoin(latest_splits, same)
    return statement


def _left_annotations(project_id: str, filters: SnapshotFilters, preprocessing: Preprocessing) -> Select[Any]:
    """`asset_id` and `name` of the annotations that pass and are not dropped, by the names that they are given."""
    images = frozen_assets(project_id, filters)
    drawn = _by_time(
        select(annotation_sessions.c.asset_id, _name(manual_annotations.c.weed_type, preprocessing))
        .select_from(assets)
        .join(annotation_sessions, annotation_sessions.c.asset_id == assets.c.id)
        .join(manual_annotations, manual_annotations.c.session_id == annotation_sessions.c.id)
        .where(*images, drawn_conditions(filters), *_kept(manual_annotations.c.weed_type, preprocessing)),
        filters,
    )
    if not (filters.include_sam3 or filters.include_ai_detections):
        return drawn
    pending = _by_time(
        select(pending_annotations.c.asset_id, _name(pending_annotations.c.weed_type, preprocessing))
        .select_from(assets)
        .join(pending_annotations, pending_annotations.c.asset_id == assets.c.id)
        .where(*images, pending_conditions(filters), *_kept(pending_annotations.c.weed_type, preprocessing)),
        filters,
    )
    both = union_all(drawn, pending).subquery()
    return select(both)


def _by_time(statement: Select[Any], filters: SnapshotFilters) -> Select[Any]:
    """Goes through a whole project's images as they came in.

    What was drawn on them lies in the same order, so that each page of the tables is read once. Left to themselves both
    databases go by the index on SHA-256 values, from one end of the tables to the other and back: five times as long.
    """
    if filters.upload_batch_ids is not None:
        return statement
    # SQLite takes the index that a condition speaks of; this one holds for every image.
    ever = assets.c.created_at >= datetime.min.replace(tzinfo=UTC)
    return statement.where(ever).with_hint(assets, f"FORCE INDEX (`{_TIME_INDEX}`)", "mysql")


def _name(annotated: ColumnElement[str], preprocessing: Preprocessing) -> ColumnElement[str]:
    renamed = {one.source: one.target for one in preprocessing.class_remap}
    name: ColumnElement[str] = case(renamed, value=annotated, else_=annotated) if renamed else annotated
    return name.label("name")


def _kept(annotated: ColumnElement[str], preprocessing: Preprocessing) -> list[ColumnElement[bool]]:
    return [annotated.not_in(preprocessing.drop_classes)] if preprocessing.drop_classes else []
