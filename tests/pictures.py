"""Image files with what real drones put into them, and the real ones where they are at hand."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

LATITUDE, LONGITUDE = 53.9190128, 27.5765125


def real_data() -> Path | None:
    """The folder of real drone images, when it is on this machine."""
    named = os.environ.get("REALDATA_DIR")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "realdata"
    return folder if (folder / "annotations.json").is_file() else None


@dataclass(frozen=True, slots=True)
class Picture:
    """A file as a client has it."""

    filename: str
    content: bytes


def pixels(seed: int, width: int = 64, height: int = 48) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def encoded(image: Image.Image, format_: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def jpeg(seed: int = 0, width: int = 64, height: int = 48) -> bytes:
    return encoded(pixels(seed, width, height))


def _dms(value: float) -> tuple[float, float, float]:
    degrees, minutes = int(value), (value - int(value)) * 60
    return float(degrees), float(int(minutes)), (minutes - int(minutes)) * 60


def drone_exif(orientation: int = 1) -> Image.Exif:
    """EXIF as DJI writes it: text padded with NULs, and a position."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "DJI\x00\x00\x00"
    exif[ExifTags.Base.Orientation] = orientation
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2023:07:14 10:20:30\x00\x00"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLongitudeRef] = "N\x00", "E\x00"
    gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLongitude] = _dms(LATITUDE), _dms(LONGITUDE)
    return exif


def drone_mpo(seed: int = 1) -> bytes:
    """A JPEG with a preview picture behind it, as DJI names .JPG."""
    return encoded(
        pixels(seed, 160, 90), "MPO", save_all=True, append_images=[pixels(seed + 1, 40, 22)], exif=drone_exif()
    )


def turned(orientation: int, seed: int = 3) -> bytes:
    return encoded(pixels(seed, 120, 60), exif=drone_exif(orientation))


def tiff(seed: int = 4) -> bytes:
    return encoded(pixels(seed), "TIFF")
