"""Cells of about a hundred metres, everywhere on Earth."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.gps_cells import CELL_METRES, EARTH_RADIUS_METRES, gps_cell

DEGREE = math.pi * EARTH_RADIUS_METRES / 180
latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along the great circle, by the haversine formula."""
    (lat, lon), (lat2, lon2) = (map(math.radians, point) for point in (one, other))
    half = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_METRES * math.asin(min(1, math.sqrt(half)))


def step(latitude: float, east: float) -> float:
    """Degrees of longitude that are so many metres."""
    return east / (DEGREE * math.cos(math.radians(latitude)))


@given(st.floats(-89.9, 89.9), longitudes, st.floats(-70, 70), st.floats(-70, 70))
def test_points_of_one_cell_are_near(latitude: float, longitude: float, north: float, east: float) -> None:
    other = (latitude + north / DEGREE, longitude + step(latitude, east))
    if gps_cell(*other) == gps_cell(latitude, longitude):
        assert metres((latitude, longitude), other) < 2 * CELL_METRES


@given(st.floats(-89.9, 89.9), longitudes, st.floats(0, 2 * math.pi))
def test_points_far_apart_never_share_a_cell(latitude: float, longitude: float, direction: float) -> None:
    north, east = 2 * CELL_METRES * math.sin(direction), 2 * CELL_METRES * math.cos(direction)
    other = (latitude + north / DEGREE, longitude + step(latitude, east))
    assume(metres((latitude, longitude), other) > 1.9 * CELL_METRES)
    assert gps_cell(*other) != gps_cell(latitude, longitude)


@given(st.floats(-89.9, 89.9), longitudes)
def test_around_a_point_lie_few_cells(latitude: float, longitude: float) -> None:
    near = {
        gps_cell(latitude + north / DEGREE, longitude + step(latitude, east))
        for north in (-25, 0, 25)
        for east in (-25, 0, 25)
    }
    assert len(near) <= 4, "a square half as wide as a cell touches four at most"


@given(latitudes, longitudes)
def test_every_place_has_a_cell_the_same_after_a_turn(latitude: float, longitude: float) -> None:
    cell = gps_cell(latitude, longitude)
    assert cell is not None
    if longitude == round(longitude, 6):  # a whole turn more loses digits
        assert gps_cell(latitude, longitude + 360) == cell


@given(latitudes)
def test_the_date_line_is_one_line(latitude: float) -> None:
    assert gps_cell(latitude, 180.0) == gps_cell(latitude, -180.0)
    assert gps_cell(latitude, 179.9999) == gps_cell(latitude, -180.0001)
    west, east = gps_cell(latitude, -179.9999), gps_cell(latitude, 179.9999)
    assert west != east, "an edge, never the middle of a cell"


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_a_pole_has_few_cells(pole: float) -> None:
    assert len({gps_cell(pole, longitude) for longitude in range(-180, 181)}) == 3


def test_without_a_position_there_is_no_cell() -> None:
    nowhere = [(None, None), (1.0, None), (None, 1.0), (90.1, 0.0), (math.nan, 0.0), (0.0, math.inf), (0.0, math.nan)]
    assert [gps_cell(*one) for one in nowhere] == [None] * len(nowhere)
    assert gps_cell(0.0, 0.0) is not None
