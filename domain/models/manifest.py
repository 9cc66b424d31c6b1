"""The frozen content of a version as its manifest tells it. Rendering, training and evaluation read nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from domain.models.annotation import AnnotationSource
from domain.models.geometry import Box, Point
from domain.models.version import Split


@dataclass(frozen=True, slots=True)
class FrozenAnnotation:
    """Box and polygon in upright source pixels."""

    id: str
    weed_type: str
    box: Box
    polygon: tuple[Point, ...] | None
    confidence: float | None
    source: AnnotationSource
    verified: bool
    geo_coordinates: object = None


@dataclass(frozen=True, slots=True)
class FrozenImage:
    """One line of a manifest. `width` and `height` are upright pixels;
    `orientation` is the stored file's EXIF value, 1..8."""

    asset_id: str
    filename: str
    s3_key: str
    sha256: str
    size_bytes: int
    width: int
    height: int
    orientation: int
    gps_latitude: float | None
    gps_longitude: float | None
    group: str
    split: Split
    annotations: tuple[FrozenAnnotation, ...]
