"""What preprocessing and augmentation do to pixels. Arrays are height × width × 3 uint8, RGB."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.augmentation import Draw
from domain.models.config import Resize
from domain.tiling import Window
from rendering.geometry import Affine, rotation

Pixels = NDArray[np.uint8]

# The grey with which Ultralytics pads; corners that a rotation leaves empty look like its padding.
_FILL = (114, 114, 114)

# Orientation -> the one that undoes it. 6 and 8 are the two quarter turns; the others undo themselves.
_UNDOES = {6: 8, 8: 6}


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


def resized(pixels: Pixels, resize: Resize | None) -> Pixels:
    """The pixels stretched to the size asked for; as they are without one."""
    if resize is None or pixels.shape[:2] == (resize.height, resize.width):
        return pixels
    shrinks = resize.width <= pixels.shape[1] and resize.height <= pixels.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    stretched: Pixels = cv2.resize(
        np.ascontiguousarray(pixels), (resize.width, resize.height), interpolation=interpolation
    )
    return stretched


def augmented(pixels: Pixels, draw: Draw) -> Pixels:
    """The pixels after the steps of `draw`; quarter turns exchange the sides."""
    if draw.flip_horizontal:
        pixels = pixels[:, ::-1]
    if draw.flip_vertical:
        pixels = pixels[::-1]
    pixels = np.rot90(pixels, -draw.quarter_turns)
    return _rotated(pixels, draw.degrees) if draw.degrees else pixels


def encode_jpeg(pixels: Pixels) -> bytes:
    """A JPEG at quality 95 without metadata."""
    bgr = np.ascontiguousarray(pixels[:, :, ::-1])
    ok, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])
    if not ok:
        raise ValueError("The picture could not be encoded as JPEG.")
    return bytes(encoded.tobytes())


def _rotated(pixels: Pixels, degrees: float) -> Pixels:
    height, width = pixels.shape[:2]
    # Our coordinates put a pixel's centre at .5, warpAffine's at whole numbers.
    centred = Affine.translation(0.5, 0.5).then(rotation(degrees, width, height)).then(Affine.translation(-0.5, -0.5))
    turned: Pixels = cv2.warpAffine(
        np.ascontiguousarray(pixels),
        np.array(centred.rows),
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=_FILL,
    )
    return turned
