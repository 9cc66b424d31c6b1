"""A worker dies before or after any step of a snapshot, on MariaDB and S3: the version comes out as if nothing had
happened, or fails, and nothing is left of what the dead did."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.settings import Settings
from db.database import SqlDatabase
from domain.jobs import MAX_STRIKES
from domain.models.version import DatasetStatus, DatasetVersion
from domain.ports import ObjectStore
from s3_server import S3Server
from seeds import Home, freeze, reload, request_version, silent_database
from snapshots import HALVES, frozen, frozen_home, images_of, manifest_of, rows_of
from workers.collection import Collection

_IMAGES = 10
_START_SECONDS = 60
_NEVER = "never"
_TESTS = Path(__file__).parents[1]


class Child:
    """The process that makes snapshots and dies."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def run(self, fatal: str) -> tuple[bool, list[str]]:
        """Whether it died, and the step at which it did; or all steps of the snapshot, which was seen through."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{fatal}\n".encode())
        async with asyncio.timeout(_START_SECONDS):
            outcome, steps = json.loads(await self._process.stdout.readline())
        assert outcome in ("died", "done")
        return outcome == "died", steps


@asynccontextmanager
async def running_child(words: dict[str, object]) -> AsyncIterator[Child]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(_TESTS / "snapshot_child.py"),
        json.dumps(words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(_TESTS.parent)},
    )
    try:
        yield Child(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@dataclass(frozen=True, slots=True)
class Place:
    """A project on MariaDB whose objects are on S3, a first version of it, and the child that makes others."""

    database: SqlDatabase
    store: ObjectStore
    folder: Path
    home: Home
    twin: DatasetVersion
    child: Child

    async def objects(self) -> set[str]:
        return {one.key async for one in self.store.under(f"teams/{self.home.team.id}/")}

    async def die(self, version: DatasetVersion, step: str) -> None:
        """Has the child make the version and die at that step; its lease is over then."""
        died, _ = await self.child.run(step)
        assert died, f"there was no {step}"
        await self.database.write(lambda uow: uow.versions.update(version.id, heartbeat_at=None))


@pytest.fixture
async def place(
    migrated_mariadb_url: str, s3_server: S3Server, s3_settings: Settings, s3_store: ObjectStore, tmp_path: Path
) -> AsyncIterator[Place]:
    database = silent_database(migrated_mariadb_url)
    home = await frozen_home(database, "North", images=_IMAGES)
    words: dict[str, object] = {
        "database_url": migrated_mariadb_url,
        "settings": s3_server.words(s3_settings.s3_bucket),
        "folder": str(tmp_path),
    }
    async with running_child(words) as child:
        twin = await frozen(database, s3_store, tmp_path, home)
        yield Place(database, s3_store, tmp_path, home, twin, child)
    await database.close()


async def test_a_version_whose_worker_died_at_any_step_is_made_whole(place: Place) -> None:
    database, store = place.database, place.store
    undisturbed = await request_version(database, place.home, HALVES)
    _, steps = await place.child.run(_NEVER)
    check_steps(steps)
    versions = [place.twin, await reload(database, undisturbed)]
    for step in steps:
        version = await request_version(database, place.home, HALVES)
        await place.die(version, step)
        left = await reload(database, version)
        if left.status is DatasetStatus.CREATING:
            assert (left.manifest, left.image_count, left.content_digest) == (None, 0, None), step
            left = await freeze(database, store, place.folder, version)
        await check_whole(place, left, step)
        versions.append(left)
    named = {version.manifest.s3_key for version in versions if version.manifest}
    assert len(named) == len(versions)
    assert await place.objects() > named, "no attempt died between its manifest and its last transaction"
    await Collection(database, store).collect_strays(datetime.now(UTC) + timedelta(days=2))
    assert await place.objects() == named


async def test_a_version_whose_workers_die_again_and_again_fails_and_leaves_nothing(place: Place) -> None:
    database = place.database
    version = await request_version(database, place.home, HALVES)
    for _ in range(MAX_STRIKES):
        await place.die(version, "1. before 'INSERT INTO `LatestSplit`")
    assert len(await rows_of(database, version)) == _IMAGES, "it died before its rows were written"
    assert len(await place.objects()) > 1, "no attempt came as far as its manifest"
    await place.child.run(_NEVER)
    failed = await reload(database, version)
    assert (failed.status, failed.manifest, failed.content_digest) == (DatasetStatus.FAILED, None, None)
    assert failed.failure_reason is not None
    assert f"{MAX_STRIKES} times" in failed.failure_reason
    assert await rows_of(database, version) == []
    await Collection(database, place.store).collect_strays(datetime.now(UTC) + timedelta(days=2))
    assert place.twin.manifest is not None
    assert await place.objects() == {place.twin.manifest.s3_key}


async def check_whole(place: Place, version: DatasetVersion, step: str) -> None:
    """It is as the undisturbed one, and its rows and its manifest are all there."""
    twin = place.twin
    assert version.status is DatasetStatus.READY, step
    assert version.content_digest == twin.content_digest, step
    assert (version.image_count, version.annotation_count) == (_IMAGES, 2 * _IMAGES), step
    assert (version.split_counts, version.class_counts) == (twin.split_counts, twin.class_counts), step
    rows = await rows_of(place.database, version)
    images = images_of(await manifest_of(place.store, version))
    assert [row["position"] for row in rows] == list(range(_IMAGES)), step
    assert [(row["sha256"], row["split"]) for row in rows] == [(image.sha256, image.split) for image in images], step


def check_steps(steps: list[str]) -> None:
    """Every part of a snapshot was among them."""
    for part, least in {
        "before 'START TRANSACTION WITH CONSISTENT": 1,
        "before 'SELECT `Asset`": 3,
        "before ROLLBACK": 1,
        "before-call CreateMultipartUpload": 1,
        "before-call UploadPart": 2,
        "after-call UploadPart": 2,
        "before-call CompleteMultipartUpload": 1,
        "after-call CompleteMultipartUpload": 1,
        "before 'DELETE FROM `TrainingDatasetAsset`": 1,
        "before 'INSERT INTO `TrainingDatasetAsset`": 3,
        "before 'INSERT INTO `LatestSplit`": 1,
        "before COMMIT": 9,
    }.items():
        assert sum(part in step for step in steps) >= least, (part, steps)
