"""Tiles cover the image, keep what they show, and what is found on them comes back once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.models.config import Tile
from domain.models.detection import Detection
from domain.models.geometry import Box
from domain.tiling import TileDetections, Window, box_in_window, merge_detections, tile_windows


@settings(max_examples=150, deadline=None)
@given(
    width=st.integers(16, 400),
    height=st.integers(16, 400),
    rows=st.integers(1, 16),
    columns=st.integers(1, 16),
    overlap=st.floats(0, 0.9),
)
def test_tiles_cover_the_image_and_nothing_else(
    width: int, height: int, rows: int, columns: int, overlap: float
) -> None:
    windows = tile_windows(width, height, Tile(rows, columns, overlap))
    assert len(windows) == rows * columns
    seen = np.zeros((height, width), int)
    for window in windows:
        assert window.width > 0
        assert window.height > 0
        seen[window.y : window.bottom, window.x : window.right] += 1
    assert max(w.right for w in windows) == width
    assert max(w.bottom for w in windows) == height
    assert seen.min() >= 1
    if overlap == 0:
        assert seen.max() == 1


def test_rows_come_before_columns() -> None:
    windows = tile_windows(100, 60, Tile(2, 2))
    assert [(w.row, w.column, w.x, w.y) for w in windows] == [
        (0, 0, 0, 0),
        (0, 1, 50, 0),
        (1, 0, 0, 30),
        (1, 1, 50, 30),
    ]


def test_overlap_is_the_share_of_a_tile_s_side() -> None:
    left, right = tile_windows(180, 10, Tile(1, 2, overlap=0.2))
    assert left.width == right.width == 100
    assert left.right - right.x == 20


def test_an_image_smaller_than_the_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="3 pixels cannot be cut into 4 tiles"):
        tile_windows(3, 100, Tile(1, 4))


WINDOW = Window(0, 1, x=100, y=0, width=100, height=100)


def test_a_box_is_clipped_and_shifted() -> None:
    assert box_in_window(Box(90, 20, 40, 10), WINDOW, 0.3) == Box(0, 20, 30, 10)


@pytest.mark.parametrize(("left", "kept"), [(69.9, False), (70, True), (100, True), (170, True), (171, False)])
def test_min_visible_is_a_share_of_the_box(left: float, kept: bool) -> None:
    # 100 px wide: at 70 the window shows 70 of them, at 170 30. The threshold is 0.3 at the right, 0.7 at the left.
    threshold = 0.7 if left < 100 else 0.3
    assert (box_in_window(Box(left, 0, 100, 50), WINDOW, threshold) is not None) is kept


@pytest.mark.parametrize(
    "box", [Box(math.nan, 0, 5, 5), Box(110, 5, math.inf, 5), Box(110, 5, 0, 5), Box(110, 5, 5, -3), Box(0, 0, 50, 50)]
)
def test_what_is_not_finite_or_has_no_area_inside_is_dropped(box: Box) -> None:
    assert box_in_window(box, WINDOW, 0.0) is None


def _tiles(*found: tuple[Detection, ...]) -> list[TileDetections]:
    windows = tile_windows(180, 100, Tile(1, 2, overlap=0.2))  # 0..100 and 80..180
    return [TileDetections(window, detections) for window, detections in zip(windows, found, strict=True)]


def _merged(*found: tuple[Detection, ...]) -> tuple[Detection, ...]:
    return merge_detections(_tiles(*found), 180, 100)


def test_the_surer_double_stays() -> None:
    sure, unsure = Detection("pine", 0.9, Box(84, 10, 10, 10)), Detection("pine", 0.6, Box(85, 10, 10, 10))
    assert _merged((unsure,), (sure,)) == (sure,)


def test_a_whole_box_beats_the_part_that_a_seam_left() -> None:
    part = Detection("pine", 0.9, Box(90, 10, 10, 10))
    whole = Detection("pine", 0.5, Box(90, 10, 30, 10))
    assert _merged((part,), (whole,)) == (whole,)


def test_the_rough_box_of_a_part_is_the_whole_box_s_too() -> None:
    # Of an object from 70 to 90 the right tile shows what lies beyond 80, and the model takes it to reach 96.
    whole, part = Detection("pine", 0.5, Box(70, 10, 20, 20)), Detection("pine", 0.9, Box(80, 10, 16, 18))
    assert _merged((whole,), (part,)) == (whole,)
    # Of that one it takes the half that it sees for an object more than twice as large.
    assert _merged((whole,), (Detection("pine", 0.9, Box(80, 10, 20, 24)),)) == (whole,)
    # A neighbour beyond the seam is none of it.
    neighbour = Detection("pine", 0.9, Box(88, 10, 20, 20))
    assert _merged((whole,), (neighbour,)) == (neighbour, whole)


def test_classes_do_not_suppress_one_another() -> None:
    pine, wattle = Detection("pine", 0.9, Box(85, 10, 10, 10)), Detection("wattle", 0.8, Box(85, 10, 10, 10))
    assert _merged((pine,), (wattle,)) == (pine, wattle)


def test_one_tile_s_own_boxes_are_left_alone() -> None:
    large, small = Detection("pine", 0.9, Box(10, 10, 50, 50)), Detection("pine", 0.8, Box(20, 20, 10, 10))
    assert _merged((small, large), ()) == (large, small)


def test_what_no_other_tile_saw_stays_best_first() -> None:
    part, whole = Detection("pine", 0.95, Box(95, 60, 5, 5)), Detection("pine", 0.4, Box(150, 10, 20, 20))
    assert _merged((part,), (whole,)) == (part, whole)


def test_many_boxes_in_a_row() -> None:
    doubles = tuple(Detection("pine", 0.5 + i / 1000, Box(82 + i / 10, 10 * (i % 9), 8, 8)) for i in range(90))
    merged = _merged(doubles, doubles)
    assert len(merged) == len(doubles)
    assert [d.confidence for d in merged] == sorted((d.confidence for d in doubles), reverse=True)
