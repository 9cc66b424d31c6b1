"""What preprocessing does to pixels, before and after they come to size. Arrays are height × width × 3 uint8, RGB."""

from __future__ import annotations

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from domain.models.config import ContrastMode
from domain.tiling import Window

Pixels = NDArray[np.uint8]

# Orientation -> the one that undoes it. 6 and 8 are the two quarter turns; the others undo themselves.
_UNDOES = {6: 8, 8: 6}

_DARKEST, _BRIGHTEST = 0.02, 0.98
"""What STRETCH spreads over all values, as shares of the pixels; beyond it they are clipped."""
_CLAHE_LIMIT, _CLAHE_GRID = 2.0, (8, 8)


def use_one_thread() -> None:
    """Keeps OpenCV from starting threads of its own in this process, for good."""
    cv2.setNumThreads(1)


def stored_to_upright(pixels: Pixels, orientation: int) -> Pixels:
    """The stored pixels turned as EXIF `orientation` (1..8) asks for display."""
    match orientation:
        case 2:
            return pixels[:, ::-1]
        case 3:
            return pixels[::-1, ::-1]
        case 4:
            return pixels[::-1]
        case 5:
            return pixels.transpose(1, 0, 2)
        case 6:
            return np.rot90(pixels, -1)
        case 7:
            return pixels[::-1, ::-1].transpose(1, 0, 2)
        case 8:
            return np.rot90(pixels, 1)
        case _:
            return pixels


def upright_to_stored(pixels: Pixels, orientation: int) -> Pixels:
    """The inverse of `stored_to_upright`."""
    return stored_to_upright(pixels, _UNDOES.get(orientation, orientation))


def crop(pixels: Pixels, window: Window) -> Pixels:
    return pixels[window.y : window.bottom, window.x : window.right]


def greyed(pixels: Pixels) -> Pixels:
    """By luminance (ITU-R BT.601), in three equal channels."""
    grey: Pixels = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return grey


def contrasted(pixels: Pixels, mode: ContrastMode) -> Pixels:
    """The pixels with more contrast in their luminance; see ContrastMode."""
    if mode is ContrastMode.STRETCH:
        return _stretched(pixels)
    even = cv2.equalizeHist if mode is ContrastMode.HISTOGRAM else cv2.createCLAHE(_CLAHE_LIMIT, _CLAHE_GRID).apply
    parts = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)
    # Of 250 megapixels no copy has a name: there is not the memory to keep one.
    parts[..., 0] = even(np.ascontiguousarray(parts[..., 0]))
    result: Pixels = cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB)
    return result


def encode_jpeg(pixels: Pixels) -> bytes:
    """A JPEG at quality 95 with 4:2:0 subsampling, without metadata."""
    encoded: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), 95, "RGB", "420")
    return encoded


def _stretched(pixels: Pixels) -> Pixels:
    luminance = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    # Row by row: bincount makes numbers of 8 bytes of what it counts.
    counts = sum(np.bincount(row, minlength=256) for row in luminance)
    share = np.cumsum(counts) / luminance.size
    low, high = int(np.searchsorted(share, _DARKEST)), int(np.searchsorted(share, _BRIGHTEST))
    if high <= low:
        return pixels
    table = np.clip((np.arange(256) - low) * (255 / (high - low)), 0, 255).round().astype(np.uint8)
    stretched: Pixels = cv2.LUT(pixels, table)
    return stretched
