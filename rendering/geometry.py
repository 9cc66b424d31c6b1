"""Where a point of the source lies after orientation, tile, resize and augmentation. Pixels; y points down."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin, tan

from domain.augmentation import Draw
from domain.models.geometry import Box, Point, bounding_box


@dataclass(frozen=True, slots=True)
class Affine:
    """x' = a·x + b·y + c, y' = d·x + e·y + f."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    @classmethod
    def identity(cls) -> Affine:
        return cls(1, 0, 0, 0, 1, 0)

    @classmethod
    def translation(cls, dx: float, dy: float) -> Affine:
        return cls(1, 0, dx, 0, 1, dy)

    @classmethod
    def scaling(cls, across: float, down: float) -> Affine:
        return cls(across, 0, 0, 0, down, 0)

    @property
    def rows(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        return (self.a, self.b, self.c), (self.d, self.e, self.f)

    @property
    def keeps_axes(self) -> bool:
        """Whether upright rectangles stay upright rectangles."""
        return (self.b == 0 and self.d == 0) or (self.a == 0 and self.e == 0)

    def then(self, after: Affine) -> Affine:
        """This map, and `after` on its result."""
        return Affine(
            after.a * self.a + after.b * self.d,
            after.a * self.b + after.b * self.e,
            after.a * self.c + after.b * self.f + after.c,
            after.d * self.a + after.e * self.d,
            after.d * self.b + after.e * self.e,
            after.d * self.c + after.e * self.f + after.f,
        )

    def inverse(self) -> Affine:
        """The map that undoes this one. Raises ZeroDivisionError for one that flattens the plane."""
        determinant = self.a * self.e - self.b * self.d
        a, b, d, e = (value / determinant for value in (self.e, -self.b, -self.d, self.a))
        return Affine(a, b, -a * self.c - b * self.f, d, e, -d * self.c - e * self.f)

    def point(self, point: Point) -> Point:
        x, y = point
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f

    def points(self, points: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple(self.point(p) for p in points)

    def box(self, box: Box) -> Box:
        """The smallest upright rectangle around the mapped box."""
        return bounding_box(self.points(corners(box)))


def corners(box: Box) -> tuple[Point, ...]:
    return (box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom)


def stored_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Width and height of the stored pixels of an image that is `width` × `height` upright."""
    return (height, width) if orientation >= 5 else (width, height)


def upright_to_stored(orientation: int, width: int, height: int) -> Affine:
    """From upright pixels of a `width` × `height` image to pixels as stored under EXIF `orientation` (1..8)."""
    return {
        2: Affine(-1, 0, width, 0, 1, 0),
        3: Affine(-1, 0, width, 0, -1, height),
        4: Affine(1, 0, 0, 0, -1, height),
        5: Affine(0, 1, 0, 1, 0, 0),
        6: Affine(0, 1, 0, -1, 0, width),
        7: Affine(0, -1, height, -1, 0, width),
        8: Affine(0, -1, height, 1, 0, 0),
    }.get(orientation, Affine.identity())


def stored_to_upright(orientation: int, width: int, height: int) -> Affine:
    """The inverse of `upright_to_stored`; `width` × `height` is the upright size here too."""
    stored_width, stored_height = stored_size(width, height, orientation)
    undoes = {6: 8, 8: 6}.get(orientation, orientation)
    return upright_to_stored(undoes, stored_width, stored_height)


def quarter_turns(count: int, width: int, height: int) -> Affine:
    """`count` turns of 90° clockwise of a `width` × `height` picture; an odd count exchanges its sides."""
    return {
        1: Affine(0, -1, height, 1, 0, 0),
        2: Affine(-1, 0, width, 0, -1, height),
        3: Affine(0, 1, 0, -1, 0, width),
    }.get(count % 4, Affine.identity())


def rotation(degrees: float, width: int, height: int) -> Affine:
    """A clockwise turn about the picture's centre."""
    angle = radians(degrees)
    return _about_centre(Affine(cos(angle), -sin(angle), 0, sin(angle), cos(angle), 0), width, height)


def shear(across: float, down: float, width: int, height: int) -> Affine:
    """Slants the columns by `across` degrees, then the rows by `down` degrees, about the picture's centre. One after
    the other: both at once would be flat at 45°."""
    columns, rows = Affine(1, tan(radians(across)), 0, 0, 1, 0), Affine(1, 0, 0, tan(radians(down)), 1, 0)
    return _about_centre(columns.then(rows), width, height)


def zoom(share: float, left: float, top: float, width: int, height: int) -> Affine:
    """Cuts `share` off either side, `left` and `top` (0..1) of it there, and enlarges the rest to the picture."""
    cut = Affine.translation(-share * left * width, -share * top * height)
    return cut.then(Affine.scaling(1 / (1 - share), 1 / (1 - share)))


def augmentation(draw: Draw, width: int, height: int) -> Affine:
    """What the steps of `draw` do to a point of a `width` × `height` picture."""
    steps = Affine.identity()
    if draw.flip_horizontal:
        steps = steps.then(Affine(-1, 0, width, 0, 1, 0))
    if draw.flip_vertical:
        steps = steps.then(Affine(1, 0, 0, 0, -1, height))
    steps = steps.then(quarter_turns(draw.quarter_turns, width, height))
    if draw.quarter_turns % 2:
        width, height = height, width
    if draw.degrees:
        steps = steps.then(rotation(draw.degrees, width, height))
    if draw.shear_x or draw.shear_y:
        steps = steps.then(shear(draw.shear_x, draw.shear_y, width, height))
    return steps.then(zoom(draw.crop, draw.crop_x, draw.crop_y, width, height)) if draw.crop else steps


def clipped_polygon(points: tuple[Point, ...], width: float, height: float) -> tuple[Point, ...]:
    """The part of a polygon inside a `width` × `height` picture; empty when there is none.

    Sutherland and Hodgman, "Reentrant polygon clipping" (1974): one half-plane after the other. Where a concave
    polygon falls apart, the parts stay joined along the border, which changes no area; where such a joint leads to
    nothing that is left, it goes, since it would make the bounding box too large.
    """
    for axis, limit, sign in ((0, 0.0, 1.0), (0, float(width), -1.0), (1, 0.0, 1.0), (1, float(height), -1.0)):
        points = _clipped_once(points, axis, limit, sign)
    return _without_spikes(points)


def polygon_area(points: tuple[Point, ...]) -> float:
    """By the shoelace formula; square pixels."""
    following = points[1:] + points[:1]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(points, following, strict=True))) / 2


