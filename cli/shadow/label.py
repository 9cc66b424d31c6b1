"""An object in a picture, the same for both sides of the comparison, and the lines of YOLO that are read into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

_DECIMALS = 6
_SLACK = 0.01
"""What tools that round let a share lie beyond the picture's edge."""


class LabelLineError(Exception):
    """The line is no object: a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Label:
    """A box inside the picture: its centre and size as shares of the picture's sides, to six decimals as YOLO files
    have them. `outline` tells that a polygon was drawn, around which the box lies."""

    class_name: str
    x: float
    y: float
    width: float
    height: float
    outline: bool = False

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2

    def __str__(self) -> str:
        return f"{self.class_name} {self.x:.6f} {self.y:.6f} {self.width:.6f} {self.height:.6f}"


def clipped_label(class_name: str, left: float, top: float, right: float, bottom: float, outline: bool) -> Label | None:
    """The label of what lies inside the picture, of edges in shares of its sides; None when that has no area, or a
    number is not finite."""
    if not all(isfinite(edge) for edge in (left, top, right, bottom)):
        return None
    left, right = max(0.0, left), min(1.0, right)
    top, bottom = max(0.0, top), min(1.0, bottom)
    width, height = round(right - left, _DECIMALS), round(bottom - top, _DECIMALS)
    if width <= 0 or height <= 0:
        return None
    centre = round((left + right) / 2, _DECIMALS), round((top + bottom) / 2, _DECIMALS)
    return Label(class_name, *centre, width, height, outline)


def unlike(labels: Iterable[Label]) -> list[Label]:
    """The labels, each once: training takes a line that repeats another for one object."""
    return list(dict.fromkeys(labels))


def label_of_line(line: str, names: Mapping[int, str]) -> Label:
    """Of a class's number and a box, of those with a confidence, or of a class's number and a polygon. Raises
    LabelLineError."""
    words = line.split()
    if len(words) not in (5, 6) and (len(words) < 7 or len(words) % 2 == 0):
        raise LabelLineError(f"It has {len(words)} numbers; a box has 5 or 6, a polygon an odd count from 7.")
    try:
        index, *values = [float(word) for word in words]
    except ValueError as error:
        raise LabelLineError("It has something in it that is no number.") from error
    if not all(isfinite(value) for value in (index, *values)):
        raise LabelLineError("It has a number in it that is not finite.")
    name = names.get(int(index)) if index.is_integer() else None
    if name is None:
        raise LabelLineError(f"Its class {words[0]} is not among the {len(names)} that data.yaml names.")
    shares = values if len(words) > 6 else values[:4]
    if not all(-_SLACK <= value <= 1 + _SLACK for value in shares):
        raise LabelLineError("It lies beyond the picture: its numbers are to be shares, 0 to 1.")
    label = _outlined(name, shares) if len(words) > 6 else _boxed(name, shares)
    if label is None:
        raise LabelLineError("It has no area inside the picture.")
    return label


def _boxed(name: str, values: Sequence[float]) -> Label | None:
    x, y, width, height = values
    return clipped_label(name, x - width / 2, y - height / 2, x + width / 2, y + height / 2, False)


def _outlined(name: str, values: Sequence[float]) -> Label | None:
    """The four corners of a box are a box: files of outlines have such lines where nobody drew an outline."""
    xs, ys = values[::2], values[1::2]
    corners = len(xs) == 4 and len(set(zip(xs, ys, strict=True))) == 4 and len(set(xs)) == 2 and len(set(ys)) == 2
    return clipped_label(name, min(xs), min(ys), max(xs), max(ys), not corners)
