"""The documented ranges of a version's settings, each refusal with the path of the field at fault."""

from __future__ import annotations

import math

from domain.errors import invalid
from domain.models.config import Augmentation, Preprocessing, SnapshotFilters, SplitConfig, VersionConfig
from domain.shapes import checked_class_name

MAX_TILES, MAX_OVERLAP = 16, 0.9
MIN_RESIZE, MAX_RESIZE = 16, 8192
MAX_MULTIPLIER, MAX_ROTATION = 10, 45
SPLIT_TOLERANCE = 1e-6
MAX_SEED = 2**31 - 1


def check_version_config(config: VersionConfig) -> None:
    """Raises INVALID for the first value outside its range."""
    _check_preprocessing(config.preprocessing)
    _check_augmentation(config.augmentation)
    _check_splits(config.splits)
    _check_filters(config.filters)


def _within(value: float, low: float, high: float, what: str, *path: str) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise invalid(f"{what} must be {low:g} to {high:g}, not {value:g}.", "input", *path)


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


def _check_classes(preprocessing: Preprocessing) -> None:
    sources = [one.source for one in preprocessing.class_remap]
    if len(set(sources)) < len(sources):
        twice = next(name for name in sources if sources.count(name) > 1)
        raise invalid(f"The class {twice} is renamed twice.", "input", "preprocessing", "classRemap")
    both = sorted(set(sources) & set(preprocessing.drop_classes))
    if both:
        text = f"The class {both[0]} is dropped, so it cannot be renamed as well."
        raise invalid(text, "input", "preprocessing", "classRemap")
    for one in preprocessing.class_remap:
        checked_class_name(one.target, "input", "preprocessing", "classRemap")


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
        raise invalid(f"The shares must sum to 1; these sum to {total:g}.", "input", "splits")


def _check_filters(filters: SnapshotFilters) -> None:
    if filters.weed_types is not None and not filters.weed_types:
        raise invalid("Name at least one class, or leave the list out for all.", "input", "filters", "weedTypes")
    if filters.upload_batch_ids is not None and not filters.upload_batch_ids:
        text = "Name at least one batch, or leave the list out for all."
        raise invalid(text, "input", "filters", "uploadBatchIds")
    if filters.min_confidence is not None:
        _within(filters.min_confidence, 0, 1, "The confidence", "filters", "minConfidence")
