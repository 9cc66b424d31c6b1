"""Images with a bright block under each box, so that a picture shows by itself where its labels should be."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from domain.models.annotation import AnnotationSource
from domain.models.geometry import Box, Point
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Split
from rendering.pixels import Pixels, upright_to_stored

DARK, BRIGHT, WHITE = 40, 200, 255
_BRIGHT_FROM = 152
"""Also of a copy that is lit a little otherwise; and what a warp leaves empty is darker."""


def marked_image(
    folder: Path,
    boxes: Sequence[Box],
    *,
    width: int = 240,
    height: int = 160,
    kind: str = "JPEG",
    orientation: int = 1,
    split: Split = Split.TRAIN,
    name: str = "field.jpg",
    polygons: Sequence[tuple[Point, ...] | None] = (),
) -> tuple[FrozenImage, Path]:
    """A dark image of upright `width` × `height` pixels with blocks of whole pixels, stored as EXIF `orientation`
    says; and its file in `folder`."""
    pixels = np.full((height, width, 3), DARK, np.uint8)
    for box in boxes:
        pixels[int(box.y) : int(box.bottom), int(box.x) : int(box.right)] = BRIGHT
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(upright_to_stored(pixels, orientation)))
    data = io.BytesIO()
    stored.save(data, kind, exif=exif, **({"quality": 95, "subsampling": 0} if kind == "JPEG" else {}))
    sha256 = hashlib.sha256(data.getvalue() + name.encode()).hexdigest()
    path = folder / sha256
    path.write_bytes(data.getvalue())
    outlines = [*polygons, *[None] * (len(boxes) - len(polygons))]
    annotations = tuple(
        FrozenAnnotation(str(number), "pine", box, polygon, None, AnnotationSource.MANUAL, True)
        for number, (box, polygon) in enumerate(zip(boxes, outlines, strict=True))
    )
    image = FrozenImage(
        sha256, name, sha256, sha256, len(data.getvalue()), width, height, orientation, None, None, sha256, split,
        annotations,
    )  # fmt: skip
    return image, path


def bright_parts(pixels: Pixels, white: bool = False) -> list[tuple[Box, Point, int]]:
    """Of each bright part of a picture the box around it, its centre and its area in pixels; specks do not count, and
    with `white` nor does what is white, as a frame is."""
    grey = cv2.medianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), 3)
    mask = ((grey > _BRIGHT_FROM) & ((grey < (BRIGHT + WHITE) / 2) | (not white))).astype(np.uint8)
    count, _, facts, centres = cv2.connectedComponentsWithStats(mask, connectivity=4)
    return [
        (Box(*(float(v) for v in facts[i][:4])), (centres[i][0] + 0.5, centres[i][1] + 0.5), int(facts[i][4]))
        for i in range(1, count)
        if facts[i][4] >= 12
    ]
