"""The pictures one image becomes: its tiles, and in training their augmented copies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from domain.augmentation import draw
from domain.models.config import ResizeMode
from rendering.augmenting import augmented, cutouts
from rendering.decode import ImageUnreadable, decode_file
from rendering.fitting import Fit, fitted
from rendering.geometry import augmentation
from rendering.labels import Label, all_moved, uncovered
from rendering.order import Order
from rendering.pixels import Pixels, crop, encode_jpeg

_LONGEST_SIDE = 65_500
"""Pixels; libjpeg-turbo writes no JPEG that is longer."""
_MOST_SHIFT = 0.25
_MOST_DRAWS = 10
"""A picture that looks the same whatever is done to it, a black one say, is copied as it is in the end."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of `width` × `height` pixels with its labels. `tile` is its row and column, from 0, where the image was
    cut; `copy` is 0, or the number of the augmented copy. `sha256` (hex) is the JPEG's."""

    tile: tuple[int, int] | None
    copy: int
    width: int
    height: int
    labels: tuple[Label, ...]
    jpeg: bytes
    sha256: str

    @property
    def suffix(self) -> str:
        """Tells the picture from the others of its image."""
        tile = f"_t{self.tile[0]}-{self.tile[1]}" if self.tile else ""
        return tile + (f"_c{self.copy}" if self.copy else "")


def render(order: Order, path: Path, copies: Sequence[int]) -> Iterator[Picture]:
    """The wanted `copies` of the order's tiles, decoded once, all copies of a tile one after the other.

    Raises ImageUnreadable.
    """
    parts = list(order.tile_labels())
    fits = [how for _, how, _ in parts]
    _check_sides(fits)
    pixels = _decoded(order, path, fits)
    for number, (window, how, labels) in enumerate(parts):
        if order.tiles is None or number in order.tiles:
            part = crop(pixels, window) if order.preprocessing.tile else pixels
            tile = fitted(part, how, order.preprocessing)
            place = (window.row, window.column) if order.preprocessing.tile else None
            for copy in copies:
                yield _copied(order, number, place, copy, tile, labels)


def _check_sides(fits: Sequence[Fit]) -> None:
    for how in fits:
        if max(how.width, how.height) > _LONGEST_SIDE:
            raise ImageUnreadable(
                f"Its picture would have {how.width} × {how.height} pixels, and a JPEG has at most {_LONGEST_SIDE:,} a "
                "side; make a version that resizes the images or cuts them into tiles."
            )


def _decoded(order: Order, path: Path, fits: Sequence[Fit]) -> Pixels:
    """The whole image, or as much of a JPEG's detail as a picture that shows it whole can use."""
    upright = order.preprocessing.auto_orient
    reducible = order.preprocessing.tile is None and fits[0].mode is not ResizeMode.FILL_CENTER_CROP
    width, height = order.size
    at_least = _smallest_scale(width, height, fits[0]) if reducible else None
    pixels = decode_file(path, order.orientation, upright, at_least)
    if not _is_scale_of(pixels.shape[1], pixels.shape[0], width, height, reducible):
        raise ImageUnreadable(
            f"The file has {pixels.shape[1]} × {pixels.shape[0]} pixels where the manifest says {width} × {height}; "
            "its annotations would not fit."
        )
    return pixels


def _smallest_scale(width: int, height: int, how: Fit) -> tuple[int, int] | None:
    """Width and height of the smallest of a JPEG's scales that has as many pixels as the picture, and whose sides are
    rounded up by so little that nothing moves by more than a quarter of a pixel; None for the whole JPEG."""
    for eighths in range(1, 8):
        found = -(-width * eighths // 8), -(-height * eighths // 8)
        if found[0] < how.inner_width or found[1] < how.inner_height:
            continue
        across = (found[0] - width * eighths / 8) * how.inner_width / found[0]
        down = (found[1] - height * eighths / 8) * how.inner_height / found[1]
        if max(across, down) <= _MOST_SHIFT:
            return found
    return None


def _is_scale_of(found_width: int, found_height: int, width: int, height: int, reducible: bool) -> bool:
    """Whether the pixels are the whole image, or the image at one of the JPEG's own scales, of which sides that come
    out uneven are rounded up."""
    eighths = range(1, 9) if reducible else (8,)
    return any((found_width, found_height) == (-(-width * n // 8), -(-height * n // 8)) for n in eighths)


def _copied(
    order: Order, number: int, place: tuple[int, int] | None, copy: int, tile: Pixels, labels: tuple[Label, ...]
) -> Picture:
    """Copy `copy` of a tile. A copy that came out as its source is drawn again."""
    if copy == 0:
        return _picture(place, 0, tile, labels)
    for attempt in range(_MOST_DRAWS):
        steps = draw(order.augmentation, order.sha256, number, copy, attempt)
        pixels = augmented(tile, steps)
        if not _same(pixels, tile):
            break
    height, width = pixels.shape[:2]
    move = augmentation(steps, tile.shape[1], tile.shape[0])
    kept = all_moved(labels, move, width, height, order.min_visible)
    if steps.cutouts:
        kept = uncovered(kept, cutouts(steps, width, height), order.min_visible)
    return _picture(place, copy, pixels, kept)


def _same(one: Pixels, other: Pixels) -> bool:
    # Most differ in a few rows already.
    return one.shape == other.shape and bool(np.array_equal(one[::64], other[::64]) and np.array_equal(one, other))


def _picture(place: tuple[int, int] | None, copy: int, pixels: Pixels, labels: tuple[Label, ...]) -> Picture:
    jpeg = encode_jpeg(pixels)
    return Picture(place, copy, pixels.shape[1], pixels.shape[0], labels, jpeg, hashlib.sha256(jpeg).hexdigest())
