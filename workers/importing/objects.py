"""What a file says of one object, checked value by value."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from domain.models.geometry import Box, Point
from domain.shapes import MAX_CLASS_NAME, MAX_POINTS
from workers.importing.malformed import printable

MAX_CLASSES = 10_000
MAX_IMAGE_NAME = 300
MAX_SIDE = 1_000_000
_FURTHEST = 1e9


class BadObjectError(ValueError):
    """The object, or the image, cannot be taken; the message is a sentence for the person who imports."""


def number(value: Any, what: str) -> float:
    """A JSON number that is finite. `what` begins the sentence."""
    if type(value) is not int and type(value) is not float:
        raise BadObjectError(f"{what} is no number.")
    if not -_FURTHEST <= value <= _FURTHEST:
        raise BadObjectError(f"{what} is not finite, or beyond any image.")
    return float(value)


def number_of_text(text: str, what: str) -> float:
    """A finite number written out."""
    try:
        value = float(text)
    except ValueError as error:
        raise BadObjectError(f"{what} is “{printable(text)}”, and no number.") from error
    return number(value, what)


def class_name(value: Any) -> str:
    """1 to 191 characters without space around them."""
    return _text(value, "Its class name", MAX_CLASS_NAME)


def image_name(value: Any) -> str:
    """1 to 300 characters."""
    return _text(value, "The image's name", MAX_IMAGE_NAME)


def _text(value: Any, what: str, longest: int) -> str:
    if not isinstance(value, str):
        raise BadObjectError(f"{what} is missing, or no text.")
    text = value.strip()
    if not 1 <= len(text) <= longest:
        raise BadObjectError(f"{what} does not have 1 to {longest} characters.")
    if not text.isprintable() and any(unicodedata.category(one) in ("Cc", "Cs") for one in text):
        raise BadObjectError(f"{what} has control characters.")
    return text


def side(value: Any) -> int | None:
    """A width or height of an image in whole pixels; None where the file has none that makes sense."""
    if isinstance(value, str):
        value = int(value) if value.strip().isdecimal() and len(value) < 10 else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 1 <= value <= MAX_SIDE else None


def confidence(value: float | None) -> float | None:
    """0 to 1, where there is one."""
    if value is not None and not 0 <= value <= 1:
        raise BadObjectError(f"Its confidence is {value:g}, and not between 0 and 1.")
    return value


def box_of(x: float, y: float, width: float, height: float) -> Box:
    """`x`, `y` are the upper left corner."""
    if width <= 0 or height <= 0:
        raise BadObjectError("Its box has no area, or its corners are the wrong way round.")
    return Box(x, y, width, height)


def box_of_corners(left: float, top: float, right: float, bottom: float) -> Box:
    return box_of(left, top, right - left, bottom - top)


def box_of_centre(x: float, y: float, width: float, height: float) -> Box:
    return box_of(x - width / 2, y - height / 2, width, height)


def polygon_of(points: Sequence[Point]) -> tuple[Point, ...]:
    """3 to 10,000 points."""
    if len(points) < 3:
        raise BadObjectError(f"Its polygon has {len(points)} points; it takes 3.")
    if len(points) > MAX_POINTS:
        raise BadObjectError(f"Its polygon has more than {MAX_POINTS:,} points.")
    return tuple(points)


def pairs(values: Sequence[float], what: str) -> list[Point]:
    """x y x y … as points."""
    if len(values) % 2:
        raise BadObjectError(f"{what} has an odd count of numbers.")
    return list(zip(values[::2], values[1::2], strict=True))
