"""Which detections are news, and what is kept of their boxes."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from domain.models.detection import Detection, FoundObjects
from domain.models.geometry import Box
from domain.new_findings import SAME_IOU, new_findings

BOX = Box(10, 10, 100, 100)


def news(found: list[Detection], known: list[tuple[str, Box]]) -> list[tuple[str, Box]]:
    objects = FoundObjects(tuple(found), 640, 480, 0.0, 0.0)
    made = new_findings("image", "model", objects, known, datetime.now(UTC))
    assert {(one.asset_id, one.model_id, one.polygon) for one in made} <= {("image", "model", None)}
    return [(one.weed_type, one.box) for one in made]


def shifted_to(iou: float) -> Box:
    """BOX moved to the right until the two overlap by that much."""
    return BOX.shifted(100 * (1 - iou) / (1 + iou), 0)


@pytest.mark.parametrize(("iou", "known"), [(SAME_IOU + 0.001, True), (SAME_IOU - 0.001, False)])
def test_a_box_over_a_known_one_of_its_class_is_no_news(iou: float, known: bool) -> None:
    again = Detection("pine", 0.9, shifted_to(iou))
    assert BOX.iou(again.box) == pytest.approx(iou)
    assert (news([again], [("pine", BOX)]) == []) is known


def test_exactly_at_the_limit_it_is_the_same_object() -> None:
    upper = Box(10, 10, 100, 60)
    assert BOX.iou(upper) == SAME_IOU
    assert news([Detection("pine", 0.9, upper)], [("pine", BOX)]) == []


def test_another_class_in_the_same_place_is_news() -> None:
    assert news([Detection("Pine", 0.9, BOX)], [("pine", BOX), ("wattle", BOX)]) == [("Pine", BOX)]


def test_of_two_detections_of_one_object_the_surer_stays() -> None:
    weak, sure = Detection("pine", 0.4, BOX), Detection("pine", 0.8, BOX.shifted(3, 3))
    assert news([weak, sure], []) == [("pine", sure.box)]


def test_boxes_are_clipped_to_the_image_and_what_is_outside_of_it_is_dropped() -> None:
    found = [
        Detection("pine", 0.9, Box(-20, 440, 100, 100)),
        Detection("pine", 0.8, Box(700, 10, 50, 50)),
        Detection("pine", 0.7, Box(10, 10, 0, 50)),
        Detection("pine", 0.6, Box(math.nan, 10, 50, 50)),
        Detection("pine", 0.5, Box(10, 10, math.inf, 50)),
    ]
    assert news(found, []) == [("pine", Box(0, 440, 80, 40))]


def test_an_empty_known_box_is_no_object() -> None:
    assert news([Detection("pine", 0.9, BOX)], [("pine", Box(10, 10, 0, 0))]) == [("pine", BOX)]


def test_as_box_by_box() -> None:
    draw = np.random.default_rng(3)

    def boxes(number: int) -> list[Box]:
        return [Box(*row) for row in draw.integers([0, 0, 20, 20], [200, 200, 80, 80], (number, 4)).tolist()]

    known = boxes(40)
    found = [Detection("pine", float(score), box) for score, box in zip(draw.random(90), boxes(90), strict=True)]
    kept: list[Box] = []
    for one in sorted(found, key=lambda detection: -detection.confidence):
        if all(one.box.iou(other) < SAME_IOU for other in known + kept):
            kept.append(one.box)
    assert 20 < len(kept) < 90
    assert [box for _, box in news(found, [("pine", box) for box in known])] == kept


def test_thousands_on_an_image_are_no_matter_of_minutes() -> None:
    draw = np.random.default_rng(4)
    rows = draw.uniform([0, 0, 2, 2], [600, 440, 9, 9], (6000, 4)).tolist()
    found = [Detection("pine", 0.5, Box(*row)) for row in rows]
    began = time.monotonic()
    assert len(news(found, [])) > 4000
    assert time.monotonic() - began < 20
