"""What people drew on an image and what models found on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.models.geometry import Box, Point


class AnnotationSource(StrEnum):
    MANUAL = "MANUAL"
    SAM3 = "SAM3"
    AI = "AI"


class ReviewStatus(StrEnum):
    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class Annotation:
    """An object on an image that a person marked or accepted; box and polygon in upright pixels."""

    id: str
    asset_id: str
    weed_type: str
    box: Box
    polygon: tuple[Point, ...] | None
    geo_coordinates: object
    confidence: float | None
    verified: bool
    source: AnnotationSource
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PendingAnnotation:
    """What a model found on an image, until a person accepts or rejects it and ever after; upright pixels.
    `model_id` is None where no trained model of ours made it."""

    id: str
    asset_id: str
    weed_type: str
    box: Box
    polygon: tuple[Point, ...] | None
    confidence: float
    source: AnnotationSource
    status: ReviewStatus
    model_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AnnotationCall:
    """A call of createAnnotations that bore an idempotency key, and the annotations it made, in the order of its
    input."""

    id: str
    project_id: str
    idempotency_key: str
    input_digest: str
    annotation_ids: tuple[str, ...]
    created_at: datetime


class AnnotationFileFormat(StrEnum):
    GEOJSON = "GEOJSON"
    CSV = "CSV"
    COCO = "COCO"


@dataclass(frozen=True, slots=True)
class ExportedAnnotation:
    """An annotation with what a file says of its image; `pending` ones wait for review.
    Pixels of the upright image, degrees."""

    id: str
    weed_type: str
    box: Box
    polygon: tuple[Point, ...] | None
    geo_coordinates: object
    confidence: float | None
    verified: bool
    source: AnnotationSource
    pending: bool
    asset_id: str
    filename: str
    sha256: str | None
    width: int | None
    height: int | None
    gps_latitude: float | None
    gps_longitude: float | None
    captured_at: datetime | None
