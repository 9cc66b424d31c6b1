"""Marking objects on images."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import invalid, not_found
from domain.ids import new_id
from domain.models.annotation import Annotation, AnnotationSource
from domain.models.asset import Asset
from domain.models.geometry import Box, Point, bounding_box
from domain.models.people import Principal
from domain.policies import Action, authorize_project
from domain.ports import Database, UnitOfWork

MAX_ANNOTATIONS = 1000
MAX_POINTS = 10_000
MAX_CLASS_NAME = 191
MAX_GEOMETRY = 1_000_000
_LONG_NUMBER = re.compile(r"\d{19}")
"""Integers beyond 64 bits, which not every JSON reader takes."""


@dataclass(frozen=True, slots=True)
class NewAnnotation:
    """A box, a polygon, or both, in upright pixels; a box that is left out is drawn around the polygon."""

    asset_id: str
    weed_type: str
    box: Box | None
    polygon: tuple[Point, ...] | None
    geo_coordinates: object
    confidence: float | None
    verified: bool
    source: AnnotationSource


async def create_annotations(
    database: Database, principal: Principal, project_id: str, drawn: Sequence[NewAnnotation]
) -> list[Annotation]:
    """All or nothing. Raises INVALID with the path of the first one at fault,
    NOT_FOUND for an image of another project."""
    if not 1 <= len(drawn) <= MAX_ANNOTATIONS:
        raise invalid(f"Between 1 and {MAX_ANNOTATIONS} annotations fit in a call.", "input", "annotations")

    async def work(uow: UnitOfWork) -> list[Annotation]:
        await authorize_project(uow, principal, project_id, Action.ANNOTATE)
        assets = await uow.assets.get_many({one.asset_id for one in drawn})
        now = datetime.now(UTC)
        annotations = []
        for index, one in enumerate(drawn):
            asset = assets.get(one.asset_id)
            if asset is None or asset.project_id != project_id:
                raise not_found("asset")
            annotations.append(_checked(one, asset, index, now))
        await uow.annotations.add(annotations, principal.user_id)
        return annotations

    return await database.write(work)


def _checked(one: NewAnnotation, asset: Asset, index: int, now: datetime) -> Annotation:
    path = ("input", "annotations", str(index))
    name = one.weed_type.strip()
    if not name or len(name) > MAX_CLASS_NAME:
        raise invalid(f"A class name has 1 to {MAX_CLASS_NAME} characters.", *path, "weedType")
    if one.confidence is not None and not 0 <= one.confidence <= 1:
        raise invalid("A confidence lies between 0 and 1.", *path, "confidence")
    _check_geometry(one.geo_coordinates, path)
    polygon = _checked_polygon(one.polygon, asset, path)
    box = one.box if one.box is not None else bounding_box(polygon) if polygon else None
    if box is None:
        raise invalid("An annotation needs a box or a polygon.", *path, "box")
    return Annotation(
        id=new_id(),
        asset_id=asset.id,
        weed_type=name,
        box=_checked_box(box, asset, (*path, "box" if one.box is not None else "polygon")),
        polygon=polygon,
        geo_coordinates=one.geo_coordinates,
        confidence=one.confidence,
        verified=one.verified,
        source=one.source,
        created_at=now,
        updated_at=now,
    )


def _check_geometry(geometry: object, path: tuple[str, ...]) -> None:
    """Raises INVALID for what strict JSON does not hold, since the manifest will: no object, NaN, lone surrogates."""
    if geometry is None:
        return
    try:
        text = json.dumps(geometry, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise invalid("The coordinates are not JSON that can be stored.", *path, "geoCoordinates") from error
    if not isinstance(geometry, dict) or len(text) > MAX_GEOMETRY or _LONG_NUMBER.search(text):
        raise invalid("The coordinates must be a GeoJSON geometry of at most 1 MB.", *path, "geoCoordinates")


def _checked_box(box: Box, asset: Asset, path: tuple[str, ...]) -> Box:
    """The box clipped to the image; one that has no area, or none inside the image, is refused."""
    if not box.finite:
        raise invalid("A box needs finite numbers.", *path)
    if box.width <= 0 or box.height <= 0:
        raise invalid("A box needs a width and a height above 0.", *path)
    if asset.width is None or asset.height is None:
        return box
    clipped = box.clipped(asset.width, asset.height)
    if clipped.area <= 0:
        size = f"{asset.width}×{asset.height}"
        raise invalid(f"The box lies wholly outside its image {asset.filename}, which has {size} pixels.", *path)
    return clipped


def _checked_polygon(
    polygon: tuple[Point, ...] | None, asset: Asset, path: tuple[str, ...]
) -> tuple[Point, ...] | None:
    """The polygon with its points moved into the image."""
    if polygon is None:
        return None
    if not 3 <= len(polygon) <= MAX_POINTS:
        raise invalid(f"A polygon has 3 to {MAX_POINTS} points.", *path, "polygon")
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in polygon):
        raise invalid("A polygon needs finite numbers.", *path, "polygon")
    if asset.width is None or asset.height is None:
        return polygon
    right, bottom = float(asset.width), float(asset.height)
    if bounding_box(polygon).clipped(right, bottom).area <= 0:
        raise invalid(f"The polygon has no area inside its image {asset.filename}.", *path, "polygon")
    return tuple((min(max(x, 0.0), right), min(max(y, 0.0), bottom)) for x, y in polygon)
