"""Labels on their way from the frozen annotation to the pictures that show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite

from domain.models.geometry import Box, Point, bounding_box
from domain.models.manifest import FrozenAnnotation
from domain.tiling import Window
from rendering.geometry import Affine, clipped_polygon, corners, polygon_area

_HAIR = 1e-9
"""What sums of fractions may fall short by: an object at exactly its share is kept."""


@dataclass(frozen=True, slots=True)
class Label:
    """An object in a picture, in the picture's pixels. `source` tells the objects of an image apart."""

    source: int
    class_name: str
    box: Box
    polygon: tuple[Point, ...] | None


def label_of(annotation: FrozenAnnotation, source: int, class_name: str, width: int, height: int) -> Label | None:
    """The label clipped to the upright `width` × `height` image; None when it is not finite or has no area there."""
    if not annotation.box.finite:
        return None
    box = annotation.box.clipped(width, height)
    if box.area <= 0:
        return None
    return Label(source, class_name, box, _sound(annotation.polygon, width, height))


def in_window(label: Label, window: Window, min_visible: float) -> Label | None:
    """The label in the window's pixels; None when less than `min_visible` of its area, the polygon's where there is
    one, is inside."""
    box = label.box
    if box.x >= window.right or box.y >= window.bottom or box.right <= window.x or box.bottom <= window.y:
        return None
    return moved(label, Affine.translation(-window.x, -window.y), window.width, window.height, min_visible)


def moved(label: Label, move: Affine, width: int, height: int, min_visible: float) -> Label | None:
    """The label after `move` in a picture that is `width` × `height` then; None when less than `min_visible` of its
    area is inside.

    The outline goes along, the polygon where there is one, else the box's corners, and the box is drawn anew around
    what stays inside. Only a box that stays upright and whole is moved as it was drawn.
    """
    polygon = move.points(label.polygon) if label.polygon else None
    if move.keeps_axes:
        box = move.box(label.box)
        part = box.clipped(width, height)
        if part.area >= (1 - _HAIR) * box.area:
            kept = _sound(polygon, width, height) if polygon and _reaches_out(polygon, width, height) else polygon
            return Label(label.source, label.class_name, part, kept) if part.area > 0 else None
        if polygon is None:
            visible = part.area > 0 and part.area >= (min_visible - _HAIR) * box.area
            return Label(label.source, label.class_name, part, None) if visible else None
    outline = polygon or move.points(corners(label.box))
    inside = clipped_polygon(outline, width, height)
    if len(inside) < 3 or polygon_area(inside) < (min_visible - _HAIR) * polygon_area(outline):
        return None
    box = bounding_box(inside).clipped(width, height)  # where it was cut, a rounding error may be left over
    # A box of no polygon stays one: what its corners became is no outline of the object.
    return Label(label.source, label.class_name, box, inside if polygon else None) if box.area > 0 else None


def all_moved(labels: Iterable[Label], move: Affine, width: int, height: int, min_visible: float) -> tuple[Label, ...]:
    """Those that are still to be seen after `move`."""
    return tuple(kept for label in labels if (kept := moved(label, move, width, height, min_visible)))


def uncovered(
    labels: Iterable[Label], covers: Sequence[tuple[int, int, int, int]], min_visible: float
) -> tuple[Label, ...]:
    """The labels of whose box at least `min_visible` is under none of the rectangles (left, top, right, bottom)."""
    return tuple(label for label in labels if _open_share(label.box, covers) >= min_visible - _HAIR)


def _open_share(box: Box, covers: Sequence[tuple[int, int, int, int]]) -> float:
    """The share of a box that is under no rectangle. They may overlap, so the box is cut into columns and rows at all
    their sides, and each cell is open or not."""
    near = [c for c in covers if c[0] < box.right and c[2] > box.x and c[1] < box.bottom and c[3] > box.y]
    if not near:
        return 1.0
    xs = _cuts(box.x, box.right, [side for c in near for side in (c[0], c[2])])
    ys = _cuts(box.y, box.bottom, [side for c in near for side in (c[1], c[3])])
    covered = 0.0
    for left, right in pairwise(xs):
        for top, bottom in pairwise(ys):
            if any(c[0] <= left and right <= c[2] and c[1] <= top and bottom <= c[3] for c in near):
                covered += (right - left) * (bottom - top)
    return 1 - covered / box.area


def _cuts(start: float, end: float, sides: Sequence[int]) -> list[float]:
    return [start, *sorted({float(side) for side in sides if start < side < end}), end]


def stored(labels: Iterable[Label], move: Affine) -> tuple[Label, ...]:
    """The labels after a turn of the whole image, which loses none."""
    return tuple(
        replace(label, box=move.box(label.box), polygon=move.points(label.polygon) if label.polygon else None)
        for label in labels
    )


def _reaches_out(polygon: tuple[Point, ...], width: int, height: int) -> bool:
    return any(not (0 <= x <= width and 0 <= y <= height) for x, y in polygon)


def _sound(polygon: tuple[Point, ...] | None, width: int, height: int) -> tuple[Point, ...] | None:
    """The polygon inside the picture, or None when it encloses nothing there; the box serves then."""
    if not polygon or not all(isfinite(x) and isfinite(y) for x, y in polygon):
        return None
    inside = clipped_polygon(polygon, width, height)
    return inside if len(inside) >= 3 and polygon_area(inside) > 0 else None
