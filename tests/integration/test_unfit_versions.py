"""A version that has lost or changed anything is not trained from, and the reason says what."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.checks import MAX_NAMES
from domain.jobs import JobKind
from domain.models.training import TrainingConfig, TrainingJob, TrainingJobStatus
from domain.models.version import DatasetStatus, Split
from domain.ports import ObjectStore
from domain.training import StartTraining, start_training
from renderers import renderer
from seeds import take
from snapshots import images_of
from stored_versions import Frozen, checked, flip, frozen_version, manifest_key
from training_hosts import training_on
from workers.claims import PermanentError


async def test_one_bad_object_of_any_split_keeps_a_version_from_training(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(database, store, tmp_path, images=20)
    assert frozen.version.manifest is not None
    images = images_of(await store.get(frozen.version.manifest.s3_key))
    of_split = {image.split: image for image in images}
    assert len(of_split) == 3
    for split in Split:
        image = of_split[split]
        job = await waiting_training(database, frozen)
        await store.delete(image.s3_key)
        reason = await refused_training(database, store, tmp_path, job)
        assert (
            f"1 of the version's 20 images cannot be used; missing from the object store: {image.filename}." in reason
        )
        assert "verify the version" in reason
        await store.put(image.s3_key, image.filename.removesuffix(".jpg").encode(), "image/jpeg")


async def test_a_damaged_manifest_keeps_a_version_from_training(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(database, store, tmp_path)
    job = await waiting_training(database, frozen)
    await flip(store, manifest_key(frozen))
    assert "manifest does not match its checksum" in await refused_training(database, store, tmp_path, job)


async def waiting_training(database: SqlDatabase, frozen: Frozen) -> TrainingJob:
    config = TrainingConfig(epochs=1)
    return await start_training(
        database, frozen.home.principal, StartTraining(frozen.version.id, config, None, True, None)
    )


async def refused_training(database: SqlDatabase, store: ObjectStore, folder: Path, job: TrainingJob) -> str:
    """Has a GPU worker take the job up; the reason why it failed. Nothing was rendered."""
    async with renderer(folder) as rendering:
        training = training_on(database, store, rendering, folder)
        claim = await take(database, JobKind.TRAINING)
        assert claim.id == job.id
        with pytest.raises(PermanentError) as refusal:
            await training.run(claim)
    await training.fail(claim, str(refusal.value))
    failed = await database.read(lambda uow: uow.jobs.get(job.id))
    assert failed is not None
    assert (failed.status, failed.failure_reason) == (TrainingJobStatus.FAILED, str(refusal.value))
    version = await database.read(lambda uow: uow.versions.get(job.dataset_id))
    assert version is not None
    assert version.status is DatasetStatus.READY
    return str(refusal.value)


async def test_a_flipped_bit_in_each_of_200_objects_is_found_and_training_refuses(
    sqlite_database: SqlDatabase, any_store: ObjectStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(sqlite_database, any_store, tmp_path, images=200)
    job = await waiting_training(sqlite_database, frozen)
    for key in frozen.keys:
        await flip(any_store, key)
    check = await checked(sqlite_database, any_store, tmp_path, frozen)
    assert (check.intact, check.manifest_intact, check.objects_checked) == (False, True, 200)
    assert (check.corrupt_count, check.missing_count, check.missing) == (200, 0, ())
    assert len(set(check.corrupt)) == MAX_NAMES
    assert set(check.corrupt) < {f"image-{number:03}.jpg" for number in range(200)}

    reason = await refused_training(sqlite_database, any_store, tmp_path, job)
    assert "200 of the version's 200 images" in reason
    assert "changed since they were frozen: image-000.jpg, image-001.jpg," in reason
    assert "and 195 more" in reason

    await flip(any_store, manifest_key(frozen))
    check = await checked(sqlite_database, any_store, tmp_path, frozen)
    assert (check.intact, check.manifest_intact) == (False, False)
    assert (check.objects_total, check.objects_checked, check.corrupt_count) == (200, 200, 200)
