"""The documented ranges of a version's settings, each refusal with the path of the field at fault."""

from __future__ import annotations

import math
from collections.abc import Sequence

from domain.errors import invalid
from domain.models.config import Augmentation, Preprocessing, SnapshotFilters, SplitConfig, VersionConfig
from domain.ports import UnitOfWork
from domain.shapes import MAX_CLASS_NAME, checked_class_name

MAX_TILES, MAX_OVERLAP = 16, 0.9
MIN_RESIZE, MAX_RESIZE = 16, 8192
MAX_MULTIPLIER, MAX_ROTATION = 10, 45
SPLIT_TOLERANCE = 1e-6
MAX_SEED = 2**31 - 1
MAX_LISTED = 1000
"""Classes or upload batches in a list: each is a bound value of the statements that select."""
MAX_ID = 191


def check_version_config(config: VersionConfig) -> None:
    """Raises INVALID for the first value outside its range."""
    _check_preprocessing(config.preprocessing)
    _check_augmentation(config.augmentation)
    _check_splits(config.splits)
    _check_filters(config.filters)


def _within(value: float, low: float, high: float, what: str, *path: str) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise invalid(f"{what} must be {low:.10g} to {high:.10g}, not {value:.10g}.", "input", *path)


def _check_count(values: Sequence[object] | None, what: str, *path: str) -> None:
    if values is not None and not 1 <= len(values) <= MAX_LISTED:
        text = f"Name 1 to {MAX_LISTED:,} {what}, not {len(values):,}, or leave the list out."
        raise invalid(text, "input", *path)


def _check_preprocessing(preprocessing: Preprocessing) -> None:
    resize, tile = preprocessing.resize, preprocessing.tile
    if resize is not None:
        _within(resize.width, MIN_RESIZE, MAX_RESIZE, "The width in pixels", "preprocessing", "resize", "width")
        _within(resize.height, MIN_RESIZE, MAX_RESIZE, "The height in pixels", "preprocessing", "resize", "height")
    if tile is not None:
        _within(tile.rows, 1, MAX_TILES, "Rows", "preprocessing", "tile", "rows")
        _within(tile.columns, 1, MAX_TILES, "Columns", "preprocessing", "tile", "columns")
        _within(tile.overlap, 0, MAX_OVERLAP, "The overlap", "preprocessing", "tile", "overlap")
        _within(tile.min_visible, 0, 1, "The visible share", "preprocessing", "tile", "minVisible")
    _check_classes(preprocessing)


def _check_present_class(name: str, *path: str) -> None:
    """A class that annotations bear, of an adopted database perhaps, where names may have blanks around them."""
    checked_class_name(name, "input", *path)
    if len(name) > MAX_CLASS_NAME:
        raise invalid(f"A class name has 1 to {MAX_CLASS_NAME} characters, its blanks included.", "input", *path)


def _check_classes(preprocessing: Preprocessing) -> None:
    renames, drops = ("preprocessing", "classRemap"), ("preprocessing", "dropClasses")
    _check_count(preprocessing.class_remap or None, "classes", *renames)
    _check_count(preprocessing.drop_classes or None, "classes", *drops)
    for name in preprocessing.drop_classes:
        _check_present_class(name, *drops)
    sources = set()
    for one in preprocessing.class_remap:
        _check_present_class(one.source, *renames)
        if checked_class_name(one.target, "input", *renames) != one.target:
            raise invalid(f"The new class name {one.target!r} has a blank at its start or end.", "input", *renames)
        if one.source in sources:
            raise invalid(f"The class {one.source} is renamed twice.", "input", *renames)
        sources.add(one.source)
    both = sorted(sources & set(preprocessing.drop_classes))
    if both:
        raise invalid(f"The class {both[0]} is dropped, so it cannot be renamed as well.", "input", *renames)


def _check_augmentation(augmentation: Augmentation) -> None:
    _within(augmentation.multiplier, 1, MAX_MULTIPLIER, "The multiplier", "augmentation", "multiplier")
    _within(augmentation.rotation, 0, MAX_ROTATION, "The rotation in degrees", "augmentation", "rotation")
    _within(augmentation.seed, 0, MAX_SEED, "The seed", "augmentation", "seed")
    if augmentation.multiplier == 1 and augmentation.has_steps:
        text = "With a multiplier of 1 no copy is made, so the chosen steps would do nothing; choose 2 or more."
        raise invalid(text, "input", "augmentation", "multiplier")
    if augmentation.multiplier > 1 and not augmentation.has_steps:
        text = "Copies without any step would equal their source; choose a step, as horizontalFlip."
        raise invalid(text, "input", "augmentation", "multiplier")


def _check_splits(splits: SplitConfig) -> None:
    for name in ("train", "val", "test"):
        _within(getattr(splits, name), 0, 1, f"The share of {name}", "splits", name)
    _within(splits.seed, 0, MAX_SEED, "The seed", "splits", "seed")
    if splits.train <= 0:
        raise invalid("Some images must be for training.", "input", "splits", "train")
    total = splits.train + splits.val + splits.test
    if abs(total - 1) > SPLIT_TOLERANCE:
        raise invalid(f"The shares must sum to 1; these sum to {total:.10g}.", "input", "splits")


def _check_filters(filters: SnapshotFilters) -> None:
    _check_count(filters.weed_types, "classes", "filters", "weedTypes")
    for name in filters.weed_types or ():
        _check_present_class(name, "filters", "weedTypes")
    _check_count(filters.upload_batch_ids, "batches", "filters", "uploadBatchIds")
    if any(not 1 <= len(id_) <= MAX_ID for id_ in filters.upload_batch_ids or ()):
        raise invalid(f"The id of a batch has 1 to {MAX_ID} characters.", "input", "filters", "uploadBatchIds")
    if filters.min_confidence is not None:
        _within(filters.min_confidence, 0, 1, "The confidence", "filters", "minConfidence")


async def check_upload_batches(uow: UnitOfWork, project_id: str, filters: SnapshotFilters) -> None:
    """Raises INVALID for upload batches that the project does not have; those of others look like missing ones."""
    named = filters.upload_batch_ids or ()
    found = await uow.batches.get_many(named)
    strange = sum(id_ not in found or found[id_].project_id != project_id for id_ in named)
    if strange:
        text = f"Of these {len(named):,} upload batches the project has {len(named) - strange:,}; name only its own."
        raise invalid(text, "input", "filters", "uploadBatchIds")
