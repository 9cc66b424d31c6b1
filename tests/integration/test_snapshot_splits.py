"""What splits are inherited, kept from an import, or drawn for a group, on SQLite and MariaDB."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import latest_splits
from domain.jobs import JobKind
from domain.models.config import SnapshotFilters, SplitConfig, SplitGroup, VersionConfig
from domain.models.version import DatasetStatus, DatasetVersion, Split
from seeds import Home, add_batch, add_images, annotate, digest_of, make_home, request_version, take
from snapshots import HALVES, frozen, frozen_home, frozen_images, rows_of, set_columns
from workers.snapshot import Snapshot


async def latest_of(database: SqlDatabase, home: Home) -> dict[str, Split]:
    mine = select(latest_splits.c.sha256, latest_splits.c.split).where(latest_splits.c.project_id == home.project.id)
    async with database.engine.connect() as connection:
        return dict((await connection.execute(mine)).all())


async def splits_of(database: SqlDatabase, version: DatasetVersion) -> dict[str, Split]:
    return {row["sha256"]: row["split"] for row in await rows_of(database, version)}


async def test_a_ready_version_is_the_latest_appearance_of_its_images(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home, other = await frozen_home(database, "North"), await frozen_home(database, "South")
    first = await frozen(database, store, tmp_path, home)
    before = await splits_of(database, first)
    assert await latest_of(database, home) == before
    assert await latest_of(database, other) == {}

    anew = VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25, inherit=False, seed=5))
    second = await frozen(database, store, tmp_path, home, anew)
    after = await splits_of(database, second)
    assert after != before
    assert await latest_of(database, home) == after
    third = await frozen(database, store, tmp_path, home, VersionConfig(splits=SplitConfig(0.25, 0.5, 0.25, seed=9)))
    assert await splits_of(database, third) == after, "the newest counts, not the first"


async def test_a_version_made_late_does_not_go_before_one_of_newer_data(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North")
    older = await frozen(database, store, tmp_path, home)
    anew = VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25, inherit=False, seed=5))
    newer = await frozen(database, store, tmp_path, home, anew)
    splits = await splits_of(database, newer)
    assert splits != await splits_of(database, older)
    at = older.snapshot_at
    assert at is not None
    await database.write(lambda uow: uow.version_assets.note_latest(home.project.id, older.id, at))
    assert await latest_of(database, home) == splits


async def test_an_image_that_a_later_version_left_out_keeps_its_split(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North")
    batch = await add_batch(database, home.project)
    late = await add_images(database, home.project, ["late-1", "late-2"], batch)
    await annotate(database, home, late)
    whole = await splits_of(database, await frozen(database, store, tmp_path, home))
    only = VersionConfig(splits=HALVES.splits, filters=SnapshotFilters(upload_batch_ids=(batch.id,)))
    await frozen(database, store, tmp_path, home, only)
    again = VersionConfig(splits=SplitConfig(0.25, 0.25, 0.5, seed=3))
    assert await splits_of(database, await frozen(database, store, tmp_path, home, again)) == whole


async def test_a_version_that_fails_is_no_appearance(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    home = await frozen_home(database, "North")
    version = await request_version(database, home, HALVES)
    claim = await take(database, JobKind.SNAPSHOT)
    await Snapshot(database, store, tmp_path).fail(claim, "It failed in a test.")
    failed = await database.read(lambda uow: uow.versions.get(version.id))
    assert failed is not None
    assert failed.status is DatasetStatus.FAILED
    assert await latest_of(database, home) == {}


async def test_imported_splits_go_before_inherited_ones_when_they_are_asked_for(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    assets = await add_images(database, home.project, [f"image-{index}" for index in range(8)])
    await annotate(database, home, assets)
    all_train = SplitConfig(1.0, 0.0, 0.0)
    await frozen(database, store, tmp_path, home, VersionConfig(splits=all_train))
    for asset, split in ((assets[0], Split.TEST), (assets[1], Split.VAL)):
        await set_columns(database, asset, imported_split=split)
    plain = await splits_of(database, await frozen(database, store, tmp_path, home, VersionConfig(splits=all_train)))
    assert set(plain.values()) == {Split.TRAIN}, "nobody asked for the imported ones"
    kept = SplitConfig(1.0, 0.0, 0.0, keep_imported=True)
    version = await frozen(database, store, tmp_path, home, VersionConfig(splits=kept))
    splits = await splits_of(database, version)
    assert (splits[digest_of("image-0")], splits[digest_of("image-1")]) == (Split.TEST, Split.VAL)
    assert sorted(splits.values()).count(Split.TRAIN) == 6
    assert (version.split_counts.val, version.split_counts.test) == (1, 1)


async def test_groups_are_batches_or_places_and_lie_in_one_split(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    batches = [await add_batch(database, home.project, f"flight {index}") for index in range(3)]
    for number, batch in enumerate(batches):
        assets = await add_images(database, home.project, [f"{number}-{index}" for index in range(4)], batch)
        await annotate(database, home, assets)
        for asset in assets[:3]:
            await set_columns(database, asset, gps_latitude=-27.5 - number, gps_longitude=153.0)
    by_batch = SplitConfig(0.4, 0.3, 0.3, group_by=SplitGroup.UPLOAD_BATCH, inherit=False)
    images = await frozen_images(store, await frozen(database, store, tmp_path, home, VersionConfig(splits=by_batch)))
    for number, batch in enumerate(batches):
        members = [image for name, image in images.items() if name.startswith(f"{number}-")]
        assert {image.group for image in members} == {batch.id}
        assert len({image.split for image in members}) == 1
    by_place = SplitConfig(0.4, 0.3, 0.3, group_by=SplitGroup.GPS_CELL, inherit=False)
    images = await frozen_images(store, await frozen(database, store, tmp_path, home, VersionConfig(splits=by_place)))
    for number in range(3):
        located = [images[f"{number}-{index}.jpg"] for index in range(3)]
        assert len({image.group for image in located}) == len({image.split for image in located}) == 1
        alone = images[f"{number}-3.jpg"]
        assert alone.group == alone.sha256, "without a position an image is a group of its own"
