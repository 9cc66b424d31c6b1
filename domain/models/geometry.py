"""Boxes and polygons, in pixels of the upright source image unless a name says otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle; `x`, `y` are its upper left corner. Pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def finite(self) -> bool:
        finite = math.isfinite
        return finite(self.x) and finite(self.y) and finite(self.width) and finite(self.height)

    def clipped(self, width: float, height: float) -> Box:
        """The part of the box inside an image of `width` × `height`; its area is 0 when there is none."""
        left, top = max(self.x, 0.0), max(self.y, 0.0)
        right, bottom = min(self.right, width), min(self.bottom, height)
        return Box(left, top, max(right - left, 0.0), max(bottom - top, 0.0))

    def shifted(self, dx: float, dy: float) -> Box:
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def iou(self, other: Box) -> float:
        """Intersection over union, 0..1."""
        shared = self._shared(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def _shared(self, other: Box) -> float:
        width = min(self.right, other.right) - max(self.x, other.x)
        height = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(width, 0.0) * max(height, 0.0)


def bounding_box(points: tuple[Point, ...]) -> Box:
    """The smallest box around `points`, of which there is at least one."""
    xs = [x for x, _ in points]
    ys = [y for _, y in points]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
