"""The documented ranges of a version's settings, each refusal with the path of the field at fault."""

from __future__ import annotations

from domain.augmentation_input import check_augmentation
from domain.errors import invalid
from domain.models.config import SnapshotFilters, SplitConfig, VersionConfig
from domain.ports import UnitOfWork
from domain.preprocessing_input import check_preprocessing, check_present_class
from domain.ranges import MAX_SEED, check_listed, check_within

SPLIT_TOLERANCE = 1e-6
MAX_ID = 191


def check_version_config(config: VersionConfig) -> None:
    """Raises INVALID for the first value outside its range."""
    check_preprocessing(config.preprocessing, "input", "preprocessing")
    check_augmentation(config.augmentation, "input", "augmentation")
    _check_splits(config.splits, "input", "splits")
    _check_filters(config.filters, "input", "filters")


def _check_splits(splits: SplitConfig, *path: str) -> None:
    for name in ("train", "val", "test"):
        check_within(getattr(splits, name), 0, 1, f"The share of {name}", *path, name)
    check_within(splits.seed, 0, MAX_SEED, "The seed", *path, "seed")
    if splits.train <= 0:
        raise invalid("Some images must be for training.", *path, "train")
    total = splits.train + splits.val + splits.test
    if abs(total - 1) > SPLIT_TOLERANCE:
        raise invalid(f"The shares must sum to 1; these sum to {total:.10g}.", *path)


def _check_filters(filters: SnapshotFilters, *path: str) -> None:
    check_listed(filters.weed_types, "classes", *path, "weedTypes")
    for name in filters.weed_types or ():
        check_present_class(name, *path, "weedTypes")
    check_listed(filters.upload_batch_ids, "batches", *path, "uploadBatchIds")
    if any(not 1 <= len(id_) <= MAX_ID for id_ in filters.upload_batch_ids or ()):
        raise invalid(f"The id of a batch has 1 to {MAX_ID} characters.", *path, "uploadBatchIds")
    if filters.min_confidence is not None:
        check_within(filters.min_confidence, 0, 1, "The confidence", *path, "minConfidence")


async def check_upload_batches(uow: UnitOfWork, project_id: str, filters: SnapshotFilters) -> None:
    """Raises INVALID for upload batches that the project does not have; those of others look like missing ones."""
    named = filters.upload_batch_ids or ()
    found = await uow.batches.get_many(named)
    strange = sum(id_ not in found or found[id_].project_id != project_id for id_ in named)
    if strange:
        text = f"Of these {len(named):,} upload batches the project has {len(named) - strange:,}; name only its own."
        raise invalid(text, "input", "filters", "uploadBatchIds")
