"""Picture files as a drone's camera writes them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

WIDTH, HEIGHT = 4000, 3000
_COARSEST = 8
"""Pixels a side of the first of the layers; each next one has four times as many, down to single pixels."""
_GRAIN = 10.0
"""Standard deviation of the sensor's noise, in levels of 255."""
_QUALITY = 92
_CAMERA_SIDE = 3840
"""The shortest longer side that registering decodes at an eighth, as the floor does."""


def write_photographs(folder: Path, count: int) -> list[Path]:
    """JPEGs of 4000 × 3000 pixels and 4 to 8 MB, with EXIF; the same ones every time.

    Layers of noise from coarse to fine, each weaker than the one before, have about the spectrum of a photograph
    (amplitude falls with frequency: Field, JOSA A 4, 1987), and so the entropy that a decoder works on.
    """
    paths = [folder / f"DJI_{number:04}.JPG" for number in range(count)]
    for number, path in enumerate(paths):
        picture = _photograph(np.random.default_rng(number))
        picture.save(path, "JPEG", quality=_QUALITY, exif=_exif())
    return paths


def real_photographs() -> Sequence[Path]:
    """The drone photographs in the folder REALDATA_DIR, by default shared/realdata beside the checkout, as large as a
    camera's; empty where there are none."""
    named = os.environ.get("REALDATA_DIR")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "realdata"
    return [path for path in sorted(folder.glob("images/*.[jJ][pP][gG]")) if _is_large(path)]


def _is_large(path: Path) -> bool:
    with Image.open(path) as image:
        return max(image.size) >= _CAMERA_SIDE


def _photograph(random: np.random.Generator) -> Image.Image:
    levels = np.zeros((HEIGHT, WIDTH, 3), dtype=np.float32)
    side = _COARSEST
    while side <= WIDTH:
        levels += _layer(random, side) * (90.0 * (_COARSEST / side) ** 0.5)
        side *= 4
    levels += random.normal(0, _GRAIN, levels.shape).astype(np.float32)
    return Image.fromarray(np.clip(levels + np.array([105, 120, 80]), 0, 255).astype(np.uint8))


def _layer(random: np.random.Generator, side: int) -> NDArray[np.float32]:
    """Grey noise of `side` spots across, drawn smoothly to the picture's size: (height, width, 1), about -1 to 1."""
    spots = random.uniform(-1, 1, (side * HEIGHT // WIDTH, side)).astype(np.float32)
    smooth = Image.fromarray(spots).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float32)[:, :, None]


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "DJI"
    exif[ExifTags.Base.Orientation] = 1
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:05:01 10:20:30"
    position = exif.get_ifd(ExifTags.IFD.GPSInfo)
    position[ExifTags.GPS.GPSLatitudeRef], position[ExifTags.GPS.GPSLongitudeRef] = "N", "E"
    position[ExifTags.GPS.GPSLatitude] = position[ExifTags.GPS.GPSLongitude] = (27.0, 34.0, 30.5)
    return exif
