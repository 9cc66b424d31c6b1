"""What an augmented copy's steps do to its pixels. Arrays are height × width × 3 uint8, RGB."""

from __future__ import annotations

from math import cos, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.augmentation import Draw
from rendering.geometry import Affine, augmentation
from rendering.pixels import Pixels

# The grey with which Ultralytics pads; what a warp leaves empty looks like its padding.
_FILL = (114, 114, 114)
_WHITE = 255

# Filter Effects Module Level 1 (W3C), `saturate` and `hueRotate`: luminance, and what turns about the grey axis.
_LUMINANCE = np.array([[0.213, 0.715, 0.072]] * 3)
_COSINES = np.array([[0.787, -0.715, -0.072], [-0.213, 0.285, -0.072], [-0.213, -0.715, 0.928]])
_SINES = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])


def augmented(pixels: Pixels, draw: Draw) -> Pixels:
    """The pixels after the steps of `draw`; quarter turns exchange the sides."""
    pixels = _warped(pixels, draw) if draw.warps else _turned(pixels, draw)
    if draw.recolours:
        pixels = cv2.transform(np.ascontiguousarray(pixels), colour_matrix(draw))
    if draw.blur:
        pixels = cv2.GaussianBlur(np.ascontiguousarray(pixels), (0, 0), draw.blur)
    if draw.noise or draw.cutouts:
        pixels = pixels.copy()
        _sprinkle(pixels, draw)
        for left, top, right, bottom in cutouts(draw, pixels.shape[1], pixels.shape[0]):
            pixels[top:bottom, left:right] = 0
    return pixels


def colour_matrix(draw: Draw) -> NDArray[np.float32]:
    """3 × 4: what becomes of red, green and blue, and what is added. Hue turns first, brightness comes last."""
    angle = radians(draw.hue)
    hue = _LUMINANCE + cos(angle) * _COSINES + sin(angle) * _SINES
    saturation = 0.0 if draw.grey else 1 + draw.saturation
    matrix = (_LUMINANCE + saturation * _COSINES) @ hue * (1 + draw.exposure)
    return np.hstack([matrix, np.full((3, 1), draw.brightness * _WHITE)]).astype(np.float32)


def cutouts(draw: Draw, width: int, height: int) -> tuple[tuple[int, int, int, int], ...]:
    """Left, top, right and bottom of the black boxes in whole pixels of a `width` × `height` picture."""
    half_width, half_height = draw.cutout_size * width / 2, draw.cutout_size * height / 2
    return tuple(
        (
            *(max(round(x * width - half_width), 0), max(round(y * height - half_height), 0)),
            *(min(round(x * width + half_width), width), min(round(y * height + half_height), height)),
        )
        for x, y in draw.cutouts
    )


def _turned(pixels: Pixels, draw: Draw) -> Pixels:
    """Flips and quarter turns, which leave every pixel whole."""
    if draw.flip_horizontal:
        pixels = pixels[:, ::-1]
    if draw.flip_vertical:
        pixels = pixels[::-1]
    return np.rot90(pixels, -draw.quarter_turns)


def _warped(pixels: Pixels, draw: Draw) -> Pixels:
    """All geometry at once, so that every pixel is interpolated once."""
    height, width = pixels.shape[:2]
    size = (height, width) if draw.quarter_turns % 2 else (width, height)
    # Our coordinates put a pixel's centre at .5, warpAffine's at whole numbers.
    move = Affine.translation(0.5, 0.5).then(augmentation(draw, width, height)).then(Affine.translation(-0.5, -0.5))
    warped: Pixels = cv2.warpAffine(
        np.ascontiguousarray(pixels),
        np.array(move.rows),
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=_FILL,
    )
    return warped


def _sprinkle(pixels: Pixels, draw: Draw) -> None:
    """Salt and pepper, in place."""
    height, width = pixels.shape[:2]
    random = np.random.Generator(np.random.PCG64(draw.noise_seed))
    count = round(draw.noise * width * height)
    places = random.integers(0, width * height, count)
    pixels.reshape(-1, 3)[places] = (random.integers(0, 2, count, np.uint8) * _WHITE)[:, None]
