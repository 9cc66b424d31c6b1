"""GeoJSON geometries (RFC 7946), taken strictly: what is stored here ends in manifests and map files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.errors import invalid

MAX_POSITIONS = 10_000
MAX_NUMBER = 1e9
_NESTING = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How many lists lie around a position."""
_COLLECTION = "GeometryCollection"
_MIN_LINE, _MIN_RING = 2, 4


class _FaultError(Exception):
    """Why something is no geometry, as a sentence."""


def check_geometry(geometry: object, *field: str) -> None:
    """Raises INVALID, and says what is wrong, for anything but a geometry of RFC 7946: positions are [longitude,
    latitude] in degrees, or with a third number, the height in metres."""
    try:
        _check(geometry)
    except _FaultError as fault:
        raise invalid(str(fault), *field) from fault


def is_geometry(geometry: object) -> bool:
    """Whether `check_geometry` takes it; rows from before versioning hold other things."""
    try:
        _check(geometry)
    except _FaultError:
        return False
    return True


def _check(geometry: object) -> None:
    if isinstance(geometry, dict) and geometry.get("type") == _COLLECTION:
        _check_members(geometry, "geometries")
        inner = _filled_list(geometry["geometries"], "The geometries of a GeometryCollection")
        count = sum(_count_positions(one) for one in inner)
    else:
        count = _count_positions(geometry)
    if count > MAX_POSITIONS:
        raise _FaultError(f"The geometry has {count} positions; at most {MAX_POSITIONS} are taken.")


def _count_positions(geometry: object) -> int:
    """The number of positions of a geometry that is no collection, all of it checked."""
    if not isinstance(geometry, dict):
        raise _FaultError('A GeoJSON geometry is an object, as {"type": "Point", "coordinates": [151.2, -33.9]}.')
    kind = geometry.get("type")
    if kind in ("Feature", "FeatureCollection"):
        raise _FaultError(f"This is a {kind}; send the geometry alone.")
    if kind == _COLLECTION:
        raise _FaultError("A GeometryCollection holds no other GeometryCollection.")
    if not isinstance(kind, str) or kind not in _NESTING:
        raise _FaultError(f"The type of a geometry is one of {', '.join(_NESTING)} and {_COLLECTION}.")
    _check_members(geometry, "coordinates")
    coordinates = geometry["coordinates"]
    count = _count_nested(coordinates, _NESTING[kind], kind)
    for line in {"LineString": [coordinates], "MultiLineString": coordinates}.get(kind, ()):
        if len(line) < _MIN_LINE:
            raise _FaultError(f"A line of a {kind} has at least {_MIN_LINE} positions.")
    for ring in _rings(kind, coordinates):
        if len(ring) < _MIN_RING or ring[0] != ring[-1]:
            raise _FaultError(f"A ring of a {kind} has at least {_MIN_RING} positions, and the last equals the first.")
    return count


def _check_members(geometry: dict[Any, Any], content: str) -> None:
    if content not in geometry:
        raise _FaultError(f"The geometry lacks its {content}.")
    if geometry.keys() - {"type", "bbox", content}:
        raise _FaultError(f"A geometry has the members type and {content}, perhaps bbox, and no others.")
    bbox = geometry.get("bbox", [0] * 4)
    if not isinstance(bbox, list) or len(bbox) not in (4, 6) or not all(_is_number(one) for one in bbox):
        raise _FaultError("A bbox has 4 or 6 numbers.")
    if not all(-MAX_NUMBER <= one <= MAX_NUMBER for one in bbox):
        raise _FaultError("The numbers of a bbox are finite.")


def _count_nested(value: object, nesting: int, kind: str) -> int:
    if nesting == 0:
        _check_position(value)
        return 1
    return sum(_count_nested(one, nesting - 1, kind) for one in _filled_list(value, f"The coordinates of a {kind}"))


def _filled_list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _FaultError(f"{what} are lists that are not empty.")
    return value


def _check_position(position: object) -> None:
    if not isinstance(position, list) or len(position) not in (2, 3) or not all(_is_number(one) for one in position):
        raise _FaultError("A position is [longitude, latitude] or [longitude, latitude, height], in numbers.")
    longitude, latitude, height = (*position, 0)[:3]
    # Compared, not computed with: NaN fails every comparison, and no integer is too large for one.
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise _FaultError(
            "A position is [longitude, latitude] in degrees: a longitude lies within ±180, a latitude within ±90."
        )
    if not -MAX_NUMBER <= height <= MAX_NUMBER:
        raise _FaultError("The height of a position is a finite number of metres.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rings(kind: str, coordinates: Any) -> Sequence[Any]:
    if kind == "Polygon":
        rings: list[Any] = coordinates
        return rings
    return [ring for polygon in coordinates for ring in polygon] if kind == "MultiPolygon" else ()
