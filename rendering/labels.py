"""Labels on their way from the frozen annotation to the line of a label file."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from domain.models.geometry import Box, Point, bounding_box
from domain.models.manifest import FrozenAnnotation
from domain.tiling import Window, box_in_window
from rendering.geometry import Affine, clipped_polygon, corners, polygon_area


@dataclass(frozen=True, slots=True)
class Label:
    """An object in a picture, in the picture's pixels. `source` is the annotation's place in its image."""

    source: int
    class_index: int
    box: Box
    polygon: tuple[Point, ...] | None


def label_of(annotation: FrozenAnnotation, source: int, class_index: int, width: int, height: int) -> Label | None:
    """The label clipped to the upright `width` × `height` image; None when it is not finite or has no area there."""
    if not annotation.box.finite:
        return None
    box = annotation.box.clipped(width, height)
    if box.area <= 0:
        return None
    return Label(source, class_index, box, _sound(annotation.polygon, width, height))


def in_window(label: Label, window: Window, min_visible: float) -> Label | None:
    """The label in the window's pixels; None when less than `min_visible` of its box is inside."""
    box = box_in_window(label.box, window, min_visible)
    if box is None:
        return None
    polygon = label.polygon and Affine.translation(-window.x, -window.y).points(label.polygon)
    return Label(label.source, label.class_index, box, _sound(polygon, window.width, window.height))


def moved(label: Label, move: Affine, width: int, height: int, min_visible: float) -> Label | None:
    """The label after `move` in a picture that is `width` × `height` then.

    A turn by anything but right angles takes the outline along, the polygon's where there is one, else the box's
    corners, and draws the box anew around what stays inside; None when that is less than `min_visible` of the
    outline's area.
    """
    polygon = label.polygon and move.points(label.polygon)
    if move.keeps_axes:
        box = move.box(label.box).clipped(width, height)
        return Label(label.source, label.class_index, box, polygon) if box.area > 0 else None
    outline = polygon or move.points(corners(label.box))
    inside = clipped_polygon(outline, width, height)
    if len(inside) < 3 or polygon_area(inside) < min_visible * polygon_area(outline):
        return None
    box = bounding_box(inside)
    return Label(label.source, label.class_index, box, inside) if box.area > 0 else None


def label_line(label: Label, width: int, height: int) -> str:
    """The YOLO line: class, centre and size as shares of the picture."""
    box = label.box
    values = (
        (box.x + box.width / 2) / width,
        (box.y + box.height / 2) / height,
        box.width / width,
        box.height / height,
    )
    return " ".join([str(label.class_index), *(f"{min(value, 1.0):.6f}" for value in values)])


def _sound(polygon: tuple[Point, ...] | None, width: int, height: int) -> tuple[Point, ...] | None:
    """The polygon inside the picture, or None when it encloses nothing there; the box serves then."""
    if not polygon or not all(isfinite(x) and isfinite(y) for x, y in polygon):
        return None
    inside = clipped_polygon(polygon, width, height)
    return inside if len(inside) >= 3 and polygon_area(inside) > 0 else None
