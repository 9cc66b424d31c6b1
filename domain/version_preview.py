"""The numbers that a version made now would have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.expected_splits import ExpectedSplits, expected_splits, needs_draws
from domain.models.config import Preprocessing, SplitGroup, VersionConfig
from domain.models.people import Principal
from domain.models.version import ClassCount, Notice, SplitCounts
from domain.policies import Action, authorize_project
from domain.ports import Database, UnitOfWork
from domain.version_input import check_upload_batches, check_version_config
from domain.version_notices import rare_class_notices, unread_notices
from domain.versions import CreateVersion

_COUNTABLE = (SplitGroup.IMAGE, SplitGroup.UPLOAD_BATCH)
"""Groups that the database can count; for the others each image must be looked at."""


@dataclass(frozen=True, slots=True)
class VersionPreview:
    """The numbers that a version made now would have. Where they are not `exact` the images of each split are estimated
    as if each image were a group of its own, or pictures without an object will be left out; what is written is then at
    most as said, and the other numbers hold. Annotations of an adopted database whose coordinates cannot be read are
    counted here, and not frozen."""

    next_version: int
    image_count: int
    annotation_count: int
    class_counts: Sequence[ClassCount]
    split_counts: SplitCounts
    output_images: int
    exact: bool
    warnings: Sequence[Notice]


async def preview_version(database: Database, principal: Principal, command: CreateVersion) -> VersionPreview:
    """What `create_version` would freeze now, without making anything."""

    async def work(uow: UnitOfWork) -> VersionPreview:
        await authorize_project(uow, principal, command.project_id, Action.READ)
        check_version_config(command.config)
        await check_upload_batches(uow, command.project_id, command.config.filters)
        config, project_id = command.config, command.project_id
        classes = await uow.previews.class_counts(project_id, config)
        splits = await _expected(uow, project_id, config)
        tiles = config.preprocessing.tiles
        per_image = tiles * config.augmentation.multiplier
        counts = splits.counts(per_image)
        images = sum(splits.images.values())
        countable = config.splits.group_by in _COUNTABLE
        if not countable:  # all of them may come to lie in TRAIN
            counts = replace(counts, train_augmented=images * per_image)
        return VersionPreview(
            next_version=(await uow.versions.next_numbers([project_id]))[project_id],
            image_count=images,
            annotation_count=sum(one.annotations for one in classes),
            class_counts=classes,
            split_counts=counts,
            output_images=counts.train_augmented + ((counts.val + counts.test) * tiles if countable else 0),
            exact=countable and config.preprocessing.max_empty_fraction is None,
            warnings=(
                *(() if countable else _estimate_notices(config.splits.group_by, images)),
                *_upper_bound_notices(config.preprocessing, images),
                *splits.notices,
                *unread_notices(await uow.versions.unread(project_id, config.filters)),
                *rare_class_notices(classes),
                *_scarce_class_notices(classes, splits),
            ),
        )

    return await database.read(work)


async def _expected(uow: UnitOfWork, project_id: str, config: VersionConfig) -> ExpectedSplits:
    tallies = await uow.previews.tallies(project_id, config)
    free = await uow.previews.free_without_batch(project_id, config) if needs_draws(tallies) else ()
    return expected_splits(tallies, config.splits, free)


def _estimate_notices(group_by: SplitGroup, images: int) -> tuple[Notice, ...]:
    text = (
        f"How {images} images group by {group_by.value} is worked out when the version is made. The numbers of the "
        "splits, and what is said of them here, are estimated as if each image were a group of its own."
    )
    return (Notice("ESTIMATED_SPLITS", text, images),) if images else ()


def _upper_bound_notices(preprocessing: Preprocessing, images: int) -> tuple[Notice, ...]:
    share = preprocessing.max_empty_fraction
    if share is None or not images:
        return ()
    text = (
        f"Pictures without an object are left out until at most {share:.10g} of what remains has none; how many that "
        "are is worked out when the version is made. The numbers of images as written are an upper bound."
    )
    return (Notice("UPPER_BOUND", text, images),)


def _scarce_class_notices(classes: Sequence[ClassCount], splits: ExpectedSplits) -> tuple[Notice, ...]:
    """Warns of classes that some split will surely lack; which one, and what other classes, the version tells."""
    filled = sum(1 for images in splits.images.values() if images)
    scarce = [one for one in classes if one.images < filled]
    if not scarce:
        return ()
    names = ", ".join(f"{one.name} ({one.images})" for one in scarce)
    text = f"Classes on fewer images than there are splits, so that some split will have none of them: {names}."
    return (Notice("MISSING_CLASS_IN_SPLIT", text, len(scarce)),)
