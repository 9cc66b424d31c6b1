"""The arithmetic of splits."""

from __future__ import annotations

import hashlib
from collections import Counter
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.models.config import SplitConfig, SplitGroup
from domain.models.version import Split, SplitCounts
from domain.ports import SelectedImage
from domain.splits import assign, targets

TRAIN, VAL, TEST = Split.TRAIN, Split.VAL, Split.TEST


def image(name: str, batch: str | None = None) -> SelectedImage:
    return SelectedImage(hashlib.sha256(name.encode()).hexdigest(), batch)


def images(count: int) -> list[SelectedImage]:
    return [image(str(index)) for index in range(count)]


@st.composite
def shares(draw: st.DrawFn) -> tuple[float, float, float]:
    """Three shares in hundredths, which sum to 1."""
    train = draw(st.integers(1, 100))
    val = draw(st.integers(0, 100 - train))
    return train / 100, val / 100, (100 - train - val) / 100


@st.composite
def configs(draw: st.DrawFn, inherit: bool = False, group_by: SplitGroup = SplitGroup.IMAGE) -> SplitConfig:
    train, val, test = draw(shares())
    return SplitConfig(train, val, test, group_by, inherit, seed=draw(st.integers(0, 2**31 - 1)))


batches = st.sampled_from([None, "may", "june", "july"])
batched = st.lists(st.tuples(st.integers(0, 999), batches), unique_by=lambda row: row[0])


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


@given(st.integers(0, 5000), shares())
def test_targets_sum_up_and_are_never_a_whole_image_off(count: int, wanted: tuple[float, float, float]) -> None:
    goal = targets(count, SplitConfig(*wanted))
    assert sum(goal.values()) == count
    for split, share in zip((TRAIN, VAL, TEST), wanted, strict=True):
        assert abs(goal[split] - count * Fraction(repr(share))) < 1
        assert share > 0 or goal[split] == 0


@given(st.integers(0, 300), configs())
def test_single_images_meet_their_targets_exactly(count: int, config: SplitConfig) -> None:
    assignment = assign(images(count), config, {})
    placed = Counter(assignment.splits.values())
    assert {split: placed[split] for split in Split} == targets(count, config)
    assert assignment.notices == ()


def test_the_example_of_the_product() -> None:
    counts = assign(images(1632), SplitConfig(), {}).counts(outputs_per_train_image=3)
    assert counts == SplitCounts(1305, 245, 82, 3915)


@given(batched, configs(group_by=SplitGroup.UPLOAD_BATCH), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    rows: list[tuple[int, str | None]], config: SplitConfig, random: Random
) -> None:
    selected = [image(str(name), batch) for name, batch in rows]
    shuffled = random.sample(selected, len(selected))
    assert assign(selected, config, {}) == assign(shuffled, config, {})


def test_the_seed_changes_who_goes_where() -> None:
    drawn = {seed: assign(images(100), SplitConfig(seed=seed), {}).splits for seed in (0, 0, 1, 2)}
    assert len({tuple(sorted(splits.items())) for splits in drawn.values()}) == 3


@given(batched, configs(group_by=SplitGroup.UPLOAD_BATCH))
def test_a_group_is_never_torn(rows: list[tuple[int, str | None]], config: SplitConfig) -> None:
    selected = [image(str(name), batch) for name, batch in rows]
    assignment = assign(selected, config, {})
    assert assignment.splits.keys() == {one.sha256 for one in selected}
    of_batch: dict[str, set[Split]] = {}
    for one in selected:
        if one.upload_batch_id is not None:
            of_batch.setdefault(one.upload_batch_id, set()).add(assignment.splits[one.sha256])
            assert assignment.groups[one.sha256] == one.upload_batch_id
        else:
            assert assignment.groups[one.sha256] == one.sha256
    assert all(len(splits) == 1 for splits in of_batch.values())


@settings(max_examples=50)
@given(
    st.integers(0, 120),
    configs(inherit=True),
    st.dictionaries(st.integers(0, 150), st.sampled_from(list(Split))),
)
def test_a_single_image_always_keeps_the_split_it_had(count: int, config: SplitConfig, seen: dict[int, Split]) -> None:
    latest = {image(str(index)).sha256: split for index, split in seen.items()}
    assignment = assign(images(count), config, latest)
    for one in images(count):
        if one.sha256 in latest:
            assert assignment.splits[one.sha256] is latest[one.sha256]
    assert assignment.notices == ()
    forgetful = SplitConfig(config.train, config.val, config.test, inherit=False, seed=config.seed)
    assert assign(images(count), forgetful, latest) == assign(images(count), forgetful, {})


def test_new_images_go_where_the_old_ones_leave_a_gap() -> None:
    latest = {one.sha256: TRAIN for one in images(10)}
    counts = assign(images(20), SplitConfig(0.5, 0.25, 0.25), latest).counts(1)
    assert counts == SplitCounts(10, 5, 5, 10)


@pytest.mark.parametrize(
    ("seen", "split", "moved"),
    [
        ({}, None, 0),
        ({"a": TEST}, TEST, 0),
        ({"a": VAL, "b": TEST}, VAL, 1),
        ({"a": TEST, "b": TRAIN, "c": VAL}, TRAIN, 2),
    ],
)
def test_a_group_inherits_train_before_val_before_test(seen: dict[str, Split], split: Split | None, moved: int) -> None:
    group = [image(name, "batch") for name in "abcd"]
    latest = {image(name).sha256: was for name, was in seen.items()}
    config = SplitConfig(0.4, 0.3, 0.3, SplitGroup.UPLOAD_BATCH)
    assignment = assign([*group, *images(36)], config, latest)
    (placed,) = {assignment.splits[one.sha256] for one in group}
    assert split is None or placed is split
    notices = {notice.code: notice.count for notice in assignment.notices}
    assert notices == ({"MOVED_SPLIT": moved} if moved else {})


def test_a_group_larger_than_its_split_is_named() -> None:
    group = [image(str(index), "batch") for index in range(9)]
    assignment = assign([*group, image("alone")], SplitConfig(0.5, 0.25, 0.25, SplitGroup.UPLOAD_BATCH), {})
    assert [(notice.code, notice.count) for notice in assignment.notices] == [("GROUP_TOO_LARGE", 1)]
    assert assignment.counts(2) == SplitCounts(9, assignment.counts(2).val, assignment.counts(2).test, 18)
