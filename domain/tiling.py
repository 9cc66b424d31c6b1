"""Cutting an image into a grid of tiles, and bringing what was found on the tiles back together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from domain.models.config import Tile
from domain.models.detection import Detection
from domain.models.geometry import Box

_PART_IOU = 0.3
"""Of a box that ends at a seam with what its tile shows of the whole one: what a seam leaves of an object is often
drawn more than twice as large. At 0.45 eight plants of 72 across seams were counted twice, at 0.3 one or two."""


@dataclass(frozen=True, slots=True)
class Window:
    """A tile's rectangle in whole pixels of its source; `row` and `column` count from 0."""

    row: int
    column: int
    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height


def tile_windows(width: int, height: int, tile: Tile) -> tuple[Window, ...]:
    """The rows × columns windows of an image of `width` × `height` pixels, row by row.

    Together they cover the image; without overlap no pixel lies in two of them. Raises ValueError when a side has
    fewer pixels than tiles.
    """
    columns, rows = _spans(width, tile.columns, tile.overlap), _spans(height, tile.rows, tile.overlap)
    return tuple(
        Window(row, column, left, top, right - left, bottom - top)
        for row, (top, bottom) in enumerate(rows)
        for column, (left, right) in enumerate(columns)
    )


def _spans(length: int, count: int, overlap: float) -> list[tuple[int, int]]:
    if length < count:
        raise ValueError(f"A side of {length} pixels cannot be cut into {count} tiles.")
    # n tiles of side t, each sharing t·overlap with the next, span n·t - (n-1)·t·overlap. Exact fractions, so that one
    # tile's end and the next one's start round alike.
    share = Fraction(overlap)
    side = length / (count - (count - 1) * share)
    step = side * (1 - share)
    half = Fraction(1, 2)
    return [(floor(i * step + half), floor(i * step + side + half)) for i in range(count)]


def box_in_window(box: Box, window: Window, min_visible: float) -> Box | None:
    """The part of `box` inside `window`, in pixels of the window.

    None when the box is not finite or has no area, or when less than `min_visible` (0..1) of its area is inside.
    """
    if not box.finite or box.area <= 0:
        return None
    part = box.shifted(-window.x, -window.y).clipped(window.width, window.height)
    return part if part.area > 0 and part.area / box.area >= min_visible else None


@dataclass(frozen=True, slots=True)
class TileDetections:
    """What was found on one tile; the boxes are in pixels of the whole source."""

    window: Window
    detections: tuple[Detection, ...]


def merge_detections(
    tiles: Sequence[TileDetections], width: int, height: int, iou: float = 0.5, contained: float = 0.7
) -> tuple[Detection, ...]:
    """The detections of all tiles of a `width` × `height` image without the doubles at the seams, best first.

    Greedy by confidence: a detection goes when one of the same class that was kept, of another tile, overlaps it at
    `iou` or more, whole or as far as its own tile shows it, or shares at least `contained` of the smaller box's area
    with it. Boxes that end at a seam are only parts of an object and come after all whole ones, so that the whole box
    survives however sure the model was of the part; what is left of them is drawn so roughly that less is asked.
    """
    entries = [
        (_ends_at_seam(detection.box, tile.window, width, height), -detection.confidence, index, detection)
        for index, tile in enumerate(tiles)
        for detection in tile.detections
    ]
    entries.sort(key=lambda e: (e[0], e[1], e[2], e[3].weed_type, e[3].box.x, e[3].box.y))
    kept: dict[str, _Kept] = {}
    result = []
    for part, _, index, detection in entries:
        group = kept.setdefault(detection.weed_type, _Kept())
        shown = min(iou, _PART_IOU) if part else iou
        if not group.holds(detection.box, index, tiles[index].window, iou, shown, contained):
            group.add(detection.box, index)
            result.append(detection)
    return tuple(sorted(result, key=lambda d: -d.confidence))


def _ends_at_seam(box: Box, window: Window, width: int, height: int) -> bool:
    """Whether the box reaches, within a pixel, an edge of its tile that is not an edge of the image."""
    return (
        (window.x > 0 and box.x <= window.x + 1)
        or (window.y > 0 and box.y <= window.y + 1)
        or (window.right < width and box.right >= window.right - 1)
        or (window.bottom < height and box.bottom >= window.bottom - 1)
    )


class _Kept:
    """The kept boxes of one class, compared with a candidate all at once."""

    def __init__(self) -> None:
        self._rows = np.empty((16, 5))
        self._count = 0

    def add(self, box: Box, tile: int) -> None:
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._count] = (box.x, box.y, box.right, box.bottom, tile)
        self._count += 1

    def holds(self, box: Box, tile: int, window: Window, iou: float, shown_iou: float, contained: float) -> bool:
        rows = self._rows[: self._count]
        corners = rows[rows[:, 4] != tile, :4]
        shared, areas = _shared(corners, box), _areas(corners)
        # What ends at a seam is held against the same part of the whole one.
        shown = _areas(corners.clip((window.x, window.y) * 2, (window.right, window.bottom) * 2))
        alike = (shared >= iou * (areas + box.area - shared)) | (shared >= shown_iou * (shown + box.area - shared))
        inside = shared >= contained * np.minimum(areas, box.area)
        return bool(np.any((shared > 0) & (alike | inside)))


def _shared(corners: NDArray[np.float64], box: Box) -> NDArray[np.float64]:
    across = np.minimum(corners[:, 2], box.right) - np.maximum(corners[:, 0], box.x)
    down = np.minimum(corners[:, 3], box.bottom) - np.maximum(corners[:, 1], box.y)
    shared: NDArray[np.float64] = across.clip(0, None) * down.clip(0, None)
    return shared


def _areas(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    areas: NDArray[np.float64] = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    return areas
