"""An image with what was found on it."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from cli.class_colours import Colour
from cli.lettering import Font, font
from cli.lines import printable

# As large as the server takes them.
Image.MAX_IMAGE_PIXELS = 250_000_000
_QUALITY = 92
_INK = (16, 18, 22)
_THINNEST, _SMALLEST = 2, 11


class PictureError(Exception):
    """The picture cannot be drawn: a sentence that says why."""


def draw(
    source: Path, size: tuple[int, int], found: Sequence[Mapping[str, Any]], colours: Mapping[str, Colour], to: Path
) -> None:
    """Writes the image as a JPEG, upright, with the contract's detections on it: boxes in pixels of the upright image,
    which has that `size` where they were found. Raises PictureError."""
    try:
        with Image.open(source) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError(f"It cannot be drawn: {error}.") from error
    if image.size != size:
        text = f"It was seen as {size[0]} × {size[1]} pixels and has {image.width} × {image.height}"
        raise PictureError(f"{text}: the boxes would lie in the wrong places.")
    pen = ImageDraw.Draw(image)
    line = max(round(max(image.size) / 800), _THINNEST)
    letters = font(max(round(max(image.size) / 70), _SMALLEST))
    # The surest last, so that it lies on top.
    for one in sorted(found, key=lambda each: each["confidence"]):
        _object(pen, one, colours[one["weedType"]], line, letters, image.size)
    _write(image, to)


def _object(
    pen: ImageDraw.ImageDraw,
    one: Mapping[str, Any],
    colour: Colour,
    line: int,
    letters: Font,
    size: tuple[int, int],
) -> None:
    box = one["box"]
    left, top = round(box["x"]), round(box["y"])
    right = max(round(box["x"] + box["width"]) - 1, left)
    low = max(round(box["y"] + box["height"]) - 1, top)
    pen.rectangle((left, top, right, low), outline=colour, width=line)
    words = f"{printable(one['weedType'])} {one['confidence']:.2f}"
    x0, y0, x1, y1 = pen.textbbox((0, 0), words, font=letters)
    width, height = x1 - x0 + 2 * line, y1 - y0 + 2 * line
    # Above the box, or within it at the image's upper edge; and never beyond the right one.
    x = max(min(left, size[0] - width), 0)
    y = top - height if top >= height else top
    pen.rectangle((x, y, x + width, y + height), fill=colour)
    pen.text((x + line - x0, y + line - y0), words, fill=_INK, font=letters)


def _write(image: Image.Image, to: Path) -> None:
    """Whole or not at all; where a link stands there, the link gives way, not what it leads to."""
    data = io.BytesIO()
    image.save(data, "JPEG", quality=_QUALITY)
    temporary = to.with_name(f".{to.name}.part")
    try:
        temporary.write_bytes(data.getvalue())
        os.replace(temporary, to)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise PictureError(f"{to} cannot be written: {error.strerror or error}.") from error
