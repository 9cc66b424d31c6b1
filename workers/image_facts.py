"""What the header of an image file says, and whether its pixels decode. Pillow only."""

from __future__ import annotations

import math
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

from domain.models.asset import ImageFacts

# Pillow opens an MPO as a JPEG first, and knows no opener of that name.
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")
MAX_PIXELS = 250_000_000
_CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}


# Pillow's own limit is lower; ours is asked before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class NotAnImageError(Exception):
    """The file is no image of a kind taken; the message says what is wrong with it."""


def read_image_facts(path: Path) -> ImageFacts:
    """Facts of the file's first image. Raises NotAnImageError for what cannot be opened, is too large or is cut off."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of harmless oddities in EXIF and TIFF tags
            with Image.open(path, formats=FORMATS) as image:
                return _facts(image)
    except UnidentifiedImageError as error:
        raise NotAnImageError("It is not a JPEG, PNG, TIFF or WebP image.") from error
    except Image.DecompressionBombError as error:
        raise NotAnImageError(_too_large()) from error
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, IndexError, TypeError) as error:
        raise NotAnImageError(f"Its pixels cannot be decoded ({error}); the file may be cut off.") from error


def _facts(image: Image.Image) -> ImageFacts:
    width, height = _stored_size(image)
    if width * height > MAX_PIXELS:
        raise NotAnImageError(_too_large())
    if image.mode in ("F", "I"):
        raise NotAnImageError("Its pixels have 32 bits, as elevation rasters do; 8 and 16 bits are taken.")
    exif = image.getexif()
    orientation = exif.get(ExifTags.Base.Orientation, 1)
    orientation = orientation if orientation in range(1, 9) else 1
    if orientation >= 5:
        width, height = height, width
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    captured_at = _captured_at(exif.get_ifd(ExifTags.IFD.Exif), exif)
    content_type = _CONTENT_TYPES[str(image.format)]
    # An eighth of a JPEG decodes fast and still walks through all of its data.
    image.draft("RGB", (max(width // 8, 1), max(height // 8, 1)))
    image.load()
    return ImageFacts(
        content_type=content_type,
        width=width,
        height=height,
        orientation=orientation,
        gps_latitude=_degrees(gps, 2, 1, "S", 90),
        gps_longitude=_degrees(gps, 4, 3, "W", 180),
        captured_at=captured_at,
    )


def _stored_size(image: Image.Image) -> tuple[int, int]:
    """Pixels as they lie in the file: Pillow turns a TIFF's size by its orientation, others' not."""
    tags: Any = getattr(image, "tag_v2", None)
    if image.format == "TIFF" and tags is not None:
        return int(tags[256]), int(tags[257])
    return image.size


def _too_large() -> str:
    return f"It has more than {MAX_PIXELS // 1_000_000} megapixels."


def _degrees(gps: dict[int, Any], value_tag: int, half_tag: int, negative: str, limit: float) -> float | None:
    """Decimal degrees of an EXIF position, or None when there is none that makes sense."""
    try:
        degrees, minutes, seconds = (float(part) for part in gps[value_tag])
        half = _text(gps[half_tag]).upper()
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value) or value > limit:
        return None
    return -value if half.startswith(negative) else value


def _captured_at(details: dict[int, Any], exif: Image.Exif) -> datetime | None:
    """The camera's time of the shot; without an offset in the file it is taken as UTC."""
    taken = _text(details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime) or "")
    offset = _text(details.get(ExifTags.Base.OffsetTimeOriginal) or "")
    try:
        if offset:
            return datetime.strptime(taken + offset, "%Y:%m:%d %H:%M:%S%z").astimezone(UTC)
        return datetime.strptime(taken, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _text(value: object) -> str:
    """EXIF text without the NULs that drones pad it with."""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return text.split("\x00", 1)[0].strip()
