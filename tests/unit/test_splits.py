"""The arithmetic of splits."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.models.config import SplitConfig, SplitGroup
from domain.models.version import Split, SplitCounts
from domain.split_balance import Balance, targets
from domain.splits import Assignment, Candidates, assign

TRAIN, VAL, TEST = Split.TRAIN, Split.VAL, Split.TEST


@dataclass(frozen=True, slots=True)
class Image:
    name: str
    group: str | None = None
    inherited: Split | None = None
    imported: Split | None = None

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.name.encode()).digest()


def images(count: int, inherited: Split | None = None) -> list[Image]:
    return [Image(f"{inherited}{index}", None, inherited) for index in range(count)]


def columns(rows: list[Image]) -> Candidates:
    """In the order that they are in."""
    return Candidates(
        [one.sha256 for one in rows],
        [one.group for one in rows],
        [one.inherited for one in rows],
        [one.imported for one in rows],
    )


def assigned(rows: list[Image], config: SplitConfig) -> Assignment:
    return assign(columns(sorted(rows, key=lambda one: one.sha256)), config)


def by_name(rows: list[Image], config: SplitConfig) -> dict[str, Split]:
    ordered = sorted(rows, key=lambda one: one.sha256)
    return dict(zip((one.name for one in ordered), assigned(rows, config).splits, strict=True))


def codes(assignment: Assignment) -> dict[str, int]:
    return {notice.code: notice.count for notice in assignment.notices}


@st.composite
def configs(draw: st.DrawFn, group_by: SplitGroup = SplitGroup.IMAGE) -> SplitConfig:
    """Three shares in hundredths, which sum to 1."""
    train = draw(st.integers(1, 100))
    val = draw(st.integers(0, 100 - train))
    seed = draw(st.integers(0, 2**31 - 1))
    return SplitConfig(train / 100, val / 100, (100 - train - val) / 100, group_by, seed=seed)


some_split = st.sampled_from([None, *Split])


def rows(
    groups: st.SearchStrategy[str | None],
    inherited: st.SearchStrategy[Split | None] = some_split,
    imported: st.SearchStrategy[Split | None] = some_split,
) -> st.SearchStrategy[list[Image]]:
    one = st.builds(Image, st.integers(0, 999).map(str), groups, inherited, imported)
    return st.lists(one, unique_by=lambda image: image.name, max_size=60)


grouped = rows(st.sampled_from([None, "may", "june", "july", "august"]))
free_in_groups = rows(st.sampled_from([None, "may", "june", "july"]), st.none(), st.none())
alone = rows(st.none())


def test_the_largest_remainders_get_what_is_left() -> None:
    assert targets(1632, SplitConfig(0.8, 0.15, 0.05)) == {TRAIN: 1305, VAL: 245, TEST: 82}
    assert targets(0, SplitConfig()) == {TRAIN: 0, VAL: 0, TEST: 0}
    assert targets(10, SplitConfig(0.5, 0.25, 0.25)) == {TRAIN: 5, VAL: 3, TEST: 2}
    assert targets(1, SplitConfig(0.5, 0.3, 0.2)) == {TRAIN: 1, VAL: 0, TEST: 0}
    assert targets(3, SplitConfig(0.5, 0.5, 0.0))[TEST] == 0
    assert targets(2, SplitConfig(0.75, 0.25, 0.0)) == {TRAIN: 1, VAL: 1, TEST: 0}, "a tie goes to the smaller split"


def test_shares_are_the_decimals_that_were_typed() -> None:
    # As binary fractions 0.1 + 0.2 + 0.7 is not 1, and 10 × 0.7 is not 7.
    assert targets(10, SplitConfig(0.7, 0.2, 0.1)) == {TRAIN: 7, VAL: 2, TEST: 1}
    assert targets(1000, SplitConfig(0.7, 0.2, 0.1)) == {TRAIN: 700, VAL: 200, TEST: 100}


@given(st.integers(0, 5000), configs())
def test_targets_sum_up_and_are_never_a_whole_image_off(count: int, config: SplitConfig) -> None:
    goal = targets(count, config)
    assert sum(goal.values()) == count
    for split, share in ((TRAIN, config.train), (VAL, config.val), (TEST, config.test)):
        assert abs(goal[split] - count * Fraction(repr(share))) < 1
        assert share > 0 or goal[split] == 0


@given(st.integers(0, 300), configs())
def test_single_images_meet_their_targets_exactly(count: int, config: SplitConfig) -> None:
    assignment = assigned(images(count), config)
    placed = Counter(assignment.splits)
    assert {split: placed[split] for split in Split} == targets(count, config)
    assert codes(assignment).keys() <= {"EMPTY_SPLIT"}


def test_the_example_of_the_product() -> None:
    assert assigned(images(1632), SplitConfig()).counts(3) == SplitCounts(1305, 245, 82, 3915)


@given(st.lists(st.tuples(st.sampled_from(Split), st.integers(0, 40))), st.integers(0, 200), configs())
def test_many_single_images_are_drawn_as_one_after_the_other(
    before: list[tuple[Split, int]], count: int, config: SplitConfig
) -> None:
    total = count + sum(size for _, size in before)
    one_by_one, at_once = Balance(total, config), Balance(total, config)
    for balance in (one_by_one, at_once):
        for split, size in before:
            balance.place(split, size)
    for _ in range(count):
        one_by_one.draw(1)
    at_once.draw_single(count)
    assert at_once.placed == one_by_one.placed


@given(grouped, configs(SplitGroup.UPLOAD_BATCH), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(selected: list[Image], config: SplitConfig, random: Random) -> None:
    shuffled = random.sample(selected, len(selected))
    plain, other = assign(columns(selected), config), assign(columns(shuffled), config)
    assert dict(zip(selected, plain.splits, strict=True)) == dict(zip(shuffled, other.splits, strict=True))
    assert plain.notices == other.notices


def test_the_seed_changes_who_goes_where() -> None:
    drawn = [tuple(assigned(images(100), SplitConfig(seed=seed)).splits) for seed in (0, 0, 1, 2)]
    assert len(set(drawn)) == 3


@given(grouped, configs(SplitGroup.UPLOAD_BATCH))
def test_a_group_is_never_torn(selected: list[Image], config: SplitConfig) -> None:
    assignment = assign(columns(selected), config)
    assert len(assignment.splits) == len(selected)
    of_group: dict[str, set[Split]] = {}
    for position, one in enumerate(selected):
        assert assignment.group_of(position) == (one.group or one.sha256.hex())
        of_group.setdefault(assignment.group_of(position), set()).add(assignment.splits[position])
    assert all(len(splits) == 1 for splits in of_group.values())


@given(free_in_groups, configs(SplitGroup.UPLOAD_BATCH))
def test_a_free_group_goes_to_the_split_with_the_largest_deficit(selected: list[Image], config: SplitConfig) -> None:
    found = by_name(selected, config)
    members: dict[str, list[Image]] = {}
    for one in selected:
        members.setdefault(one.group or one.name, []).append(one)
    smallest = [(min(one.sha256.hex() for one in group), group) for group in members.values()]
    missing = targets(len(selected), config)
    for _, group in sorted(smallest, key=lambda row: hashlib.sha256(f"{config.seed}:{row[0]}".encode()).digest()):
        split = found[group[0].name]
        assert missing[split] == max(missing.values())
        missing[split] -= len(group)


@settings(max_examples=50)
@given(alone, configs())
def test_a_single_image_always_keeps_the_split_it_had(selected: list[Image], config: SplitConfig) -> None:
    assignment = assign(columns(selected), config)
    for one, split in zip(selected, assignment.splits, strict=True):
        assert split is (one.imported or one.inherited or split), "an imported split goes before an inherited one"
    disagreeing = [one for one in selected if one.imported and one.inherited and one.imported is not one.inherited]
    assert codes(assignment).get("MOVED_SPLIT", 0) == len(disagreeing)
    assert "GROUP_TOO_LARGE" not in codes(assignment)


def test_new_images_go_where_the_old_ones_leave_a_gap() -> None:
    old = images(10, inherited=TRAIN)
    assert assigned([*old, *images(10)], SplitConfig(0.5, 0.25, 0.25)).counts(1) == SplitCounts(10, 5, 5, 10)


@pytest.mark.parametrize(
    ("inherited", "imported", "split", "moved"),
    [
        ("   ", "   ", None, 0),
        ("  e", "   ", TEST, 0),
        ("v e", "   ", VAL, 1),
        ("etv", "   ", TRAIN, 2),
        ("   ", "e v", VAL, 1),
        ("   ", "etv", TRAIN, 2),
        ("t  ", " e ", TEST, 1),
        ("tte", "  e", TEST, 2),
        ("t  ", "v  ", VAL, 1),
        ("e v", "vte", TRAIN, 2),
    ],
)
def test_a_group_goes_where_it_was_imported_then_where_it_was_train_before_val_before_test(
    inherited: str, imported: str, split: Split | None, moved: int
) -> None:
    letters = {"t": TRAIN, "v": VAL, "e": TEST, " ": None}
    both = zip("abc", inherited, imported, strict=True)
    group = [Image(name, "batch", letters[was], letters[given]) for name, was, given in both]
    rest = images(37)
    config = SplitConfig(0.4, 0.3, 0.3, SplitGroup.UPLOAD_BATCH)
    found = by_name([*group, *rest], config)
    (placed,) = {found[one.name] for one in group}
    assert split is None or placed is split
    assert codes(assigned([*group, *rest], config)) == ({"MOVED_SPLIT": moved} if moved else {})


def test_a_group_larger_than_its_split_is_named_and_so_is_what_it_does_to_the_splits() -> None:
    group = [Image(str(index), "batch") for index in range(9)]
    assignment = assigned([*group, Image("alone")], SplitConfig(0.5, 0.25, 0.25, SplitGroup.UPLOAD_BATCH))
    assert codes(assignment) == {"GROUP_TOO_LARGE": 1, "EMPTY_SPLIT": 1, "SPLIT_OFF_TARGET": 2}
    assert assignment.counts(2) in (SplitCounts(9, 1, 0, 18), SplitCounts(9, 0, 1, 18))
    texts = {notice.code: notice.message for notice in assignment.notices}
    assert "TRAIN has 9 images where its share is 5" in texts["SPLIT_OFF_TARGET"]


def test_too_few_images_for_a_share_are_told_and_a_share_of_nothing_is_not() -> None:
    few = assigned(images(5), SplitConfig(0.8, 0.15, 0.05))
    assert codes(few) == {"EMPTY_SPLIT": 1}
    assert "No image fell into TEST" in few.notices[0].message
    assert assigned(images(5), SplitConfig(0.8, 0.2, 0.0)).notices == ()
    assert assigned([], SplitConfig()).notices == ()


def test_splits_that_stay_off_their_shares_are_told() -> None:
    old = images(60, inherited=VAL)
    assignment = assigned([*old, *images(40)], SplitConfig(0.8, 0.15, 0.05))
    assert codes(assignment) == {"EMPTY_SPLIT": 1, "SPLIT_OFF_TARGET": 2}
    nearly = assigned([*images(83, inherited=TRAIN), *images(17)], SplitConfig(0.8, 0.15, 0.05))
    assert nearly.counts(1).train == 83
    assert "TRAIN" not in " ".join(notice.message for notice in nearly.notices), "within a tenth of its target"
