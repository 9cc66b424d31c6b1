"""When two runtimes count as one, and that it is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from domain.models.geometry import Box
from rendering.pixels import Pixels
from workers.engine.parity import Finder, Verdict, compared
from workers.engine.runtime import Found
from workers.verdicts import Verdicts, verdict_key

_PICTURES = [np.zeros((8, 8, 3), np.uint8)] * 2
_FOUND = [
    Found("pine", 0.9, Box(10, 10, 40, 40)),
    Found("pine", 0.899, Box(12, 10, 40, 40)),
    Found("wattle", 0.4, Box(80, 20, 30, 30)),
]


def finder(found: list[Found]) -> Finder:
    def find(pictures: Sequence[Pixels], confidence: float, iou: float) -> list[list[Found]]:
        assert iou == 1
        return [sorted((one for one in found if one.confidence > confidence), key=lambda one: -one.confidence)]

    return find


def judged(mine: list[Found], theirs: list[Found]) -> Verdict | None:
    return compared(finder(mine), finder(theirs), _PICTURES, 0.01)


def test_small_differences_and_another_order_are_none() -> None:
    other = [
        Found("pine", 0.895, Box(10.4, 10, 40, 40)),
        Found("pine", 0.904, Box(12, 10, 40.3, 40)),
        _FOUND[2],
        Found("pine", 0.009, Box(200, 10, 40, 40)),  # hardly seen by one, and not by the other
    ]
    assert judged(_FOUND, other) == Verdict(same=True)


@pytest.mark.parametrize(
    "changed",
    [
        _FOUND[2]._replace(class_name="pine"),
        _FOUND[2]._replace(confidence=0.42),
        _FOUND[2]._replace(box=Box(86, 20, 30, 30)),
    ],
)
def test_a_difference_in_either_direction_is_named(changed: Found) -> None:
    for mine, theirs in ((_FOUND, [*_FOUND[:2], changed]), (_FOUND[:2], _FOUND), (_FOUND, _FOUND[:2])):
        verdict = judged(mine, theirs)
        assert verdict is not None
        assert not verdict.same
        assert "counterpart" in (verdict.reason or "")


def test_where_nothing_is_seen_nothing_is_shown() -> None:
    assert judged([], []) is None
    found = judged([], _FOUND)
    assert found is not None
    assert not found.same


def test_verdicts_outlive_the_process_but_for_those_of_the_moment(tmp_path: Path) -> None:
    before, key, other = Verdicts(tmp_path / "runtimes"), verdict_key("ONNX", 640), verdict_key("ONNX", 320)
    assert key != other
    assert before.get(key) is None
    before.put(key, Verdict(False, "a reason"))
    before.put_for_now(other, Verdict(False, "the file is missing"))
    assert before.get(other) == Verdict(False, "the file is missing")
    after = Verdicts(tmp_path / "runtimes")
    assert after.get(key) == Verdict(False, "a reason")
    assert after.get(other) is None
    (tmp_path / "runtimes" / f"{key}.json").write_text('{"sa')
    assert Verdicts(tmp_path / "runtimes").get(key) is None
