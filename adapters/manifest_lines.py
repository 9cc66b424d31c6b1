"""The lines of a manifest as bytes, made in one pass over each annotation and one over each image.

Keys are written in the order of the alphabet by hand: sorting them takes longer than writing them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from domain.models.version import Split


class FrozenFacts(NamedTuple):
    """What an image's line says of the image itself. `width` and `height` are upright pixels; `orientation` is the
    stored file's EXIF value, 1..8."""

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

    @property
    def gps(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees; None unless both are known."""
        if self.gps_latitude is None or self.gps_longitude is None:
            return None
        return self.gps_latitude, self.gps_longitude


AnnotationBytes = tuple[bytes, bytes]
"""An annotation's content, which leaves out its id, and how it stands in the line. They sort by content, ids break
ties."""


def annotation_bytes(
    id_: str,
    class_name: str,
    box: Sequence[float],
    polygon: Sequence[Sequence[float]] | None,
    geo_coordinates: Any,
    confidence: float | None,
    source: str,
    verified: bool,
) -> AnnotationBytes:
    """`box` is x, y, width and height; the points of `polygon` are pairs. Pixels of the upright image."""
    geometry = None
    if geo_coordinates is not None:
        geometry = orjson.Fragment(orjson.dumps(geo_coordinates, option=orjson.OPT_SORT_KEYS))
    # In two pieces, for the id stands between them.
    before = {"box": box, "class": class_name, "confidence": confidence, "geoCoordinates": geometry}
    after = {"polygon": polygon, "source": source, "verified": verified}
    start, end = orjson.dumps(before)[:-1], orjson.dumps(after)[1:]
    return b"%b,%b" % (start, end), b'%b,"id":%b,%b' % (start, orjson.dumps(id_), end)


def json_list(items: Iterable[bytes]) -> bytes:
    """A JSON list of what is JSON already."""
    return b"[%b]" % b",".join(items)


def image_digest(facts: FrozenFacts, contents: Iterable[bytes]) -> str:
    """SHA-256 (hex) of the image's line without names of rows (ids, key, group) and without its split."""
    content = orjson.dumps(
        {
            "annotations": orjson.Fragment(json_list(contents)),
            "filename": facts.filename,
            "gps": facts.gps,
            "height": facts.height,
            "orientation": facts.orientation,
            "sha256": facts.sha256,
            "size": facts.size_bytes,
            "width": facts.width,
        }
    )
    return hashlib.sha256(content).hexdigest()


def image_line(facts: FrozenFacts, annotations: bytes, group: str, split: Split) -> bytes:
    """The image's line; `annotations` is the JSON list of its annotations."""
    return orjson.dumps(
        {
            "annotations": orjson.Fragment(annotations),
            "assetId": facts.asset_id,
            "filename": facts.filename,
            "gps": facts.gps,
            "group": group,
            "height": facts.height,
            "key": facts.s3_key,
            "orientation": facts.orientation,
            "sha256": facts.sha256,
            "size": facts.size_bytes,
            "split": split.value,
            "width": facts.width,
        }
    )
