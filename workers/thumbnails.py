"""Small copies of a picture for lists and grids. They carry pixels and nothing else."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from domain.keys import THUMBNAIL_SIZES

_QUALITY = 80


def write_thumbnails(picture: Image.Image, folder: Path) -> None:
    """Write `<size>.jpg` for each of THUMBNAIL_SIZES: the longer side has at most that many pixels, and no more than
    the picture has.

    `picture` is upright 8-bit sRGB. The files have no metadata: no EXIF, colour profile or comment.
    """
    # New pixels: what the picture's file said of itself stays behind.
    small = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    for size in sorted(THUMBNAIL_SIZES, reverse=True):
        # From small to smaller; with the gap, most of the way is a cheap average.
        small.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
        small.save(folder / f"{size}.jpg", "JPEG", quality=_QUALITY)
