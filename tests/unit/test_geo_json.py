"""GeoJSON geometries: what RFC 7946 allows is taken, and anything else is named."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.geo_json import MAX_POSITIONS, check_geometry, is_geometry

RING = [[151.0, -33.0], [151.1, -33.0], [151.1, -33.1], [151.0, -33.0]]
GOOD: list[dict[str, Any]] = [
    {"type": "Point", "coordinates": [151.2, -33.9]},
    {"type": "Point", "coordinates": [-180, 90, 12.5]},
    {"type": "MultiPoint", "coordinates": [[0, 0], [1, 1]]},
    {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
    {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]], [[2, 2], [3, 3]]]},
    {"type": "Polygon", "coordinates": [RING]},
    {"type": "Polygon", "coordinates": [RING, list(reversed(RING))], "bbox": [151.0, -33.1, 151.1, -33.0]},
    {"type": "MultiPolygon", "coordinates": [[RING], [RING]]},
    {
        "type": "GeometryCollection",
        "geometries": [{"type": "Point", "coordinates": [0, 0]}, {"type": "Polygon", "coordinates": [RING]}],
    },
]


def fault(geometry: object) -> str:
    with pytest.raises(DomainError) as refused:
        check_geometry(geometry, "input", "geoCoordinates")
    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("input", "geoCoordinates"))
    assert not is_geometry(geometry)
    return refused.value.message


@pytest.mark.parametrize("geometry", GOOD, ids=lambda one: one["type"])
def test_the_seven_types_are_taken(geometry: dict[str, Any]) -> None:
    check_geometry(geometry, "geoCoordinates")
    assert is_geometry(geometry)


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (5, "is an object"),
        ("POINT (1 2)", "is an object"),
        ([151.2, -33.9], "is an object"),
        ([[1, 2], [30, 2], [30, 40]], "is an object"),
        ({}, "type of a geometry"),
        ({"type": "Circle", "coordinates": [0, 0]}, "type of a geometry"),
        ({"type": "point", "coordinates": [0, 0]}, "type of a geometry"),
        ({"type": ["Point"], "coordinates": [0, 0]}, "type of a geometry"),
        ({"type": "Feature", "geometry": GOOD[0], "properties": {}}, "Feature; send the geometry"),
        ({"type": "FeatureCollection", "features": []}, "FeatureCollection; send the geometry"),
        ({"type": "Point"}, "lacks its coordinates"),
        ({"type": "GeometryCollection"}, "lacks its geometries"),
        ({**GOOD[0], "crs": {"type": "name"}}, "and no others"),
        ({**GOOD[0], "bbox": [1, 2, 3]}, "bbox"),
        ({**GOOD[0], "bbox": [1, 2, 3, math.inf]}, "bbox"),
        ({"type": "Point", "coordinates": []}, "position"),
        ({"type": "Point", "coordinates": [1]}, "position"),
        ({"type": "Point", "coordinates": [1, 2, 3, 4]}, "position"),
        ({"type": "Point", "coordinates": ["1", "2"]}, "in numbers"),
        ({"type": "Point", "coordinates": [True, False]}, "in numbers"),
        ({"type": "Point", "coordinates": [[1, 2]]}, "in numbers"),
        ({"type": "Point", "coordinates": None}, "position"),
        ({"type": "MultiPoint", "coordinates": []}, "not empty"),
        ({"type": "MultiPoint", "coordinates": [1, 2]}, "position"),
        ({"type": "LineString", "coordinates": [[0, 0]]}, "at least 2"),
        ({"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]], [[2, 2]]]}, "at least 2"),
        ({"type": "Polygon", "coordinates": RING}, "not empty|position"),
        ({"type": "Polygon", "coordinates": [RING[:3]]}, "at least 4"),
        ({"type": "Polygon", "coordinates": [[*RING[:3], [0, 0]]]}, "last equals the first"),
        ({"type": "MultiPolygon", "coordinates": [[RING], [RING[:2]]]}, "at least 4"),
        ({"type": "GeometryCollection", "geometries": []}, "not empty"),
        ({"type": "GeometryCollection", "geometries": [GOOD[8]]}, "no other GeometryCollection"),
        ({"type": "GeometryCollection", "geometries": [None]}, "is an object"),
    ],
)
def test_what_is_no_geometry_is_named(geometry: object, words: str) -> None:
    message = fault(geometry)
    assert any(word in message for word in words.split("|")), message


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 180.0001, -180.0001, 10**400])
def test_degrees_have_bounds(number: float) -> None:
    assert "±180" in fault({"type": "Point", "coordinates": [number, 0]})
    assert "±90" in fault({"type": "Point", "coordinates": [0, number / 2 if abs(number) < 181 else number]})


@pytest.mark.parametrize("height", [math.nan, math.inf, -math.inf, 10**400])
def test_heights_are_finite(height: float) -> None:
    assert "height" in fault({"type": "Point", "coordinates": [0, 0, height]})


def test_ten_thousand_positions_fit_however_they_are_spread() -> None:
    points = {"type": "MultiPoint", "coordinates": [[0, 0]] * MAX_POSITIONS}
    assert is_geometry(points)
    assert str(MAX_POSITIONS) in fault({"type": "MultiPoint", "coordinates": [[0, 0]] * (MAX_POSITIONS + 1)})
    assert str(MAX_POSITIONS) in fault({"type": "GeometryCollection", "geometries": [points, GOOD[0]]})


def test_no_depth_of_nesting_is_followed() -> None:
    deep: Any = [0, 0]
    for _ in range(100_000):
        deep = [deep]
    for kind in ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"):
        fault({"type": kind, "coordinates": deep})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "coordinates", "geometries", "bbox"]), inner, max_size=3)
    ),
    max_leaves=20,
)
kinds = st.sampled_from(["Point", "MultiPoint", "LineString", "Polygon", "MultiPolygon", "GeometryCollection"])


@given(json_values | st.fixed_dictionaries({"type": kinds, "coordinates": json_values}))
def test_any_json_is_taken_or_refused_and_what_is_taken_can_be_written(value: object) -> None:
    with suppress(DomainError):
        check_geometry(value, "geoCoordinates")
        json.dumps(value, allow_nan=False).encode()
