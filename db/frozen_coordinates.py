"""Coordinates on their way from a column into a manifest, without an object for each of them."""

from __future__ import annotations

from math import isfinite
from typing import Any

import orjson

from db.annotations import read_coordinates

Coordinates = tuple[list[float], list[list[float]] | None]
"""A box as x, y, width and height, and a polygon's points as pairs; pixels of the upright image."""


def frozen_coordinates(text: str) -> Coordinates:
    """Reads a `coordinates` column. Raises ValueError for what is no box or polygon of finite numbers."""
    box, polygon = _read(orjson.loads(text))
    if not all(map(isfinite, box)) or (polygon and not all(isfinite(x) and isfinite(y) for x, y in polygon)):
        raise ValueError("coordinates that are not finite")
    return box, polygon


def _read(value: Any) -> Coordinates:
    try:
        box, polygon = value["box"], value["polygon"]
        corner = [float(box["x"]), float(box["y"]), float(box["width"]), float(box["height"])]
        return corner, [[float(x), float(y)] for x, y in polygon] if polygon else None
    except (KeyError, TypeError, ValueError):
        return _any_form(value)


def _any_form(value: object) -> Coordinates:
    """As rows from before versioning may have them."""
    try:
        where, points = read_coordinates(value)
        box = [float(where.x), float(where.y), float(where.width), float(where.height)]
    except (AttributeError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"no coordinates: {type(error).__name__}") from error
    return box, [list(point) for point in points] if points else None