def _about_centre(move: Affine, width: int, height: int) -> Affine:
    centre_x, centre_y = width / 2, height / 2
    return Affine.translation(-centre_x, -centre_y).then(move).then(Affine.translation(centre_x, centre_y))


def _clipped_once(points: tuple[Point, ...], axis: int, limit: float, sign: float) -> tuple[Point, ...]:
    kept: list[Point] = []
    for index, current in enumerate(points):
        previous = points[index - 1]
        now, before = sign * (current[axis] - limit), sign * (previous[axis] - limit)
        if (now >= 0) != (before >= 0):
            across = 1 - axis
            along = previous[across] + before / (before - now) * (current[across] - previous[across])
            kept.append((along, limit) if axis else (limit, along))
        if now >= 0:
            kept.append(current)
    return tuple(kept)


def _without_spikes(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The polygon without the points at which a side parallel to an axis turns back on itself."""
    kept: list[Point] = []
    for point in points:
        while len(kept) > 1 and _turns_back(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    first, last = 0, len(kept) - 1
    while last - first > 1:
        if _turns_back(kept[last - 1], kept[last], kept[first]):
            last -= 1
        elif _turns_back(kept[last], kept[first], kept[first + 1]):
            first += 1
        else:
            break
    return tuple(kept[first : last + 1])


def _turns_back(before: Point, point: Point, after: Point) -> bool:
    """Whether the point is no corner, but where the way goes back on the same horizontal or vertical line."""
    return any(
        before[axis] == point[axis] == after[axis]
        and (point[1 - axis] - before[1 - axis]) * (after[1 - axis] - point[1 - axis]) <= 0
        for axis in (0, 1)
    )
