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
