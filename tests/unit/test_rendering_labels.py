"""What a picture must show of an object, and what becomes of its box and outline where it is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.models.config import Preprocessing, Resize, ResizeMode, Tile, VersionConfig
from domain.models.geometry import Box, Point
from domain.tiling import Window
from marked_images import marked_image
from rendering.fitting import fit
from rendering.geometry import Affine, polygon_area
from rendering.labels import Label, in_window, moved, uncovered
from rendering.order import order_of

TILE = Window(0, 0, 100, 0, 100, 100)


def label(box: Box, polygon: tuple[Point, ...] | None = None) -> Label:
    return Label(0, "pine", box, polygon)


@pytest.mark.parametrize(("inside", "kept"), [(2.9, False), (3.0, True), (3.1, True)])
@pytest.mark.parametrize("offset", [0.0, 0.1, 0.7, 1 / 3])
def test_a_tile_keeps_an_object_from_the_share_on_that_is_asked(inside: float, kept: bool, offset: float) -> None:
    box = Box(100 + inside - 10, 20 + offset, 10, 10)
    cut = in_window(label(box), TILE, 0.3)
    assert (cut is not None) is kept
    if cut:
        assert cut.box.x == 0
        assert cut.box.right == pytest.approx(inside)
        assert cut.box.y == pytest.approx(20 + offset)


def test_of_an_outline_the_outline_is_measured_not_its_box() -> None:
    # A thin diagonal: of its box a quarter is in the tile, of itself nothing.
    beside = ((60.0, 60.0), (70.0, 50.0), (150.0, 130.0), (140.0, 140.0))
    assert in_window(label(Box(60, 50, 90, 90), beside), Window(0, 0, 100, 0, 60, 60), 0.0) is None
    # And one of which the larger half is in.
    through = ((80.0, 10.0), (90.0, 0.0), (150.0, 60.0), (140.0, 70.0))
    cut = in_window(label(Box(80, 0, 70, 70), through), TILE, 0.6)
    assert cut is not None
    assert cut.polygon is not None
    assert cut.box.x == 0
    assert cut.box.y == pytest.approx(10)
    assert cut.box.right == pytest.approx(50)
    assert polygon_area(cut.polygon) > 0.6 * polygon_area(through)


def test_what_lies_whole_in_a_tile_stays_as_it_was_drawn() -> None:
    outline = ((120.0, 20.0), (140.0, 30.0), (110.0, 40.0))
    cut = in_window(label(Box(105, 15, 50, 50), outline), TILE, 1.0)
    assert cut == label(Box(5, 15, 50, 50), ((20.0, 20.0), (40.0, 30.0), (10.0, 40.0)))


def test_an_outline_that_leaves_the_picture_is_cut_off_there_though_the_box_does_not() -> None:
    kept = moved(label(Box(10, 10, 20, 20), ((-10.0, 10.0), (30.0, 10.0), (30.0, 30.0))), Affine.identity(), 50, 50, 0)
    assert kept is not None
    assert kept.polygon is not None
    assert all(0 <= x <= 50 and 0 <= y <= 50 for x, y in kept.polygon)


def test_a_box_that_a_turn_cuts_gets_no_outline_of_its_own() -> None:
    turn = Affine(0.8, -0.6, 0, 0.6, 0.8, 0)
    kept = moved(label(Box(0, 0, 20, 20)), turn, 50, 50, 0.3)
    assert kept is not None
    assert kept.polygon is None


@pytest.mark.parametrize(
    ("covers", "open_share"),
    [
        ([], 1.0),
        ([(0, 0, 5, 10)], 0.5),
        ([(0, 0, 5, 10), (0, 0, 5, 10)], 0.5),  # one over the other
        ([(0, 0, 5, 10), (3, 0, 8, 10)], 0.2),
        ([(-5, -5, 20, 20)], 0.0),
        ([(50, 50, 60, 60)], 1.0),
        ([(2, 2, 4, 4), (6, 6, 8, 8)], 0.92),
    ],
)
def test_objects_under_black_boxes_go_when_too_little_is_left(
    covers: list[tuple[int, int, int, int]], open_share: float
) -> None:
    one = label(Box(0, 0, 10, 10))
    assert uncovered([one], covers, open_share) == (one,)
    if open_share < 1:
        assert uncovered([one], covers, open_share + 0.01) == ()


def test_a_box_at_the_border_stays_as_it_was_drawn_though_fractions_carry_it_beyond() -> None:
    loose = label(Box(249, 100, 300, 20), ((260.0, 105.0), (300.0, 105.0), (280.0, 110.0)))
    scale = fit(549, 600, Resize(640, 640)).points
    assert scale.box(loose.box).right > 640
    kept = moved(loose, scale, 640, 640, 0.3)
    assert kept is not None
    assert kept.box.right == pytest.approx(640)
    assert kept.box.width == pytest.approx(300 * 640 / 549)


def test_tile_and_centre_crop_are_one_cut(tmp_path: Path) -> None:
    # Of the object 60 % lie in the left one of two tiles of 120 × 160, of which the middle 120 × 120 are shown.
    box = Box(96, 10, 40, 40)
    image, _ = marked_image(tmp_path, [box])
    square = Resize(60, 60, ResizeMode.FILL_CENTER_CROP)
    # 24 × 30 of its 40 × 40 pixels are to be seen: 45 %.
    for share, kept in ((0.44, 1), (0.46, 0)):
        config = VersionConfig(Preprocessing(tile=Tile(1, 2, min_visible=share), resize=square))
        (_, _, left), _ = order_of(image, config).tile_labels()
        assert len(left) == kept
        if left:
            assert left[0].box == Box(48, 0, 12, 15)
