"""What a preview says of splits, from counts, is what the snapshot then draws, image by image."""

from __future__ import annotations

import hashlib
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from domain.expected_splits import SplitTally, expected_splits, needs_draws
from domain.models.config import SplitConfig
from domain.models.version import Split
from domain.splits import Candidates, assign

some_split = st.sampled_from([None, *Split])
row = st.tuples(st.integers(0, 9999), st.sampled_from([None, None, *"abcdefgh"]), some_split, some_split)
rows = st.lists(row, unique_by=lambda one: one[0], max_size=120)


@st.composite
def configs(draw: st.DrawFn) -> SplitConfig:
    train = draw(st.integers(1, 100))
    val = draw(st.integers(0, 100 - train))
    return SplitConfig(train / 100, val / 100, (100 - train - val) / 100, seed=draw(st.integers(0, 99)))


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def tallied(selected: list[tuple[int, str | None, Split | None, Split | None]]) -> list[SplitTally]:
    """As the database counts them."""
    found = defaultdict(list)
    for number, group, inherited, imported in selected:
        found[group, imported, inherited].append(digest(number))
    return [SplitTally(*key, len(members), min(members)) for key, members in found.items()]


@given(rows, st.booleans(), st.booleans(), st.booleans(), configs())
def test_counting_comes_to_what_drawing_comes_to(
    selected: list[tuple[int, str | None, Split | None, Split | None]],
    grouped: bool,
    inherit: bool,
    keep_imported: bool,
    config: SplitConfig,
) -> None:
    asked = [
        (number, group if grouped else None, was if inherit else None, given if keep_imported else None)
        for number, group, was, given in selected
    ]
    asked.sort(key=lambda one: digest(one[0]))
    candidates = Candidates(
        [bytes.fromhex(digest(one[0])) for one in asked],
        [one[1] for one in asked],
        [one[2] for one in asked],
        [one[3] for one in asked],
    )
    tallies = tallied(asked)
    free = [digest(number) for number, group, was, given in asked if group is was is given is None]
    if not needs_draws(tallies):
        free = []
    expected, assignment = expected_splits(tallies, config, free), assign(candidates, config)
    assert expected.counts(3) == assignment.counts(3)
    assert expected.notices == assignment.notices


def test_single_images_are_listed_only_where_they_take_turns_with_groups() -> None:
    single, batch = SplitTally(None, None, None, 5, "00"), SplitTally("may", None, None, 5, "01")
    kept = SplitTally("may", None, Split.VAL, 5, "02")
    assert needs_draws([single, batch])
    assert not needs_draws([single])
    assert not needs_draws([batch])
    assert not needs_draws([single, batch, kept]), "the batch keeps its split, so only single images are drawn"
