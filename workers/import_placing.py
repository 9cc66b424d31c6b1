"""Objects of an annotation file on the images of the project: from the file's pixels to the image's."""

from __future__ import annotations

from datetime import datetime

import orjson

from domain.errors import invalid
from domain.ids import id_of
from domain.models.annotation import Annotation, AnnotationSource
from domain.models.asset import Asset
from domain.models.geometry import Box
from domain.shapes import checked_shape
from workers.importing.spool import SpooledImage, SpooledObject

_SAME_SHAPE = 0.01
"""A resized copy's sides are whole pixels, so that its proportions are a little off."""


def place(image: SpooledImage, found: SpooledObject, asset: Asset, at: datetime) -> Annotation:
    """The annotation that the object becomes on the image, made at `at`.

    Its id follows from the image and the object, so that an object imported again is known. Raises DomainError with a
    sentence for an object that does not fit the image.
    """
    across, down = scale(image, found.normalized, asset)
    box, points = found.box, found.polygon
    if (across, down) != (1.0, 1.0):
        box = Box(box.x * across, box.y * down, box.width * across, box.height * down)
        points = tuple((x * across, y * down) for x, y in points) if points is not None else None
    inside, polygon = checked_shape(box, points, asset, ())
    words = orjson.dumps([inside.x, inside.y, inside.width, inside.height, polygon])
    return Annotation(
        id=id_of("import", asset.id, found.label, words.decode()),
        asset_id=asset.id,
        weed_type=found.label,
        box=inside,
        polygon=polygon,
        geo_coordinates=None,
        confidence=found.confidence,
        verified=False,
        source=AnnotationSource.MANUAL,
        created_at=at,
        updated_at=at,
    )


def scale(image: SpooledImage, normalized: bool, asset: Asset) -> tuple[float, float]:
    """What the file's x and y are multiplied with to be pixels of the upright image.

    Raises INVALID when the file speaks of a picture of other proportions: a cut or turned one, whose boxes would come
    to lie wrong.
    """
    if asset.width is None or asset.height is None:
        raise invalid("The image was adopted from another database and not read yet; import again later.")
    if normalized:
        return float(asset.width), float(asset.height)
    if image.width is None or image.height is None or (image.width, image.height) == (asset.width, asset.height):
        return 1.0, 1.0
    across, down = asset.width / image.width, asset.height / image.height
    if abs(across / down - 1) > _SAME_SHAPE:
        raise invalid(
            f"The file speaks of a picture of {image.width}×{image.height} pixels, and {asset.filename} has "
            f"{asset.width}×{asset.height} when upright."
        )
    return across, down
