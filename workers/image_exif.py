"""What an image's EXIF says: orientation, position and time of the shot. Damaged EXIF counts as none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from PIL import ExifTags, Image

_T = TypeVar("_T")
_NOWHERE: tuple[float | None, float | None] = (None, None)
_PNG_START_BYTES, _MAX_EXIF_BYTES = 8, 16 * 1024**2


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """`orientation` is 1..8, the position is decimal degrees, and the time has an offset."""

    orientation: int = 1
    gps_latitude: float | None = None
    gps_longitude: float | None = None
    captured_at: datetime | None = None


def read_exif(image: Image.Image, path: Path) -> ExifFacts:
    """Facts from the EXIF of an image just opened from `path`; what is missing or makes no sense has its default."""
    exif = _or(lambda: _exif(image, path), Image.Exif())
    latitude, longitude = _or(lambda: _position(exif.get_ifd(ExifTags.IFD.GPSInfo)), _NOWHERE)
    return ExifFacts(
        orientation=_or(lambda: _orientation(exif), 1),
        gps_latitude=latitude,
        gps_longitude=longitude,
        captured_at=_or(lambda: _captured_at(exif.get_ifd(ExifTags.IFD.Exif), exif), None),
    )


def _or(read: Callable[[], _T], default: _T) -> _T:
    """What `read` gives, or the default where the EXIF is damaged."""
    try:
        return read()
    except MemoryError:
        raise
    except Exception:  # damaged EXIF fails in too many ways to name them
        return default


def _exif(image: Image.Image, path: Path) -> Image.Exif:
    if image.format == "PNG":
        if "exif" not in image.info and (data := _png_exif(path)):
            image.info["exif"] = b"Exif\0\0" + data
        # A PNG's own getexif decodes every pixel to look for a chunk behind them.
        return Image.Image.getexif(image)
    return image.getexif()


def _png_exif(path: Path) -> bytes | None:
    """The content of a PNG's eXIf chunk, wherever it is: before its pixels or after."""
    with path.open("rb") as file:
        file.seek(_PNG_START_BYTES)
        while len(start := file.read(8)) == 8:
            size, kind = int.from_bytes(start[:4]), start[4:]
            if kind == b"eXIf":
                return file.read(min(size, _MAX_EXIF_BYTES))
            file.seek(size + 4, 1)  # the content and its checksum
    return None


def _orientation(exif: Image.Exif) -> int:
    value = exif.get(ExifTags.Base.Orientation, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _position(gps: dict[int, Any]) -> tuple[float | None, float | None]:
    latitude = _degrees(gps, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S", 90)
    longitude = _degrees(gps, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W", 180)
    # Half a position is none, and 0, 0 is what drones write before they have a fix.
    if latitude is None or longitude is None or (latitude, longitude) == (0, 0):
        return _NOWHERE
    return latitude, longitude


def _degrees(gps: dict[int, Any], value_tag: int, half_tag: int, negative: str, limit: float) -> float | None:
    """Decimal degrees of an EXIF position, or None when there is none that makes sense."""
    try:
        parts = [float(part) for part in gps[value_tag]]
        degrees, minutes, seconds = parts
        half = _text(gps[half_tag]).upper()
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value) or min(parts) < 0 or value > limit:
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
