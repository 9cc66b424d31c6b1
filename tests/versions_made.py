"""Versions in each status, without the work that brings them there."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import update

from db.database import SqlDatabase
from db.tables import metadata
from db.types import database_now
from domain.ids import new_id
from domain.models.config import VersionConfig
from domain.models.training import TrainingConfig, TrainingJob
from domain.models.version import DatasetStatus, DatasetVersion, Manifest, Split, SplitCounts, VersionAsset
from domain.ports import UnitOfWork
from domain.training import StartTraining, start_training
from seeds import Home, digest_of, reload, request_version


async def in_status(database: SqlDatabase, home: Home, status: DatasetStatus) -> DatasetVersion:
    """A new version of the project; those that are or were READY have one image in each split, named, not stored."""
    version = await request_version(database, home, VersionConfig())
    if status is DatasetStatus.FAILED:
        await database.write(
            lambda uow: uow.versions.update(version.id, status=status, failure_reason="The store was full.")
        )
    elif status is not DatasetStatus.CREATING:
        await _freeze(database, version)
        if status is DatasetStatus.ARCHIVED:
            await database.write(lambda uow: uow.versions.update(version.id, status=status))
        elif status is DatasetStatus.TRAINING:
            await train(database, home, version)
    found = await reload(database, version)
    assert found.status is status
    return found


async def train(database: SqlDatabase, home: Home, version: DatasetVersion) -> TrainingJob:
    """A queued training from scratch."""
    wanted = StartTraining(version.id, TrainingConfig(epochs=1), None, True, None)
    return await start_training(database, home.principal, wanted)


async def heart_beat_ago(database: SqlDatabase, table: str, id_: str, seconds: int) -> None:
    """As if the row's worker had last been heard of so long ago."""
    rows = metadata.tables[table]
    async with database.engine.begin() as connection:
        await connection.execute(
            update(rows)
            .where(rows.c.id == id_)
            .values(heartbeat_at=database_now(seconds), attempt=1, strikes=1, worker="gone")
        )


async def _freeze(database: SqlDatabase, version: DatasetVersion) -> None:
    rows = [_row(version.id, position, split) for position, split in enumerate(Split)]

    async def work(uow: UnitOfWork) -> None:
        await uow.version_assets.add(rows)
        await uow.versions.update(
            version.id,
            status=DatasetStatus.READY,
            snapshot_at=datetime.now(UTC),
            image_count=len(rows),
            annotation_count=len(rows),
            classes=("wattle",),
            split_counts=SplitCounts(1, 1, 1, 1),
            manifest=Manifest(f"teams/{version.team_id}/manifest.json", digest_of("manifest"), 100),
            content_digest=digest_of("content"),
        )

    await database.write(work)


def _row(dataset_id: str, position: int, split: Split) -> VersionAsset:
    return VersionAsset(
        id=new_id(),
        dataset_id=dataset_id,
        asset_id=new_id(),
        position=position,
        split=split,
        filename=f"{split.value}.jpg",
        s3_key=f"teams/team/{position}",
        sha256=digest_of(split.value),
        width=640,
        height=480,
        gps_latitude=None,
        gps_longitude=None,
        annotation_count=1,
    )
