"""Lines of YOLO label files, and the objects of one picture held against each other."""

from __future__ import annotations

import random

import pytest

from cli.shadow.boxes import Pair, intersection_over_union, paired
from cli.shadow.label import Label, LabelLineError, clipped_label, label_of_line, unlike

NAMES = {0: "wattle", 1: "gorse"}


def box(x: float, y: float, side: float = 0.1, name: str = "wattle") -> Label:
    return Label(name, x, y, side, side)


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("0 0.5 0.5 0.2 0.1", Label("wattle", 0.5, 0.5, 0.2, 0.1)),
        ("1.0 0.5 0.5 0.2 0.1 0.87", Label("gorse", 0.5, 0.5, 0.2, 0.1)),
        ("0 0.95 0.5 0.2 0.1", Label("wattle", 0.925, 0.5, 0.15, 0.1)),
        ("0 1.004 0.5 0.2 0.1", Label("wattle", 0.952, 0.5, 0.096, 0.1)),
        ("1 0.1 0.1 0.3 0.1 0.2 0.5", Label("gorse", 0.2, 0.3, 0.2, 0.4, outline=True)),
        ("1 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5", Label("gorse", 0.2, 0.3, 0.2, 0.4)),
        ("1 0.1 0.1 0.3 0.1 0.3 0.5 0.2 0.5", Label("gorse", 0.2, 0.3, 0.2, 0.4, outline=True)),
    ],
)
def test_a_line_is_a_box_or_an_outline(line: str, label: Label) -> None:
    assert label_of_line(line, NAMES) == label


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 0.5 0.5 0.2", "4 numbers"),
        ("0 0.1 0.1 0.3 0.1 0.2 0.5 0.7", "8 numbers"),
        ("0 0.5 0.5 0.2 wide", "no number"),
        ("0 0.5 0.5 0.2 nan", "not finite"),
        ("2 0.5 0.5 0.2 0.1", "class 2 is not among the 2"),
        ("0.5 0.5 0.5 0.2 0.1", "class 0.5"),
        ("0 320 240 64 48", "beyond the picture"),
        ("0 0.5 0.5 0 0.1", "no area"),
        ("0 0.1 0.1 0.3 0.1 0.2 0.1", "no area"),
    ],
)
def test_what_is_no_object_says_why(line: str, reason: str) -> None:
    with pytest.raises(LabelLineError, match=reason):
        label_of_line(line, NAMES)


def test_what_lies_beyond_the_picture_is_cut_off() -> None:
    assert clipped_label("wattle", -0.1, 0.2, 0.1, 1.5, False) == Label("wattle", 0.05, 0.6, 0.1, 0.8)
    assert clipped_label("wattle", 1.2, 0.2, 1.4, 0.4, False) is None
    assert clipped_label("wattle", 0.2, 0.2, float("inf"), 0.4, False) is None
    assert clipped_label("wattle", 0.2, 0.2, 0.2 + 1e-7, 0.4, False) is None


def test_a_line_that_repeats_another_is_one_object() -> None:
    assert unlike([box(0.5, 0.5), box(0.2, 0.2), box(0.5, 0.5)]) == [box(0.5, 0.5), box(0.2, 0.2)]


def test_boxes_of_one_class_find_each_other_before_nearer_ones_of_another() -> None:
    mine, other = box(0.5, 0.5), box(0.501, 0.5, name="gorse")
    theirs = [box(0.5, 0.5, name="gorse"), box(0.52, 0.5)]
    pairs = paired([mine, other], theirs)
    assert {(pair.version, pair.folder) for pair in pairs} == {(mine, theirs[1]), (other, theirs[0])}


def test_each_box_is_taken_once_by_the_one_that_shares_most() -> None:
    near, far = box(0.5, 0.5), box(0.53, 0.5)
    taken, lonely = paired([far, near], [box(0.5, 0.5)])
    assert (taken.version, taken.folder, lonely) == (near, box(0.5, 0.5), Pair(far, None))
    assert taken.iou == pytest.approx(1)
    assert paired([], [near]) == [Pair(None, near)]
    assert paired([near], [box(0.56, 0.5)]) == [Pair(near, None), Pair(None, box(0.56, 0.5))]


def test_among_many_boxes_none_is_overlooked() -> None:
    chance = random.Random(7)
    mine = [box(chance.uniform(0.1, 0.9), chance.uniform(0.1, 0.9), chance.uniform(0.01, 0.2)) for _ in range(150)]
    theirs = [Label(one.class_name, one.x + 0.002, one.y, one.width, one.height) for one in mine]
    chance.shuffle(theirs)
    found = {(pair.version, pair.folder) for pair in paired(mine, theirs) if pair.version and pair.folder}
    for version, folder in found:
        assert intersection_over_union(version, folder) >= 0.5
    lonely = [one for one in mine if one not in {version for version, _ in found}]
    free = [one for one in theirs if one not in {folder for _, folder in found}]
    assert not [1 for one in lonely for other in free if intersection_over_union(one, other) >= 0.5]
    assert len(found) >= 145
