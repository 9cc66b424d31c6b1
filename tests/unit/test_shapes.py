"""Boxes, polygons, names and confidences: what is taken, how it is kept, and what is refused."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.models.asset import Asset
from domain.models.geometry import Box, Point, bounding_box
from domain.shapes import (
    MAX_POINTS,
    check_confidence,
    checked_box,
    checked_class_name,
    checked_polygon,
    checked_shape,
)

IMAGE = Asset(
    id="asset",
    project_id="project",
    upload_batch_id=None,
    filename="DJI_0001.JPG",
    s3_key="key",
    sha256=None,
    size_bytes=None,
    content_type=None,
    width=640,
    height=480,
    orientation=1,
    gps_latitude=None,
    gps_longitude=None,
    captured_at=None,
    imported_split=None,
    created_at=datetime(2026, 5, 1, tzinfo=UTC),
)
UNMEASURED = replace(IMAGE, width=None, height=None)
BOW_TIE = ((10.0, 10.0), (50.0, 50.0), (50.0, 10.0), (10.0, 50.0))


def polygon_refusal(polygon: tuple[Point, ...], image: Asset = IMAGE) -> str:
    with pytest.raises(DomainError) as refused:
        checked_polygon(polygon, image, "input", "polygon")
    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("input", "polygon"))
    assert image.filename in refused.value.message
    return refused.value.message


def test_a_box_is_kept_as_drawn_or_clipped_to_its_image() -> None:
    assert checked_box(Box(1, 2, 3, 4), IMAGE, "box") == Box(1, 2, 3, 4)
    assert checked_box(Box(-5, 470, 20, 50), IMAGE, "box") == Box(0, 470, 15, 10)
    assert checked_box(Box(-10, -10, 1000, 1000), IMAGE, "box") == Box(0, 0, 640, 480)
    assert checked_box(Box(-10, -10, 1000, 1000), UNMEASURED, "box") == Box(-10, -10, 1000, 1000)


@pytest.mark.parametrize("axis", range(4))
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_box_of_no_numbers_is_refused(axis: int, number: float) -> None:
    numbers = [1.0, 2.0, 3.0, 4.0]
    numbers[axis] = number
    with pytest.raises(DomainError, match=r"finite.*|above 0"):
        checked_box(Box(*numbers), IMAGE, "box")


def test_a_polygon_is_kept_as_drawn_with_its_points_moved_into_the_image() -> None:
    triangle = ((10.0, 10.0), (50.0, 10.0), (50.0, 50.0))
    assert checked_polygon(triangle, IMAGE, "polygon") == triangle
    assert checked_polygon(BOW_TIE, IMAGE, "polygon") == BOW_TIE
    reaching_out = ((-20.0, 10.0), (700.0, 10.0), (50.0, 500.0))
    assert checked_polygon(reaching_out, IMAGE, "polygon") == ((0, 10), (640, 10), (50, 480))
    assert checked_polygon(reaching_out, UNMEASURED, "polygon") == reaching_out


def test_a_polygon_that_encloses_nothing_of_its_image_is_refused() -> None:
    assert "one line" in polygon_refusal(((1, 1), (5, 1), (9, 1)))
    assert "one line" in polygon_refusal(((1, 1), (5, 5), (9, 9), (7, 7)))
    assert "one line" in polygon_refusal(((4, 4), (4, 4), (4, 4)))
    assert "one line" in polygon_refusal(((1, 1), (5, 1), (9, 1)), UNMEASURED)
    assert "640×480" in polygon_refusal(((700, 1), (800, 1), (800, 90)))
    # Its bounding box reaches into the image, and it does not.
    assert "640×480" in polygon_refusal(((-10, 5), (5, -10), (-10, -10)))


def test_polygons_have_three_to_ten_thousand_points() -> None:
    circle = tuple(
        (320 + 100 * math.cos(i * math.tau / MAX_POINTS), 240 + 100 * math.sin(i * math.tau / MAX_POINTS))
        for i in range(MAX_POINTS)
    )
    assert checked_polygon(circle, IMAGE, "polygon") == circle
    for polygon in ((), circle[:1], circle[:2], (*circle, (1.0, 1.0))):
        assert f"has {len(polygon)} points" in polygon_refusal(polygon)


def test_a_box_that_is_left_out_is_drawn_around_the_polygon() -> None:
    assert checked_shape(None, BOW_TIE, IMAGE, ("input",)) == (Box(10, 10, 40, 40), BOW_TIE)
    assert checked_shape(Box(1, 2, 3, 4), BOW_TIE, IMAGE, ("input",)) == (Box(1, 2, 3, 4), BOW_TIE)
    assert checked_shape(Box(1, 2, 3, 4), None, IMAGE, ("input",)) == (Box(1, 2, 3, 4), None)
    with pytest.raises(DomainError) as refused:
        checked_shape(None, None, IMAGE, ("input", "annotations", "3"))
    assert refused.value.field == ("input", "annotations", "3", "box")


@pytest.mark.parametrize("name", ["wattle", "Ñandú 🌱", "松", "=SUM(A1)", "'quoted'", "a" * 191, "‮gnp"])
def test_names_of_every_script_are_taken(name: str) -> None:
    assert checked_class_name(f"  {name} ", "weedType") == name


@pytest.mark.parametrize("name", ["", "  ", "\n", "w" * 192, "two\nlines", "a\tb", "nul\x00", "\ud800", "bell\x07"])
def test_names_that_no_label_file_holds_are_refused(name: str) -> None:
    with pytest.raises(DomainError) as refused:
        checked_class_name(name, "weedType")
    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("weedType",))


def test_confidences_lie_between_nought_and_one() -> None:
    for fine in (None, 0, 0.5, 1):
        check_confidence(fine, "confidence")
    for bad in (-0.1, 1.000001, math.nan, math.inf):
        with pytest.raises(DomainError):
            check_confidence(bad, "confidence")


numbers = st.floats(width=64) | st.integers(-700, 700).map(float)


@given(st.builds(Box, numbers, numbers, numbers, numbers))
def test_whatever_box_is_taken_lies_in_its_image_and_has_an_area(box: Box) -> None:
    with suppress(DomainError):
        kept = checked_box(box, IMAGE, "box")
        assert kept.finite
        assert kept.area > 0
        assert kept.x >= 0
        assert kept.y >= 0
        assert kept.right <= 640
        assert kept.bottom <= 480


@given(st.lists(st.tuples(numbers, numbers), max_size=12).map(tuple))
def test_whatever_polygon_is_taken_lies_in_its_image_and_has_an_area(polygon: tuple[Point, ...]) -> None:
    with suppress(DomainError):
        kept = checked_polygon(polygon, IMAGE, "polygon")
        assert len(kept) == len(polygon)
        assert all(0 <= x <= 640 and 0 <= y <= 480 for x, y in kept)
        assert bounding_box(kept).area > 0
