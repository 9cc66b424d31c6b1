"""Maps of points agree with what happens to pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from domain.augmentation import Draw
from domain.models.annotation import AnnotationSource
from domain.models.geometry import Box, bounding_box
from domain.models.manifest import FrozenAnnotation
from rendering.augmenting import augmented
from rendering.geometry import (
    Affine,
    augmentation,
    clipped_polygon,
    polygon_area,
    stored_size,
    stored_to_upright,
    upright_to_stored,
)
from rendering.labels import Label, label_of, moved
from rendering.pixels import upright_to_stored as pixels_to_stored

WIDTH, HEIGHT = 40, 24
BOX = Box(5, 3, 8, 4)


def _marked() -> np.ndarray:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[3:7, 5:13] = 255
    return pixels


def _box_of(pixels: np.ndarray) -> Box:
    rows, columns = np.nonzero(pixels[..., 0] > 127)
    return bounding_box(((columns.min(), rows.min()), (columns.max() + 1, rows.max() + 1)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_moves_boxes_as_it_moves_pixels(orientation: int) -> None:
    stored = pixels_to_stored(_marked(), orientation)
    assert stored_size(WIDTH, HEIGHT, orientation) == (stored.shape[1], stored.shape[0])
    moved_box = upright_to_stored(orientation, WIDTH, HEIGHT).box(BOX)
    assert moved_box == _box_of(stored)
    assert stored_to_upright(orientation, WIDTH, HEIGHT).box(moved_box) == BOX


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("horizontal", [False, True])
@pytest.mark.parametrize("vertical", [False, True])
def test_flips_and_quarter_turns_move_boxes_as_they_move_pixels(turns: int, horizontal: bool, vertical: bool) -> None:
    steps = Draw(horizontal, vertical, turns)
    assert augmentation(steps, WIDTH, HEIGHT).box(BOX) == _box_of(augmented(_marked(), steps))


@pytest.mark.parametrize("degrees", [-30.0, -7.5, 12.0, 45.0])
@pytest.mark.parametrize("turns", [0, 1])
def test_a_rotation_moves_boxes_as_it_moves_pixels(degrees: float, turns: int) -> None:
    steps = Draw(quarter_turns=turns, degrees=degrees)
    pixels = np.zeros((90, 120, 3), np.uint8)
    pixels[40:60, 30:70] = 255
    expected = augmentation(steps, 120, 90).box(Box(30, 40, 40, 20))
    found = _box_of(augmented(pixels, steps))
    for side in ("x", "y", "right", "bottom"):
        assert getattr(found, side) == pytest.approx(getattr(expected, side), abs=1.1)


def test_a_turned_polygon_gets_a_tighter_box_than_its_corners() -> None:
    diamond = ((50.0, 30.0), (70.0, 50.0), (50.0, 70.0), (30.0, 50.0))
    turn = augmentation(Draw(degrees=45), 100, 100)
    tight = moved(Label(0, "pine", Box(30, 30, 40, 40), diamond), turn, 100, 100, 0.3)
    loose = moved(Label(0, "pine", Box(30, 30, 40, 40), None), turn, 100, 100, 0.3)
    assert tight
    assert loose
    assert tight.box.width == pytest.approx(40 / math.sqrt(2))
    assert loose.box.width == pytest.approx(40 * math.sqrt(2))


def test_what_turns_out_of_the_picture_goes() -> None:
    turn = augmentation(Draw(degrees=45), 100, 100)
    assert moved(Label(0, "pine", Box(0, 0, 10, 10), None), turn, 100, 100, 0.3) is None


def test_a_polygon_is_clipped_on_each_side() -> None:
    inside = clipped_polygon(((-10.0, -10.0), (30.0, -10.0), (30.0, 30.0), (-10.0, 30.0)), 20, 10)
    assert polygon_area(inside) == 200
    assert clipped_polygon(((30.0, 30.0), (40.0, 30.0), (40.0, 40.0)), 20, 10) == ()


# It has its spine and one arm beside the picture, and the end of the other arm in it.
CLAMP = ((-20.0, -20.0), (50.0, -20.0), (50.0, -10.0), (-10.0, -10.0), (-10.0, 60.0), (50.0, 60.0), (50.0, 70.0),
         (-20.0, 70.0))  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("start", range(len(CLAMP)))
def test_of_a_hollow_outline_nothing_is_kept_but_what_is_inside(orientation: int, start: int) -> None:
    turn = upright_to_stored(orientation, 100, 100)
    outline = turn.points(CLAMP[start:] + CLAMP[:start])
    inside = clipped_polygon(outline, 100, 100)
    assert polygon_area(inside) == 500
    assert bounding_box(inside) == turn.box(Box(0, 60, 50, 10))


def test_maps_follow_one_another() -> None:
    both = Affine.scaling(2, 3).then(Affine.translation(5, 7))
    assert both.point((1, 1)) == (7, 10)


def _annotation(box: Box, polygon: tuple[tuple[float, float], ...] | None = None) -> FrozenAnnotation:
    return FrozenAnnotation("a", "pine", box, polygon, None, AnnotationSource.MANUAL, True)


def test_a_label_is_clipped_to_its_image() -> None:
    label = label_of(_annotation(Box(-5, -5, 15, 15)), 0, "pine", WIDTH, HEIGHT)
    assert label == Label(0, "pine", Box(0, 0, 10, 10), None)


@pytest.mark.parametrize("box", [Box(math.nan, 0, 1, 1), Box(50, 0, 5, 5), Box(1, 1, 0, 5), Box(1, 1, 5, -5)])
def test_a_label_without_area_is_none(box: Box) -> None:
    assert label_of(_annotation(box), 0, "pine", WIDTH, HEIGHT) is None


@pytest.mark.parametrize(
    "polygon", [(), ((1.0, 1.0),), ((1.0, 1.0), (9.0, 9.0)), ((math.inf, 0.0), (1.0, 1.0), (2.0, 0.0))]
)
def test_an_unsound_polygon_leaves_the_box(polygon: tuple[tuple[float, float], ...]) -> None:
    label = label_of(_annotation(BOX, polygon), 0, "pine", WIDTH, HEIGHT)
    assert label is not None
    assert label.polygon is None
