"""Image files to pixels. EXIF orientation is applied here or nowhere."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from rendering.pixels import Pixels, stored_to_upright, upright_to_stored

# 250 megapixels is the largest image the product takes. Pillow refuses at twice its own, lower, limit.
MAX_PIXELS = 250_000_000
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_JPEG_START = b"\xff\xd8\xff"
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ORIENTATION_TAG = 0x0112


class ImageUnreadable(Exception):  # noqa: N818 - a state, as its siblings are named
    """The file is not an image this product can show; the message says why."""


def decode(data: bytes, orientation: int, upright: bool = True, at_least: tuple[int, int] | None = None) -> Pixels:
    """The file's pixels as height × width × 3 uint8, RGB.

    `orientation` is the file's EXIF value, 1..8; with `upright` it is applied, without it the pixels come as stored.
    16-bit samples keep their upper byte, alpha is dropped. With `at_least`, a width and height of the pixels returned,
    a JPEG larger than that may come at the smallest of its own scales (eighths) that has as many. Raises
    ImageUnreadable.
    """
    _check_header(data)
    least = at_least or (0, 0)
    pixels = _decode_jpeg(data, *(least if orientation < 5 or not upright else reversed(least)))
    if pixels is None:
        pixels = _decode_opencv(data)
    if pixels is None:
        pixels = _decode_pillow(data)
    # Both decoders turn a TIFF upright by its own tag and cannot be told not to; everything else they leave as stored.
    is_upright = data.startswith(_TIFF_STARTS)
    if upright and not is_upright:
        pixels = stored_to_upright(pixels, orientation)
    elif is_upright and not upright:
        pixels = upright_to_stored(pixels, orientation)
    return np.ascontiguousarray(pixels)


def decode_file(path: Path, orientation: int, upright: bool = True, at_least: tuple[int, int] | None = None) -> Pixels:
    """As `decode`, from a file. Raises ImageUnreadable."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageUnreadable(f"The image file cannot be read: {error.strerror}.") from error
    return decode(data, orientation, upright, at_least)


def read_orientation(data: bytes) -> int:
    """The file's EXIF orientation, 1..8; 1 when it has none or its EXIF is damaged. Raises ImageUnreadable."""
    with _open(data) as image:
        try:
            value = image.getexif().get(_ORIENTATION_TAG)
        except Exception:  # damaged EXIF fails in too many ways to name them
            return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _check_header(data: bytes) -> None:
    with _open(data) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise ImageUnreadable(
                f"The image has {width} × {height} pixels; at most {MAX_PIXELS // 1_000_000} megapixels are taken."
            )
        if image.mode in ("F", "I"):
            raise ImageUnreadable("The image has 32-bit samples; save it with 8 or 16 bits a sample.")


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data))
    except Exception as error:
        raise ImageUnreadable("The file is damaged or not an image of a known kind.") from error


def _decode_jpeg(data: bytes, least_width: int, least_height: int) -> Pixels | None:
    """None for what is no JPEG, and for one that is damaged or of a kind (CMYK, 12 bits) that others read better."""
    if not data.startswith(_JPEG_START):
        return None
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, "RGB", min_width=least_width, min_height=least_height)
    except ValueError:
        return None
    return pixels


def _decode_opencv(data: bytes) -> Pixels | None:
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    raw: NDArray[np.uint8] = np.frombuffer(data, np.uint8)
    try:
        decoded: Pixels | None = cv2.imdecode(raw, flags)
    except cv2.error:
        return None
    return decoded


def _decode_pillow(data: bytes) -> Pixels:
    with _open(data) as image:
        try:
            return np.asarray(image.convert("RGB"))
        except Exception as error:
            raise ImageUnreadable("The image is damaged or cut off.") from error
