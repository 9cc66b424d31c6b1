"""The ranges of a version's settings: what lies inside is taken, and what lies outside is refused at its field."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.augmentation_presets import PRESETS
from domain.errors import DomainError
from domain.models.config import (
    Augmentation,
    AugmentationPreset,
    ClassRename,
    Preprocessing,
    Resize,
    SnapshotFilters,
    SplitConfig,
    Tile,
    VersionConfig,
)
from domain.ranges import MAX_LISTED
from domain.version_input import check_version_config

Make = Callable[[float], VersionConfig]


def preprocessing(make: Callable[[float], Preprocessing]) -> Make:
    return lambda value: VersionConfig(preprocessing=make(value))


def augmentation(name: str) -> Make:
    standing = Augmentation(multiplier=3, horizontal_flip=True, cutout_count=1, cutout_size=0.5)
    return lambda value: VersionConfig(augmentation=replace(standing, **{name: value}))  # type: ignore[arg-type]


RANGES: list[tuple[str, float, float, bool, Make]] = [
    ("preprocessing.resize.width", 16, 8192, True, preprocessing(lambda v: Preprocessing(resize=Resize(int(v), 640)))),
    ("preprocessing.resize.height", 16, 8192, True, preprocessing(lambda v: Preprocessing(resize=Resize(64, int(v))))),
    ("preprocessing.tile.rows", 1, 16, True, preprocessing(lambda v: Preprocessing(tile=Tile(int(v), 1)))),
    ("preprocessing.tile.columns", 1, 16, True, preprocessing(lambda v: Preprocessing(tile=Tile(1, int(v))))),
    ("preprocessing.tile.overlap", 0, 0.9, False, preprocessing(lambda v: Preprocessing(tile=Tile(2, 2, v)))),
    ("preprocessing.tile.minVisible", 0, 1, False, preprocessing(lambda v: Preprocessing(tile=Tile(2, 2, 0.1, v)))),
    ("augmentation.multiplier", 2, 10, True, augmentation("multiplier")),
    ("augmentation.rotation", 0, 45, False, augmentation("rotation")),
    ("preprocessing.maxEmptyFraction", 0, 1, False, preprocessing(lambda v: Preprocessing(max_empty_fraction=v))),
    ("augmentation.shear", 0, 45, False, augmentation("shear")),
    ("augmentation.crop", 0, 0.9, False, augmentation("crop")),
    ("augmentation.brightness", 0, 0.99, False, augmentation("brightness")),
    ("augmentation.exposure", 0, 0.99, False, augmentation("exposure")),
    ("augmentation.saturation", 0, 0.99, False, augmentation("saturation")),
    ("augmentation.hue", 0, 180, False, augmentation("hue")),
    ("augmentation.grayscale", 0, 1, False, augmentation("grayscale")),
    ("augmentation.blur", 0, 25, False, augmentation("blur")),
    ("augmentation.noise", 0, 0.25, False, augmentation("noise")),
    ("augmentation.cutoutCount", 1, 25, True, augmentation("cutout_count")),
    ("augmentation.seed", 0, 2**31 - 1, True, augmentation("seed")),
    ("splits.seed", 0, 2**31 - 1, True, lambda v: VersionConfig(splits=SplitConfig(seed=int(v)))),
    ("filters.minConfidence", 0, 1, False, lambda v: VersionConfig(filters=SnapshotFilters(min_confidence=v))),
]
"""Path, the least and greatest value, whether it is a whole number, and settings with that value."""


def refused(config: VersionConfig) -> str | None:
    """The path of the field at fault; None when all is right."""
    try:
        check_version_config(config)
    except DomainError as error:
        return f"{error.code}:{'.'.join(error.field or ())}".removeprefix("INVALID:input.")
    return None


@pytest.mark.parametrize(("path", "low", "high", "whole", "make"), RANGES, ids=[one[0] for one in RANGES])
def test_the_ends_of_a_range_belong_to_it_and_nothing_beyond(
    path: str, low: float, high: float, whole: bool, make: Make
) -> None:
    for inside in (low, high):
        assert refused(make(inside)) is None
    step = 1 if whole else 1e-9
    for outside in (low - step, high + step):
        assert refused(make(outside)) == path
    if not whole:
        for number in (math.nan, math.inf, -math.inf):
            assert refused(make(number)) == path


@given(st.data())
def test_any_number_is_taken_exactly_inside_its_range(data: st.DataObject) -> None:
    path, low, high, whole, make = data.draw(st.sampled_from(RANGES))
    value = data.draw(st.integers(-(2**40), 2**40) if whole else st.floats(allow_nan=True, allow_infinity=True))
    assert refused(make(value)) == (None if low <= value <= high else path)


@given(*[st.floats(allow_nan=True, allow_infinity=True)] * 3)
def test_shares_that_are_none_or_do_not_sum_to_one_are_refused(train: float, val: float, test: float) -> None:
    path = refused(VersionConfig(splits=SplitConfig(train, val, test)))
    right = all(0 <= share <= 1 for share in (train, val, test)) and train > 0 and abs(train + val + test - 1) <= 1e-6
    assert (path is None) == right
    assert path is None or path in ("splits", "splits.train", "splits.val", "splits.test")


@given(st.integers(1, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_shares_of_a_whole_are_taken_whatever_their_rounding(train: int, val: int, test: int) -> None:
    whole = train + val + test
    assert refused(VersionConfig(splits=SplitConfig(train / whole, val / whole, test / whole))) is None


@pytest.mark.parametrize(
    ("shares", "path"),
    [
        ((0.8, 0.15, 0.05), None),
        ((1.0, 0.0, 0.0), None),
        ((0.8, 0.15, 0.050_000_9), None),
        ((0.8, 0.15, 0.050_002), "splits"),
        ((0.8, 0.15, 0.04), "splits"),
        ((0.0, 0.5, 0.5), "splits.train"),
        ((math.nan, 0.5, 0.5), "splits.train"),
        ((0.5, math.inf, 0.5), "splits.val"),
        ((0.5, 0.6, -0.1), "splits.test"),
    ],
)
def test_shares_sum_to_one(shares: tuple[float, float, float], path: str | None) -> None:
    assert refused(VersionConfig(splits=SplitConfig(*shares))) == path


@pytest.mark.parametrize(
    ("multiplier", "steps", "right"),
    [
        (1, {}, True),
        (2, {"rotate90": True}, True),
        (2, {"cutout_count": 1, "cutout_size": 0.1}, True),
        (1, {"rotation": 5.0}, False),
        (1, {"noise": 0.01}, False),
        (2, {}, False),
    ],
)
def test_copies_and_steps_need_each_other(multiplier: int, steps: dict[str, float], right: bool) -> None:
    path = refused(VersionConfig(augmentation=Augmentation(multiplier=multiplier, **steps)))  # type: ignore[arg-type]
    assert path == (None if right else "augmentation.multiplier")


@pytest.mark.parametrize(
    ("count", "share", "field"),
    [(0, 0.0, None), (1, 0.1, None), (25, 1.0, None), (3, 0.0, "cutoutSize"), (0, 0.1, "cutoutCount")],
)
def test_cutouts_need_a_number_and_a_size(count: int, share: float, field: str | None) -> None:
    steps = Augmentation(multiplier=2, rotate90=True, cutout_count=count, cutout_size=share)
    assert refused(VersionConfig(augmentation=steps)) == (field and f"augmentation.{field}")


@pytest.mark.parametrize("share", [-1e-9, 1 + 1e-9, math.nan, math.inf])
def test_the_size_of_cutouts_is_a_share(share: float) -> None:
    steps = Augmentation(multiplier=2, rotate90=True, cutout_count=1, cutout_size=share)
    assert refused(VersionConfig(augmentation=steps)) == "augmentation.cutoutSize"


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_within_the_ranges(preset: AugmentationPreset) -> None:
    assert refused(VersionConfig(augmentation=PRESETS[preset])) is None
    assert PRESETS[preset].preset is preset


LONGEST = "🌱" * 191
BAD_NAMES = ["", "  ", "w" * 192, "a" + " " * 191, "a\nb", "a\tb", "a\0b", "\ud800"]


@pytest.mark.parametrize("bad", BAD_NAMES)
def test_class_names_keep_to_their_limits_wherever_they_are_named(bad: str) -> None:
    dropping = VersionConfig(Preprocessing(drop_classes=("gorse", bad)))
    assert refused(dropping) == "preprocessing.dropClasses"
    renaming = VersionConfig(Preprocessing(class_remap=(ClassRename(bad, "gorse"),)))
    assert refused(renaming) == "preprocessing.classRemap"
    renamed = VersionConfig(Preprocessing(class_remap=(ClassRename("gorse", bad),)))
    assert refused(renamed) == "preprocessing.classRemap"
    filtering = VersionConfig(filters=SnapshotFilters(weed_types=("gorse", bad)))
    assert refused(filtering) == "filters.weedTypes"


def test_the_longest_class_name_is_taken_and_the_name_of_old_may_have_blanks_around_it() -> None:
    for name in (LONGEST, " wattle "):
        assert refused(VersionConfig(Preprocessing(drop_classes=(name,)))) is None
        assert refused(VersionConfig(Preprocessing(class_remap=(ClassRename(name, "gorse"),)))) is None
        assert refused(VersionConfig(filters=SnapshotFilters(weed_types=(name,)))) is None
    blank = VersionConfig(Preprocessing(class_remap=(ClassRename("wattle", " gorse"),)))
    assert refused(blank) == "preprocessing.classRemap"


def test_a_class_is_renamed_once_or_dropped() -> None:
    twice = (ClassRename("a", "b"), ClassRename("a", "c"))
    assert refused(VersionConfig(Preprocessing(class_remap=twice))) == "preprocessing.classRemap"
    both = Preprocessing(class_remap=(ClassRename("a", "b"),), drop_classes=("a",))
    assert refused(VersionConfig(both)) == "preprocessing.classRemap"
    merged = Preprocessing(class_remap=(ClassRename("a", "b"), ClassRename("c", "b")), drop_classes=("b",))
    assert refused(VersionConfig(merged)) is None


def test_lists_are_bounded_and_never_empty() -> None:
    names = tuple(f"class-{number}" for number in range(MAX_LISTED + 1))
    renames = tuple(ClassRename(name, "gorse") for name in names)
    makes: list[tuple[str, Callable[[int], VersionConfig]]] = [
        ("preprocessing.dropClasses", lambda count: VersionConfig(Preprocessing(drop_classes=names[:count]))),
        ("preprocessing.classRemap", lambda count: VersionConfig(Preprocessing(class_remap=renames[:count]))),
        ("filters.weedTypes", lambda count: VersionConfig(filters=SnapshotFilters(weed_types=names[:count]))),
        (
            "filters.uploadBatchIds",
            lambda count: VersionConfig(filters=SnapshotFilters(upload_batch_ids=names[:count])),
        ),
    ]
    for path, make in makes:
        assert refused(make(1)) is None
        assert refused(make(MAX_LISTED)) is None
        assert refused(make(MAX_LISTED + 1)) == path
    assert refused(VersionConfig(filters=SnapshotFilters(weed_types=()))) == "filters.weedTypes"
    assert refused(VersionConfig(filters=SnapshotFilters(upload_batch_ids=()))) == "filters.uploadBatchIds"
    for id_ in ("", "i" * 192):
        filters = SnapshotFilters(upload_batch_ids=(id_,))
        assert refused(VersionConfig(filters=filters)) == "filters.uploadBatchIds"
