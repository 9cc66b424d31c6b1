"""Copies differ from their source, and come out alike wherever they are drawn."""

from __future__ import annotations

from collections import Counter

import pytest

from domain.augmentation import Draw, draw
from domain.models.config import Augmentation

SHA = "ab" * 32
ALL = Augmentation(multiplier=3, horizontal_flip=True, vertical_flip=True, rotate90=True, rotation=15, seed=4)


def test_the_same_copy_is_drawn_alike_and_others_differ() -> None:
    assert draw(ALL, SHA, 0, 1) == draw(ALL, SHA, 0, 1)
    others = {draw(ALL, SHA, tile, copy).degrees for tile in range(4) for copy in range(1, 4)}
    assert len(others) == 12


def test_a_known_draw_stays_as_it_is() -> None:
    """Versions are rendered again years later: this must never change."""
    assert draw(ALL, SHA, 0, 1) == Draw(quarter_turns=1, degrees=-8.11)


@pytest.mark.parametrize(
    "steps",
    [
        Augmentation(multiplier=2, horizontal_flip=True),
        Augmentation(multiplier=2, vertical_flip=True),
        Augmentation(multiplier=2, rotate90=True),
        Augmentation(multiplier=2, rotation=0.02),
        Augmentation(multiplier=2, horizontal_flip=True, vertical_flip=True, rotate90=True),
    ],
)
def test_no_copy_equals_its_source(steps: Augmentation) -> None:
    for copy in range(300):
        assert draw(steps, SHA, 0, copy).has_effect


def test_both_flips_and_a_half_turn_undo_one_another() -> None:
    assert not Draw(flip_horizontal=True, flip_vertical=True, quarter_turns=2).has_effect
    assert not Draw().has_effect
    assert Draw(flip_horizontal=True, quarter_turns=2).has_effect


def test_only_the_steps_asked_for() -> None:
    for copy in range(100):
        steps = draw(Augmentation(multiplier=2, horizontal_flip=True), SHA, 0, copy)
        assert steps == Draw(flip_horizontal=True)
        assert abs(draw(Augmentation(multiplier=2, rotation=10), SHA, 0, copy).degrees) <= 10


def test_every_step_is_drawn_about_as_often() -> None:
    draws = [draw(ALL, SHA, 0, copy) for copy in range(2000)]
    assert 900 < sum(d.flip_horizontal for d in draws) < 1100
    assert 900 < sum(d.flip_vertical for d in draws) < 1100
    assert all(400 < count < 600 for count in Counter(d.quarter_turns for d in draws).values())
    assert -1 < sum(d.degrees for d in draws) / len(draws) < 1


def test_an_augmentation_without_steps_has_no_copies() -> None:
    with pytest.raises(ValueError, match="without steps"):
        draw(Augmentation(multiplier=2), SHA, 0, 1)


def test_amounts_that_are_next_to_nothing_come_to_an_end() -> None:
    assert draw(Augmentation(multiplier=2, rotation=0.004), "ab", 0, 1) == Draw()
