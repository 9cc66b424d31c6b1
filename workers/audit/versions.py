"""Versions, as far as the database tells: their numbers, the rows of what they froze, and when they are TRAINING."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.models.audit import Portion, VersionNumbers
from domain.models.version import DatasetStatus, DatasetVersion, Split, SplitCounts
from domain.ports import Database, UnitOfWork
from workers.audit.check import Check
from workers.audit.finding import Finding
from workers.audit.row_check import RowCheck

NUMBERS, ROWS, STATUS = "version-numbers", "frozen-rows", "training-status"
_RESTORE = "restore the rows from a backup of the database and reconcile the version, or make another version"


def version_checks(database: Database) -> list[Check]:
    return [
        RowCheck(
            database, NUMBERS, "projects", lambda uow, portion: uow.audit.version_numbers(portion), version_numbers
        ),
        RowCheck(database, ROWS, "versions", _frozen_rows, frozen_rows),
        RowCheck(database, STATUS, "versions", _trainings, training_status),
    ]


@dataclass(frozen=True, slots=True)
class FrozenRows:
    """A version, and how many of its images' rows there are in each split."""

    id: str
    version: DatasetVersion
    rows: SplitCounts


@dataclass(frozen=True, slots=True)
class Trainings:
    """A version, and how many of its trainings are unfinished."""

    id: str
    version: DatasetVersion
    unfinished: int


def named(version: DatasetVersion) -> str:
    """The version as the subject of a finding."""
    return f"version {version.version} ({version.id}) of project {version.project_id}"


def keeps_something(version: DatasetVersion) -> bool:
    """What the version froze is promised to be there: it is READY, TRAINING, or was READY before it was archived."""
    if version.status is DatasetStatus.ARCHIVED:
        return version.failure_reason is None
    return version.status in (DatasetStatus.READY, DatasetStatus.TRAINING)


def version_numbers(one: VersionNumbers) -> Finding | None:
    """The numbers of a project's versions go from 1 on without a gap: versions are archived, never deleted."""
    if one.count == 0 or (one.lowest == 1 and one.highest == one.count):
        return None
    message = (
        f"Its {one.count:,} versions have numbers from {one.lowest} to {one.highest}: some are gone. Restore their "
        "rows of TrainingDataset from a backup of the database; what models were trained from is not known otherwise."
    )
    return Finding(NUMBERS, f"project {one.id}", message)


def frozen_rows(one: FrozenRows) -> Finding | None:
    """What a version promises has a manifest, and a row for each image in the split that its counts say."""
    version, rows = one.version, one.rows
    fault = _fault(version, rows)
    return Finding(ROWS, named(version), fault) if fault is not None else None


def _fault(version: DatasetVersion, rows: SplitCounts) -> str | None:
    there = rows.of(tuple(Split))
    if not keeps_something(version):
        left = version.status is DatasetStatus.FAILED and version.snapshot_at is None and there
        return (
            f"It FAILED before it was frozen, but {there:,} rows of images are left; retry the version."
            if left
            else None
        )
    if version.snapshot_at is None or version.manifest is None:
        return f"It is {version.status}, but names no manifest; {_RESTORE}."
    if there != version.image_count:
        return f"It froze {version.image_count:,} images, but {there:,} rows of them are there; {_RESTORE}."
    told = version.split_counts
    if (told.train, told.val, told.test) != (rows.train, rows.val, rows.test):
        return (
            f"It counts {told.train:,}/{told.val:,}/{told.test:,} images for training, validation and test, but the "
            f"rows are {rows.train:,}/{rows.val:,}/{rows.test:,}; {_RESTORE}."
        )
    return None


def training_status(one: Trainings) -> Finding | None:
    """A version is TRAINING exactly while a training of it is QUEUED, PREPARING or RUNNING."""
    version = one.version
    if (version.status is DatasetStatus.TRAINING) is (one.unfinished > 0):
        return None
    message = (
        f"It is {version.status} with {one.unfinished:,} unfinished trainings. An io worker sets that right within a "
        "minute where it can (it runs, and the version is READY or TRAINING); else reconcile the version."
    )
    return Finding(STATUS, named(version), message)


async def _frozen_rows(uow: UnitOfWork, portion: Portion) -> Sequence[FrozenRows]:
    ids = await uow.audit.version_ids(portion)
    versions = await uow.versions.get_many(ids)
    counts = {split: await uow.version_assets.counts(ids, split) for split in Split}
    train, val, test = (counts[split] for split in (Split.TRAIN, Split.VAL, Split.TEST))
    return [
        FrozenRows(id_, versions[id_], SplitCounts(train.get(id_, 0), val.get(id_, 0), test.get(id_, 0))) for id_ in ids
    ]


async def _trainings(uow: UnitOfWork, portion: Portion) -> Sequence[Trainings]:
    ids = await uow.audit.version_ids(portion)
    versions = await uow.versions.get_many(ids)
    unfinished = await uow.audit.unfinished_trainings(ids)
    return [Trainings(id_, versions[id_], unfinished.get(id_, 0)) for id_ in ids]
