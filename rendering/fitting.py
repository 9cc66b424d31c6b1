"""Bringing a picture to the size that a version asks for: where its points go, and its pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

import cv2
import numpy as np

from domain.models.config import Preprocessing, Resize, ResizeMode
from domain.tiling import Window
from rendering.geometry import Affine
from rendering.pixels import Pixels, contrasted, greyed

_SHARED = 0.2
"""Of a part, what it has in common with the next one at least: what one cuts, the other shows whole."""
_BORDERS = {ResizeMode.FIT_BLACK: (0, 0, 0), ResizeMode.FIT_WHITE: (255, 255, 255)}


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture comes to `width` × `height` pixels.

    Of the picture the part from (`cut_x`, `cut_y`) is taken, `cut_width` × `cut_height` large; it becomes `inner_width`
    × `inner_height` and lies at (`left`, `top`) of the result. Whole pixels, so that `points` says exactly where a
    point of the picture goes.
    """

    width: int
    height: int
    cut_x: int
    cut_y: int
    cut_width: int
    cut_height: int
    inner_width: int
    inner_height: int
    left: int
    top: int
    mode: ResizeMode

    @property
    def points(self) -> Affine:
        """Where a point of the picture goes."""
        return Affine.translation(-self.cut_x, -self.cut_y).then(self.placing)

    @property
    def placing(self) -> Affine:
        """Where a point of the part that is taken goes."""
        scale = Affine.scaling(self.inner_width / self.cut_width, self.inner_height / self.cut_height)
        return scale.then(Affine.translation(self.left, self.top))

    def shown(self, window: Window) -> Window:
        """The part that is taken of a picture that is itself the `window` of an image, in pixels of the image."""
        left, top = window.x + self.cut_x, window.y + self.cut_y
        return replace(window, x=left, y=top, width=self.cut_width, height=self.cut_height)


def fit(width: int, height: int, resize: Resize | None) -> Fit:
    """How a `width` × `height` picture comes to the size asked for; unchanged without one."""
    if resize is None:
        return _fitted(width, height, width, height, (width, height), ResizeMode.STRETCH)
    asked = (resize.width, resize.height)
    if resize.mode is ResizeMode.STRETCH:
        return _fitted(width, height, *asked, asked, resize.mode)
    if resize.mode is ResizeMode.FILL_CENTER_CROP:
        return _filled(width, height, *asked)
    scale = min(resize.width / width, resize.height / height)
    inner = min(max(round(width * scale), 1), resize.width), min(max(round(height * scale), 1), resize.height)
    return _fitted(width, height, *(inner if resize.mode is ResizeMode.FIT_WITHIN else asked), inner, resize.mode)


def fitted(pixels: Pixels, how: Fit, preprocessing: Preprocessing) -> Pixels:
    """A picture at its size, grey and with the contrast asked for; a frame counts for neither.

    But for FILL_CENTER_CROP `pixels` may be those of the picture at a smaller scale.
    """
    if how.mode is ResizeMode.FILL_CENTER_CROP:
        pixels = pixels[how.cut_y : how.cut_y + how.cut_height, how.cut_x : how.cut_x + how.cut_width]
    inner = _scaled(pixels, how.inner_width, how.inner_height)
    if preprocessing.grayscale:
        inner = greyed(inner)
    if preprocessing.contrast:
        inner = contrasted(inner, preprocessing.contrast)
    return _framed(inner, how)


def uncropped(window: Window, resize: Resize | None) -> tuple[Window, ...]:
    """The parts of a tile that a detection must look at: what FILL_CENTER_CROP would cut off is shown in parts of the
    same shape, which overlap where they must."""
    if resize is None or resize.mode is not ResizeMode.FILL_CENTER_CROP:
        return (window,)
    how = fit(window.width, window.height, resize)
    lefts, tops = _starts(window.width, how.cut_width), _starts(window.height, how.cut_height)
    return tuple(
        replace(window, x=window.x + left, y=window.y + top, width=how.cut_width, height=how.cut_height)
        for top in tops
        for left in lefts
    )


def _starts(length: int, part: int) -> list[int]:
    """Where parts begin that cover the length together, evenly spread, sharing some with their neighbours."""
    if length == part:
        return [0]
    count = ceil((length - part * _SHARED) / (part * (1 - _SHARED)))
    return [round(i * (length - part) / (count - 1)) for i in range(count)]


def _fitted(width: int, height: int, to_width: int, to_height: int, inner: tuple[int, int], mode: ResizeMode) -> Fit:
    left, top = (to_width - inner[0]) // 2, (to_height - inner[1]) // 2
    return Fit(to_width, to_height, 0, 0, width, height, *inner, left, top, mode)


def _filled(width: int, height: int, to_width: int, to_height: int) -> Fit:
    """Cut first, enlarged afterwards: a strip of one pixel's height would else be enlarged to gigabytes."""
    scale = max(to_width / width, to_height / height)
    across, down = min(to_width / scale, width), min(to_height / scale, height)
    # What was computed a hair beyond a whole pixel is that pixel.
    left, top = floor((width - across) / 2 + 1e-9), floor((height - down) / 2 + 1e-9)
    right, bottom = ceil((width + across) / 2 - 1e-9), ceil((height + down) / 2 - 1e-9)
    cut = left, top, max(right - left, 1), max(bottom - top, 1)
    return Fit(to_width, to_height, *cut, to_width, to_height, 0, 0, ResizeMode.FILL_CENTER_CROP)


def _framed(inner: Pixels, how: Fit) -> Pixels:
    if (how.inner_width, how.inner_height) == (how.width, how.height):
        return inner
    below, right = how.height - how.top - how.inner_height, how.width - how.left - how.inner_width
    sides = how.top, below, how.left, right
    if how.mode is ResizeMode.FIT_REFLECT:
        reflected: Pixels = cv2.copyMakeBorder(inner, *sides, borderType=cv2.BORDER_REFLECT)
        return reflected
    framed: Pixels = cv2.copyMakeBorder(inner, *sides, borderType=cv2.BORDER_CONSTANT, value=_BORDERS[how.mode])
    return framed


def _scaled(pixels: Pixels, width: int, height: int) -> Pixels:
    if pixels.shape[:2] == (height, width):
        return pixels
    shrinks = width <= pixels.shape[1] and height <= pixels.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    scaled: Pixels = cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=interpolation)
    return scaled
