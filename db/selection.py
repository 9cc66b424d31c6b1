"""Which images and annotations pass a version's filters: one set of conditions for the preview, the question before the
lock, and the snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, literal, null, or_, select, union_all

from db.tables import annotation_sessions, assets, manual_annotations, pending_annotations
from domain.models.annotation import AnnotationSource, ReviewStatus
from domain.models.config import SnapshotFilters


def frozen_assets(project_id: str, filters: SnapshotFilters) -> list[ColumnElement[bool]]:
    """Images that could be frozen: in the chosen batches, and with bytes whose checksum is known."""
    conditions = [
        assets.c.project_id == project_id,
        assets.c.sha256.is_not(None),
        assets.c.width.is_not(None),
        assets.c.height.is_not(None),
    ]
    if filters.upload_batch_ids is not None:
        conditions.append(assets.c.upload_batch_id.in_(filters.upload_batch_ids))
    return conditions


def unread_assets(project_id: str, filters: SnapshotFilters) -> list[ColumnElement[bool]]:
    """Images in the chosen batches that could not be frozen, because their bytes were never read."""
    conditions = [assets.c.project_id == project_id, assets.c.sha256.is_(None)]
    if filters.upload_batch_ids is not None:
        conditions.append(assets.c.upload_batch_id.in_(filters.upload_batch_ids))
    return conditions


def drawn_conditions(filters: SnapshotFilters) -> ColumnElement[bool]:
    """Annotations that a person made or accepted."""
    table = manual_annotations
    conditions: list[ColumnElement[bool]] = []
    if filters.weed_types is not None:
        conditions.append(table.c.weed_type.in_(filters.weed_types))
    if filters.min_confidence is not None:
        conditions.append(or_(table.c.confidence.is_(None), table.c.confidence >= filters.min_confidence))
    if filters.verified_only:
        conditions.append(table.c.verified)
    if not filters.include_manual:
        conditions.append(table.c.source != AnnotationSource.MANUAL)
    return and_(*conditions) if conditions else and_(True)


def pending_conditions(filters: SnapshotFilters) -> ColumnElement[bool]:
    """What models found and nobody reviewed yet; nobody verified it, so verifiedOnly lets none of it pass."""
    table = pending_annotations
    wanted = [
        source
        for source, included in (
            (AnnotationSource.SAM3, filters.include_sam3),
            (AnnotationSource.AI, filters.include_ai_detections),
        )
        if included
    ]
    if not wanted or filters.verified_only:
        return false()
    conditions = [table.c.status == ReviewStatus.PENDING, table.c.source.in_(wanted)]
    if filters.weed_types is not None:
        conditions.append(table.c.weed_type.in_(filters.weed_types))
    if filters.min_confidence is not None:
        conditions.append(table.c.confidence >= filters.min_confidence)
    return and_(*conditions)


def has_annotation(filters: SnapshotFilters, dropped: Sequence[str] = ()) -> ColumnElement[bool]:
    """The image has an annotation that passes, of a class that is not dropped."""
    drawn = (
        select(manual_annotations.c.id)
        .join(annotation_sessions, annotation_sessions.c.id == manual_annotations.c.session_id)
        .where(annotation_sessions.c.asset_id == assets.c.id, drawn_conditions(filters))
    )
    pending = select(pending_annotations.c.id).where(
        pending_annotations.c.asset_id == assets.c.id, pending_conditions(filters)
    )
    if dropped:
        drawn = drawn.where(manual_annotations.c.weed_type.not_in(dropped))
        pending = pending.where(pending_annotations.c.weed_type.not_in(dropped))
    return or_(exists(drawn), exists(pending))


def passing_annotations(project_id: str, filters: SnapshotFilters, *of_images: ColumnElement[bool]) -> Select[Any]:
    """All annotations that pass, drawn and pending alike, each with its image's SHA-256; unordered. `of_images` are
    more conditions that their images fulfil."""
    images = [*frozen_assets(project_id, filters), *of_images]
    drawn = (
        select(
            assets.c.sha256.label("sha256"),
            assets.c.id.label("asset_id"),
            manual_annotations.c.id.label("id"),
            manual_annotations.c.weed_type.label("weed_type"),
            manual_annotations.c.coordinates.label("coordinates"),
            manual_annotations.c.geo_coordinates.label("geo_coordinates"),
            manual_annotations.c.confidence.label("confidence"),
            manual_annotations.c.verified.label("verified"),
            manual_annotations.c.source.label("source"),
        )
        .select_from(assets)
        .join(annotation_sessions, annotation_sessions.c.asset_id == assets.c.id)
        .join(manual_annotations, manual_annotations.c.session_id == annotation_sessions.c.id)
        .where(*images, drawn_conditions(filters))
    )
    if not (filters.include_sam3 or filters.include_ai_detections):
        return drawn
    pending = (
        select(
            assets.c.sha256,
            assets.c.id,
            pending_annotations.c.id,
            pending_annotations.c.weed_type,
            pending_annotations.c.coordinates,
            null(),
            pending_annotations.c.confidence,
            literal(False),
            pending_annotations.c.source,
        )
        .select_from(assets)
        .join(pending_annotations, pending_annotations.c.asset_id == assets.c.id)
        .where(*images, pending_conditions(filters))
    )
    both = union_all(drawn, pending).subquery()
    return select(both)
