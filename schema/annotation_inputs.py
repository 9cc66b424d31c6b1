"""The inputs of mutations on annotations, and how each becomes what the domain speaks of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import strawberry
from strawberry.scalars import JSON

from domain.annotation_edits import KEEP, Keep, UpdateAnnotation
from domain.annotation_export import ExportAnnotations
from domain.annotations import NewAnnotation
from domain.models.annotation import AnnotationFileFormat, AnnotationSource
from domain.models.geometry import Box
from domain.models.geometry import Point as PointEntity
from domain.ports.annotations import ExportFilter, PendingFilter
from domain.review import ReviewDecision, ReviewPending
from schema.inputs import given

T = TypeVar("T")
U = TypeVar("U")

strawberry.enum(AnnotationFileFormat)
strawberry.enum(ReviewDecision)


@strawberry.input
class BoxInput:
    x: float
    y: float
    width: float
    height: float

    def decode(self) -> Box:
        return Box(self.x, self.y, self.width, self.height)


@strawberry.input
class PointInput:
    x: float
    y: float


def _points(polygon: Sequence[PointInput]) -> tuple[PointEntity, ...]:
    return tuple((point.x, point.y) for point in polygon)


@strawberry.input
class AnnotationInput:
    asset_id: strawberry.ID
    weed_type: str
    box: BoxInput | None = None
    polygon: list[PointInput] | None = None
    geo_coordinates: JSON | None = None
    confidence: float | None = None
    verified: bool | None = False
    source: AnnotationSource | None = AnnotationSource.MANUAL

    def decode(self) -> NewAnnotation:
        return NewAnnotation(
            asset_id=self.asset_id,
            weed_type=self.weed_type,
            box=self.box.decode() if self.box else None,
            polygon=_points(self.polygon) if self.polygon is not None else None,
            geo_coordinates=self.geo_coordinates,
            confidence=self.confidence,
            verified=given(self.verified, False),
            source=given(self.source, AnnotationSource.MANUAL),
        )


@strawberry.input(description="All or nothing; at most 1,000 a call.")
class CreateAnnotationsInput:
    project_id: strawberry.ID
    annotations: list[AnnotationInput]
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Calls with the same key and input answer with the annotations of the first one that are left, "
        "however often and at once they come.",
    )


def _kept(value: T | None, decode: Callable[[T], U]) -> U | Keep | None:
    """What was given, decoded; KEEP where the caller left the field out."""
    if value is strawberry.UNSET:
        return KEEP
    return decode(value) if value is not None else None


def _same(value: T) -> T:
    return value


@strawberry.input(
    description="A field left out stays as it is; null clears polygon and geoCoordinates. A new polygon without a box "
    "redraws the box around it; a new box without a polygon drops the polygon, unless it is the polygon's bounding "
    "box. With expectedUpdatedAt, CONFLICT when somebody else changed it since."
)
class UpdateAnnotationInput:
    id: strawberry.ID
    weed_type: str | None = strawberry.UNSET
    box: BoxInput | None = strawberry.UNSET
    polygon: list[PointInput] | None = strawberry.UNSET
    geo_coordinates: JSON | None = strawberry.UNSET
    verified: bool | None = strawberry.UNSET
    expected_updated_at: datetime | None = None

    def decode(self) -> UpdateAnnotation:
        return UpdateAnnotation(
            id=self.id,
            weed_type=_kept(self.weed_type, _same),
            box=_kept(self.box, BoxInput.decode),
            polygon=_kept(self.polygon, _points),
            geo_coordinates=_kept(self.geo_coordinates, _same),
            verified=_kept(self.verified, _same),
            expected_updated_at=self.expected_updated_at,
        )


@strawberry.input(
    description="By ids, or all that are pending in the project and match; everything that is given has to hold. Those "
    "that were reviewed before stay as they are and are not counted."
)
class ReviewInput:
    project_id: strawberry.ID
    decision: ReviewDecision
    ids: list[strawberry.ID] | None = None
    min_confidence: float | None = None
    class_name: str | None = None
    upload_batch_id: strawberry.ID | None = None

    def decode(self) -> ReviewPending:
        ids = tuple(self.ids) if self.ids is not None else None
        where = PendingFilter(ids, self.min_confidence, self.class_name, self.upload_batch_id)
        return ReviewPending(self.project_id, self.decision, where)


@strawberry.input
class ExportAnnotationsInput:
    project_id: strawberry.ID
    format: AnnotationFileFormat
    upload_batch_id: strawberry.ID | None = None
    class_names: list[str] | None = None
    min_confidence: float | None = strawberry.field(default=None, description="Annotations without a confidence pass.")
    include_pending: bool | None = strawberry.field(
        default=False, description="Also what waits for review, marked as pending."
    )

    def decode(self) -> ExportAnnotations:
        names = tuple(self.class_names) if self.class_names is not None else None
        pending = given(self.include_pending, False)
        where = ExportFilter(self.upload_batch_id, names, self.min_confidence, pending)
        return ExportAnnotations(self.project_id, self.format, where)
