"""Who holds a row, on SQLite and MariaDB: one worker at a time, and nothing is written by one that lost it."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import training_datasets, training_jobs
from db.types import database_now
from domain.errors import ClaimLostError
from domain.jobs import LEASE_SECONDS, MAX_STRIKES, Claim, JobKind
from domain.models.asset import UploadState
from domain.models.training import TrainingJobStatus
from domain.models.version import DatasetStatus, DatasetVersion
from domain.training_progress import preparing
from seeds import (
    Home,
    add_batch,
    add_images,
    add_project,
    add_uploads,
    annotate,
    make_home,
    reload,
    request_version,
    take,
)
from stack import PATIENCE
from versions_made import in_status, train
from workers.claims import ClaimLoops, PermanentError
from workers.snapshot import Snapshot


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["one"]))
    return home


@pytest.fixture
async def version(database: SqlDatabase, home: Home) -> DatasetVersion:
    return await request_version(database, home)


async def grow_stale(database: SqlDatabase, version: DatasetVersion) -> None:
    """As if the worker that holds the row had not been heard of for longer than the lease."""
    async with database.engine.begin() as connection:
        await connection.execute(
            update(training_datasets)
            .where(training_datasets.c.id == version.id)
            .values(heartbeat_at=database_now(LEASE_SECONDS + 1))
        )


async def try_take(database: SqlDatabase, kind: JobKind = JobKind.SNAPSHOT, worker: str = "other") -> Claim | None:
    return await database.write(lambda uow: uow.claims.take(kind, worker))


async def test_of_many_takers_of_a_row_one_has_it(database: SqlDatabase, version: DatasetVersion) -> None:
    taken = await asyncio.gather(*(try_take(database, worker=f"worker-{index}") for index in range(12)))
    (claim,) = [one for one in taken if one is not None]
    assert (claim.id, claim.attempt, claim.strikes) == (version.id, 1, 1)
    async with database.engine.connect() as connection:
        held = (await connection.execute(select(training_datasets.c.worker))).scalar_one()
    assert held == claim.worker


async def test_many_rows_and_takers_each_have_one(database: SqlDatabase, home: Home) -> None:
    batch = await add_batch(database, home.project)
    uploads = await add_uploads(
        database, home.project, batch, [f"file-{index}" for index in range(10)], UploadState.VERIFYING
    )
    taken: list[Claim] = []
    for _ in range(3):  # a taker whose candidates others took comes back later, as the sweep does
        taken += [one for one in await asyncio.gather(*(try_take(database, JobKind.UPLOAD) for _ in uploads)) if one]
    assert sorted(claim.id for claim in taken) == sorted(upload.id for upload in uploads)


async def test_a_row_is_taken_again_when_its_heart_has_stopped(database: SqlDatabase, version: DatasetVersion) -> None:
    first = await take(database, JobKind.SNAPSHOT)
    assert await try_take(database) is None
    assert await database.write(lambda uow: uow.claims.beat(first))
    assert await try_take(database) is None
    await grow_stale(database, version)
    second = await take(database, JobKind.SNAPSHOT, "second")
    assert (second.id, second.attempt, second.strikes) == (version.id, 2, 2)
    assert not await database.write(lambda uow: uow.claims.beat(first))
    assert await try_take(database) is None, "the old worker's beat must not have touched the row"


async def test_who_lost_the_row_writes_nothing(
    database: SqlDatabase, store: LocalStore, tmp_path: Path, version: DatasetVersion
) -> None:
    old = await take(database, JobKind.SNAPSHOT)
    await grow_stale(database, version)
    new = await take(database, JobKind.SNAPSHOT, "second")
    snapshot = Snapshot(database, store, tmp_path)
    before = await reload(database, version)
    with pytest.raises(ClaimLostError):
        await snapshot.run(old)
    with pytest.raises(ClaimLostError):
        await snapshot.fail(old, "It was lost.")
    await database.write(lambda uow: uow.claims.release(old))
    assert await reload(database, version) == before
    assert await try_take(database) is None, "the old worker's release must not have freed the row"
    await snapshot.run(new)
    assert (await reload(database, version)).status is DatasetStatus.READY


async def test_a_released_row_is_free_at_once_and_costs_no_strike(
    database: SqlDatabase, version: DatasetVersion
) -> None:
    claim = await take(database, JobKind.SNAPSHOT)
    await database.write(lambda uow: uow.claims.release(claim))
    again = await take(database, JobKind.SNAPSHOT)
    assert (again.id, again.attempt, again.strikes) == (version.id, 2, 1)


async def test_a_version_waits_for_the_lower_ones_of_its_project_alone(database: SqlDatabase, home: Home) -> None:
    first, second = await request_version(database, home), await request_version(database, home)
    other = await add_project(database, home.team, "East block")
    await annotate(database, home, await add_images(database, other, ["two"]), project=other)
    beside = await request_version(database, home, project=other)
    taken = {(await take(database, JobKind.SNAPSHOT)).id for _ in range(2)}
    assert taken == {first.id, beside.id}
    assert await try_take(database) is None
    await database.write(lambda uow: uow.versions.update(first.id, status=DatasetStatus.FAILED))
    assert (await take(database, JobKind.SNAPSHOT)).id == second.id


class Stumbling:
    """Work that goes wrong in the way it is told to."""

    kind = JobKind.SNAPSHOT
    slots = 1

    def __init__(self, snapshot: Snapshot, error: Exception) -> None:
        self._snapshot = snapshot
        self._error = error
        self.runs = 0

    async def run(self, claim: Claim) -> None:
        self.runs += 1
        raise self._error

    async def fail(self, claim: Claim, reason: str) -> None:
        await self._snapshot.fail(claim, reason)


@asynccontextmanager
async def looping(database: SqlDatabase, handler: Stumbling) -> AsyncIterator[ClaimLoops]:
    loops = ClaimLoops(database, "test", [handler])
    task = asyncio.create_task(loops.run())
    try:
        yield loops
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settled(database: SqlDatabase, version: DatasetVersion) -> DatasetVersion:
    """The version, once it is no longer being made."""
    while True:
        current = await reload(database, version)
        if current.status is not DatasetStatus.CREATING:
            return current
        await asyncio.sleep(0.05)


async def test_work_that_keeps_failing_ends_with_a_reason(
    database: SqlDatabase, store: LocalStore, tmp_path: Path, version: DatasetVersion
) -> None:
    handler = Stumbling(
        Snapshot(database, store, tmp_path), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a/path/of/the/host")
    )
    async with asyncio.timeout(PATIENCE), looping(database, handler) as loops:
        while (current := await reload(database, version)).status is DatasetStatus.CREATING:
            if handler.runs < MAX_STRIKES:
                await grow_stale(database, version)
            loops.nudge(JobKind.SNAPSHOT)
            await asyncio.sleep(0.05)
    assert current.status is DatasetStatus.FAILED
    assert current.failure_reason is not None
    assert os.strerror(errno.ENOSPC) in current.failure_reason
    assert "/a/path" not in current.failure_reason
    assert handler.runs == MAX_STRIKES


async def test_a_row_that_killed_its_workers_is_given_up_unread(
    database: SqlDatabase, store: LocalStore, tmp_path: Path, version: DatasetVersion
) -> None:
    for _ in range(MAX_STRIKES):
        await take(database, JobKind.SNAPSHOT)
        await grow_stale(database, version)
    handler = Stumbling(Snapshot(database, store, tmp_path), OSError("it must not run again"))
    async with asyncio.timeout(PATIENCE), looping(database, handler):
        current = await settled(database, version)
    assert (current.status, handler.runs) == (DatasetStatus.FAILED, 0)
    assert current.failure_reason is not None
    assert "interrupted" in current.failure_reason


async def test_what_no_attempt_would_mend_is_not_tried_again(
    database: SqlDatabase, store: LocalStore, tmp_path: Path, version: DatasetVersion
) -> None:
    handler = Stumbling(Snapshot(database, store, tmp_path), PermanentError("Nothing is left to freeze."))
    async with asyncio.timeout(PATIENCE), looping(database, handler):
        current = await settled(database, version)
    assert (current.failure_reason, handler.runs) == ("Nothing is left to freeze.", 1)


async def test_a_training_of_before_versioning_is_left_to_the_application_that_made_it(
    database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(
            insert(training_jobs).values(
                id="legacy",
                dataset_id=version.id,
                team_id=home.team.id,
                project_id=home.project.id,
                status=TrainingJobStatus.RUNNING,
                base_model="YOLO11N",
                epochs=1,
                batch_size=1,
                image_size=64,
                created_at=version.created_at,
            )
        )
        await connection.execute(update(training_datasets).values(version=None, status=DatasetStatus.READY))
    assert await try_take(database, JobKind.TRAINING) is None
    assert await database.read(lambda uow: uow.jobs.counts([home.project.id], None)) == {}
    async with database.engine.begin() as connection:
        await connection.execute(update(training_datasets).values(version=1))
    assert await try_take(database, JobKind.TRAINING) is not None


async def test_places_in_the_queue_count_the_trainings_that_a_worker_would_take_first(
    database: SqlDatabase, home: Home
) -> None:
    foreign, ours = [await in_status(database, home, DatasetStatus.READY) for _ in range(2)]
    jobs = [await train(database, home, version) for version in (foreign, ours, ours)]
    async with database.engine.begin() as connection:
        await connection.execute(
            update(training_datasets).where(training_datasets.c.id == foreign.id).values(version=None)
        )
    positions = await database.read(lambda uow: uow.jobs.queue_positions([job.id for job in jobs[1:]]))
    assert [positions[job.id] for job in jobs[1:]] == [1, 2]
    claim = await take(database, JobKind.TRAINING)
    await database.write(preparing(claim, "cpu"))
    positions = await database.read(lambda uow: uow.jobs.queue_positions([job.id for job in jobs[1:]]))
    assert positions == {jobs[2].id: 1}
