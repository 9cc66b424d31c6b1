"""A version is TRAINING exactly while one of its jobs is QUEUED, PREPARING or RUNNING, on SQLite and MariaDB."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from db.database import SqlDatabase
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.keys import weights_key
from domain.models.config import Preprocessing
from domain.models.model import TrainedModel
from domain.models.training import BaseModel, TrainingJob, TrainingJobStatus
from domain.models.version import DatasetStatus, DatasetVersion
from domain.paging import page_request
from domain.training import cancel_training
from domain.training_progress import completed, ended, preparing, running
from seeds import Home, add_images, annotate, digest_of, make_home, reload, take
from versions_made import in_status, train

READY, TRAINING = DatasetStatus.READY, DatasetStatus.TRAINING


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["one"]))
    return home


@pytest.fixture
async def version(database: SqlDatabase, home: Home) -> DatasetVersion:
    return await in_status(database, home, READY)


async def status(database: SqlDatabase, version: DatasetVersion) -> DatasetStatus:
    """The version's status, which must be the one that its jobs say."""
    found = (await reload(database, version)).status
    unfinished = await database.read(lambda uow: uow.jobs.unfinished_of(version.id))
    assert found is (TRAINING if unfinished else READY)
    return found


def model_of(version: DatasetVersion, job: TrainingJob, name: str) -> TrainedModel:
    return TrainedModel(
        id=new_id(),
        project_id=version.project_id,
        team_id=version.team_id,
        name=name,
        dataset_id=version.id,
        training_job_id=job.id,
        parent_model_id=None,
        base_model=BaseModel.YOLO11N,
        classes=("wattle",),
        metrics=None,
        weights_key=weights_key(version.team_id, digest_of(job.id)),
        sha256=digest_of(job.id),
        size_bytes=1000,
        image_size=160,
        preprocessing=Preprocessing(),
        created_at=datetime.now(UTC),
    )


async def end(database: SqlDatabase, version: DatasetVersion, job: TrainingJob, claim: Claim, how: str) -> None:
    match how:
        case "completed":
            await database.write(completed(claim, lambda name: model_of(version, job, name)))
        case "failed":
            await database.write(ended(claim, TrainingJobStatus.FAILED, "It was a test."))
        case _:
            await database.write(ended(claim, TrainingJobStatus.CANCELLED, None))


@pytest.mark.parametrize("how", ["completed", "failed", "cancelled"])
async def test_a_job_holds_its_version_from_its_queue_to_its_end(
    database: SqlDatabase, home: Home, version: DatasetVersion, how: str
) -> None:
    assert await status(database, version) is READY
    job = await train(database, home, version)
    assert await status(database, version) is TRAINING
    claim = await take(database, JobKind.TRAINING)
    await database.write(preparing(claim, "cpu"))
    assert await status(database, version) is TRAINING
    await database.write(running(claim, {}))
    assert await status(database, version) is TRAINING
    if how == "cancelled":
        await cancel_training(database, home.principal, job.id)
        assert await status(database, version) is TRAINING, "its worker is still at it"
    await end(database, version, job, claim, how)
    assert await status(database, version) is READY


async def test_a_job_that_fails_or_is_cancelled_before_it_runs_lets_its_version_go(
    database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    waiting = await train(database, home, version)
    await cancel_training(database, home.principal, waiting.id)
    assert await status(database, version) is READY
    await train(database, home, version)
    claim = await take(database, JobKind.TRAINING)
    await database.write(ended(claim, TrainingJobStatus.FAILED, "It never began."))
    assert await status(database, version) is READY


async def test_two_jobs_hold_it_until_the_second_ends(
    database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    first, second = await train(database, home, version), await train(database, home, version)
    claims = [await take(database, JobKind.TRAINING) for _ in range(2)]
    for claim in claims:
        await database.write(preparing(claim, "cpu"))
        await database.write(running(claim, {}))
    await end(database, version, first, claims[0], "completed")
    assert await status(database, version) is TRAINING
    await end(database, version, second, claims[1], "failed")
    assert await status(database, version) is READY


async def cancel_all(database: SqlDatabase, home: Home, version: DatasetVersion) -> int:
    """Cancels at once what waits; how many they were."""
    pages = await database.read(lambda uow: uow.jobs.pages_of_versions([version.id], page_request(100, None)))
    waiting = [job for job in pages[version.id].items if job.status is TrainingJobStatus.QUEUED]
    await asyncio.gather(*(cancel_training(database, home.principal, job.id) for job in waiting))
    return len(waiting)


async def test_jobs_that_begin_and_end_at_once_leave_it_in_line(
    database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    for _ in range(3):
        jobs = [await train(database, home, version) for _ in range(4)]
        await asyncio.gather(
            *(cancel_training(database, home.principal, job.id) for job in jobs),
            *(train(database, home, version) for _ in range(2)),
        )
        assert await status(database, version) is TRAINING
        assert await cancel_all(database, home, version) == 2
        assert await status(database, version) is READY


async def test_jobs_of_one_version_say_nothing_of_another(
    database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    other = await in_status(database, home, READY)
    await train(database, home, version)
    assert await status(database, other) is READY
    assert await status(database, version) is TRAINING
