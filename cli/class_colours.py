"""A colour for each class, told apart from each other and from what fields look like from above."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable

Colour = tuple[int, int, int]
"""Red, green and blue, 0..255."""

_CHOSEN: tuple[Colour, ...] = (
    (255, 64, 64),
    (0, 200, 255),
    (255, 214, 10),
    (226, 92, 255),
    (255, 130, 0),
    (94, 124, 255),
    (255, 72, 160),
    (20, 235, 190),
)
_GOLDEN_TURN = 0.618034
"""Hues that each go on by this share of a turn stay as far from each other as they can (Vogel 1979)."""


def class_colours(names: Iterable[str]) -> dict[str, Colour]:
    """The colours in the order of the names, however many there are."""
    return {name: _CHOSEN[at] if at < len(_CHOSEN) else _further(at) for at, name in enumerate(names)}


def _further(at: int) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(at * _GOLDEN_TURN % 1, 0.55, 1)
    return round(red * 255), round(green * 255), round(blue * 255)
