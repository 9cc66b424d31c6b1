"""The numbers that a version made now would have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.models.people import Principal
from domain.models.version import ClassCount, Notice, SplitCounts
from domain.policies import Action, authorize_project
from domain.ports import Database, UnitOfWork
from domain.splits import assign, split_counts
from domain.version_input import check_version_config
from domain.version_notices import unread_notices
from domain.versions import CreateVersion


@dataclass(frozen=True, slots=True)
class VersionPreview:
    """The numbers that a version made now would have."""

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
        config, project_id = command.config, command.project_id
        images = await uow.versions.selected(project_id, config.filters)
        classes = await uow.versions.selected_classes(project_id, config.filters)
        latest = await uow.versions.latest_splits(project_id) if config.splits.inherit else {}
        assignment = assign(images, config.splits, latest)
        counts = split_counts(assignment, config)
        return VersionPreview(
            next_version=await uow.versions.next_number(project_id),
            image_count=len(images),
            annotation_count=sum(one.annotations for one in classes),
            class_counts=classes,
            split_counts=counts,
            output_images=counts.train_augmented + (counts.val + counts.test) * config.preprocessing.tiles,
            exact=True,
            warnings=assignment.notices + unread_notices(await uow.versions.unread(project_id, config.filters)),
        )

    return await database.read(work)
