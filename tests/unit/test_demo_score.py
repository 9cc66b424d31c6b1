"""Which found boxes count as right, and what that makes of F1."""

import pytest

from cli.demo.box import Box
from cli.demo.score import Score, matches, score

PINE = Box("pine_sapling", 10, 10, 100, 100)


def test_boxes_apart_or_touching_share_nothing() -> None:
    assert PINE.iou(Box("pine_sapling", 200, 10, 100, 100)) == 0
    assert PINE.iou(Box("pine_sapling", 110, 10, 100, 100)) == 0


def test_iou_is_shared_area_over_joint_area() -> None:
    assert PINE.iou(PINE) == 1
    assert PINE.iou(Box("", 60, 10, 100, 100)) == pytest.approx(1 / 3)
    assert PINE.iou(Box("", 10, 10, 100, 50)) == pytest.approx(0.5)


def test_a_match_needs_an_iou_of_exactly_half_or_more() -> None:
    assert score([Box("pine_sapling", 10, 10, 100, 50)], [PINE]) == Score(right=1)
    assert score([Box("pine_sapling", 10, 10, 100, 49)], [PINE]) == Score(wrong=1, missed=1)


def test_the_right_place_with_the_wrong_label_is_wrong() -> None:
    assert score([Box("wattle", 10, 10, 100, 100)], [PINE]) == Score(wrong=1, missed=1)


def test_a_true_box_is_found_once_and_by_the_surest() -> None:
    sure, unsure = Box("pine_sapling", 12, 10, 100, 100, 0.9), Box("pine_sapling", 10, 10, 100, 100, 0.4)
    assert matches([unsure, sure], [PINE]) == [(sure, PINE)]
    assert score([unsure, sure], [PINE]) == Score(right=1, wrong=1)


def test_a_finding_takes_the_true_box_that_it_overlaps_best() -> None:
    near, far = Box("pine_sapling", 14, 10, 100, 100), Box("pine_sapling", 30, 10, 100, 100)
    found = Box("pine_sapling", 12, 10, 100, 100, 0.8)
    assert matches([found], [far, near]) == [(found, near)]


def test_counts_of_images_add_up_to_one_f1() -> None:
    total = Score(right=3, wrong=1) + Score(right=1, missed=2)
    assert total == Score(right=4, wrong=1, missed=2)
    assert total.f1 == pytest.approx(8 / 11)


def test_f1_at_its_ends() -> None:
    assert score([], []).f1 == 1
    assert score([], [PINE]).f1 == 0
    assert score([PINE], []).f1 == 0
