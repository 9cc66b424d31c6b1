"""The checks of what an annotation is made of: boxes, polygons, class names, confidences."""

from __future__ import annotations

import math
import unicodedata

from domain.errors import invalid
from domain.models.asset import Asset
from domain.models.geometry import Box, Point, bounding_box

MAX_POINTS = 10_000
MAX_CLASS_NAME = 191
_UNPRINTABLE = ("Cc", "Cs")
"""Unicode's control characters and lone surrogates: no label file holds the first, no database the second."""
_FLAT = 1e-9
"""A polygon narrower than this share of its length encloses nothing."""


def checked_class_name(name: str, *field: str) -> str:
    """The name without outer blanks. Raises INVALID when it is empty, too long, or holds control characters."""
    stripped = name.strip()
    if not 1 <= len(stripped) <= MAX_CLASS_NAME:
        raise invalid(f"A class name has 1 to {MAX_CLASS_NAME} characters.", *field)
    if any(unicodedata.category(character) in _UNPRINTABLE for character in stripped):
        raise invalid("A class name has no line breaks, tabs or other control characters.", *field)
    return stripped


def check_confidence(confidence: float | None, *field: str) -> None:
    """Raises INVALID for what lies outside 0..1."""
    if confidence is not None and not 0 <= confidence <= 1:
        raise invalid("A confidence lies between 0 and 1.", *field)


def checked_shape(
    box: Box | None, polygon: tuple[Point, ...] | None, image: Asset, path: tuple[str, ...]
) -> tuple[Box, tuple[Point, ...] | None]:
    """Box and polygon as they are kept; a box that is left out is drawn around the polygon.

    Raises INVALID at `path` + "box" or "polygon".
    """
    inside = checked_polygon(polygon, image, *path, "polygon") if polygon is not None else None
    if box is not None:
        return checked_box(box, image, *path, "box"), inside
    if inside is None:
        raise invalid("An annotation needs a box or a polygon.", *path, "box")
    return bounding_box(inside), inside


def checked_box(box: Box, image: Asset, *field: str) -> Box:
    """The box (pixels of the upright image) clipped to the image.

    Raises INVALID when its numbers are not finite, or when it has no area, or none inside the image.
    """
    where = f"The box on {image.filename}"
    if not box.finite:
        raise invalid(f"{where} needs finite numbers.", *field)
    if box.width <= 0 or box.height <= 0:
        raise invalid(
            f"{where} needs a width and a height above 0; x and y are those of its upper left corner.", *field
        )
    if image.width is None or image.height is None:
        return box
    clipped = box.clipped(image.width, image.height)
    if clipped.area <= 0:
        raise invalid(f"{where} lies wholly outside its {image.width}×{image.height} pixels.", *field)
    return clipped


def checked_polygon(polygon: tuple[Point, ...], image: Asset, *field: str) -> tuple[Point, ...]:
    """The polygon (pixels of the upright image) with its points moved into the image.

    A polygon that crosses itself is taken as drawn. Raises INVALID for less than 3 or more than 10,000 points, numbers
    that are not finite, and a polygon that encloses nothing of the image.
    """
    where = f"The polygon on {image.filename}"
    if not 3 <= len(polygon) <= MAX_POINTS:
        raise invalid(f"{where} has {len(polygon)} points; 3 to {MAX_POINTS} are taken.", *field)
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in polygon):
        raise invalid(f"{where} needs finite numbers.", *field)
    if _flat(polygon):
        raise invalid(f"{where} has no area: its points lie on one line.", *field)
    if image.width is None or image.height is None:
        return polygon
    right, bottom = float(image.width), float(image.height)
    if _flat(_part_inside(polygon, right, bottom)):
        raise invalid(f"{where} has no area inside its {image.width}×{image.height} pixels.", *field)
    return tuple((min(max(x, 0.0), right), min(max(y, 0.0), bottom)) for x, y in polygon)


def _flat(points: tuple[Point, ...]) -> bool:
    """True when all points lie on one line, or are one point, or none."""
    if not points:
        return True
    x, y = points[0]
    dx, dy = max(((u - x, v - y) for u, v in points), key=lambda vector: math.hypot(*vector))
    length = math.hypot(dx, dy)
    # Divided first, so that the largest numbers do not overflow.
    across = max((abs((u - x) * (dy / length) - (v - y) * (dx / length)) for u, v in points)) if length else 0.0
    return not across > _FLAT * length


def _part_inside(points: tuple[Point, ...], right: float, bottom: float) -> tuple[Point, ...]:
    """What of a polygon lies within the image; empty when nothing does.

    Sutherland and Hodgman, "Reentrant polygon clipping" (1974): one side of the image after the other.
    """
    for axis, limit, sign in ((0, 0.0, 1.0), (0, right, -1.0), (1, 0.0, 1.0), (1, bottom, -1.0)):
        kept: list[Point] = []
        for before, point in zip(points[-1:] + points[:-1], points, strict=True):
            start, end = sign * (before[axis] - limit), sign * (point[axis] - limit)
            if (start >= 0) != (end >= 0):
                share = start / (start - end)
                kept.append((before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])))
            if end >= 0:
                kept.append(point)
        points = tuple(kept)
    return points
