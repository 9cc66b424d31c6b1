"""What the reconciler sets right, gives up and leaves alone, on SQLite and MariaDB; hours pass by shifting rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import metadata, training_datasets, training_jobs
from detecting import add_detector, current, started, wanted
from domain.evaluations import evaluate_model
from domain.events import project_stream, training_stream, version_stream
from domain.jobs import ABANDONED_SECONDS, LEASE_SECONDS, JobKind
from domain.models.detection import DetectionJobStatus
from domain.models.model import EvaluationStatus, InferenceBackend
from domain.models.training import TrainingJob, TrainingJobStatus
from domain.models.version import DatasetStatus, DatasetVersion, Split
from domain.training import cancel_training
from domain.training_progress import preparing, running
from seeds import Home, add_images, add_model, annotate, make_home, reload, request_version, take
from versions_made import heart_beat_ago, in_status, train
from workers.reconciliation import Reconciliation
from workers.snapshot import Snapshot

READY, TRAINING, FAILED, CREATING = (
    DatasetStatus.READY,
    DatasetStatus.TRAINING,
    DatasetStatus.FAILED,
    DatasetStatus.CREATING,
)
DAY = ABANDONED_SECONDS
_AN_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Site:
    """A project, and a reconciler of its database."""

    database: SqlDatabase
    home: Home
    reconciliation: Reconciliation

    async def look(self) -> None:
        """As the reconciler does once a minute, when it is not new."""
        await self.reconciliation.step_in_line()
        await self.reconciliation.give_up_abandoned()

    async def grow_old(self, table: str, id_: str, seconds: int) -> None:
        """As if the row had been made so much earlier."""
        rows = metadata.tables[table]
        async with self.database.engine.begin() as connection:
            mine = rows.select().where(rows.c.id == id_)
            made = (await connection.execute(mine)).one().created_at
            older = update(rows).where(rows.c.id == id_).values(created_at=made - timedelta(seconds=seconds))
            await connection.execute(older)

    async def job(self, job: TrainingJob) -> TrainingJob:
        found = await self.database.read(lambda uow: uow.jobs.get(job.id))
        assert found is not None
        return found

    async def version(self, version: DatasetVersion) -> DatasetVersion:
        return await reload(self.database, version)


@pytest.fixture
async def site(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> Site:
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["one"]))
    return Site(database, home, Reconciliation(database, Snapshot(database, store, tmp_path), "test:io"))


async def test_a_training_that_was_asked_to_stop_and_that_nobody_is_at_is_cancelled(site: Site) -> None:
    version = await in_status(site.database, site.home, READY)
    held, left, unasked = [await train(site.database, site.home, version) for _ in range(3)]
    for job in (held, left, unasked):
        claim = await take(site.database, JobKind.TRAINING)
        await site.database.write(preparing(claim, "cpu"))
        if job is not unasked:
            # Its worker may have died, or put it off until the object store answers.
            asked = await cancel_training(site.database, site.home.principal, job.id)
            assert asked.status is TrainingJobStatus.PREPARING
    for job in (left, unasked):
        await heart_beat_ago(site.database, "TrainingJob", job.id, LEASE_SECONDS + 1)
    await site.reconciliation.cancel_as_asked()
    statuses = [(await site.job(job)).status for job in (held, left, unasked)]
    assert statuses == [TrainingJobStatus.PREPARING, TrainingJobStatus.CANCELLED, TrainingJobStatus.PREPARING]
    events = await site.database.read(lambda uow: uow.events.after(training_stream(left.id), 0, 10))
    assert events[-1].payload["status"] == "CANCELLED"


async def test_statuses_out_of_step_with_their_jobs_are_put_right_and_told(site: Site) -> None:
    idle, busy = await in_status(site.database, site.home, READY), await in_status(site.database, site.home, TRAINING)
    untouched = [await in_status(site.database, site.home, status) for status in (READY, TRAINING, FAILED)]
    await site.database.write(lambda uow: uow.versions.update(idle.id, status=TRAINING))
    await site.database.write(lambda uow: uow.versions.update(busy.id, status=READY))
    stream = project_stream(site.home.project.id)
    head = (await site.database.read(lambda uow: uow.events.head([stream])))[stream]
    await site.look()
    assert (await site.version(idle)).status is READY
    assert (await site.version(busy)).status is TRAINING
    told = await site.database.read(lambda uow: uow.events.after(stream, head, 10))
    assert sorted(event.payload["id"] for event in told) == sorted((idle.id, busy.id))
    assert [await site.version(one) for one in untouched] == untouched
    await site.look()
    assert await site.database.read(lambda uow: uow.versions.out_of_step(10)) == []


async def test_long_work_whose_heart_beats_is_never_touched(site: Site) -> None:
    version = await in_status(site.database, site.home, READY)
    job = await train(site.database, site.home, version)
    claim = await take(site.database, JobKind.TRAINING)
    await site.database.write(preparing(claim, "cpu"))
    await site.database.write(running(claim, {}))
    making = await request_version(site.database, site.home)
    snapshot = await take(site.database, JobKind.SNAPSHOT)
    for table, id_ in (("TrainingJob", job.id), ("TrainingDataset", making.id)):
        await site.grow_old(table, id_, 10 * DAY)
    await site.look()
    assert (await site.job(job)).status is TrainingJobStatus.RUNNING
    assert (await site.version(version)).status is TRAINING
    assert (await site.version(making)).status is CREATING
    for one in (claim, snapshot):
        assert await site.database.write(lambda uow, one=one: uow.claims.beat(one)), "its worker holds it still"  # type: ignore[misc]


async def test_what_a_dead_worker_held_is_left_for_the_next_one(site: Site) -> None:
    version = await in_status(site.database, site.home, READY)
    job = await train(site.database, site.home, version)
    claim = await take(site.database, JobKind.TRAINING)
    await site.database.write(preparing(claim, "cpu"))
    making = await request_version(site.database, site.home)
    await take(site.database, JobKind.SNAPSHOT)
    for table, id_ in (("TrainingJob", job.id), ("TrainingDataset", making.id)):
        await heart_beat_ago(site.database, table, id_, DAY - _AN_HOUR)
        await site.grow_old(table, id_, 2 * DAY)
    await site.look()
    assert (await site.job(job)).status is TrainingJobStatus.PREPARING
    assert (await site.version(making)).status is CREATING
    assert (await take(site.database, JobKind.TRAINING, "next")).id == job.id
    assert (await take(site.database, JobKind.SNAPSHOT, "next")).id == making.id


async def test_work_that_no_worker_came_for_in_a_day_fails_with_what_to_do(site: Site) -> None:
    version = await in_status(site.database, site.home, READY)
    model = await add_model(site.database, version)
    never, died = [await train(site.database, site.home, version) for _ in range(2)]
    evaluation = await evaluate_model(site.database, site.home.principal, model.id, version.id, Split.TEST)
    making = await request_version(site.database, site.home)
    behind = await request_version(site.database, site.home)
    for table, id_ in (
        ("TrainingJob", never.id),
        ("TrainingJob", died.id),
        ("ModelEvaluation", evaluation.id),
        ("TrainingDataset", making.id),
        ("TrainingDataset", behind.id),
    ):
        await site.grow_old(table, id_, DAY + _AN_HOUR)
    await heart_beat_ago(site.database, "TrainingJob", died.id, DAY + 60)
    await site.look()
    for job in (never, died):
        found = await site.job(job)
        assert found.status is TrainingJobStatus.FAILED
        assert found.failure_reason == (
            "No GPU worker was heard of for 24 hours; start one, then start the training again."
        )
        assert found.finished_at is not None
    assert (await site.version(version)).status is READY
    judged = await site.database.read(lambda uow: uow.evaluations.get(evaluation.id))
    assert judged is not None
    assert judged.status is EvaluationStatus.FAILED
    for one in (making, behind):
        lost = await site.version(one)
        reason = "No io worker made it for 24 hours; start one, then retry the version."
        assert (lost.status, lost.failure_reason) == (FAILED, reason)
        stream = version_stream(one.id)
        (*_, last) = await site.database.read(lambda uow, stream=stream: uow.events.after(stream, 0, 10))  # type: ignore[misc]
        assert (last.payload["stage"], last.payload["message"]) == ("FAILED", reason)


@pytest.mark.parametrize("kind", [JobKind.DETECTION, JobKind.ROBOFLOW_DETECTION])
async def test_a_detection_that_no_worker_came_for_in_a_day_fails_with_what_to_do(site: Site, kind: JobKind) -> None:
    database, home = site.database, site.home
    await add_detector(database, home)
    hosted = {"roboflow_models": ("pines/6",), "active_roboflow_model": "pines/6"}
    await database.write(lambda uow: uow.projects.update(home.project.id, **hosted))
    await add_images(database, home.project, ["of a detection"])
    by_us = await started(database, home)
    by_roboflow = await started(database, home, replace(wanted(home), backend=InferenceBackend.ROBOFLOW))
    old, young = (by_us, by_roboflow) if kind is JobKind.DETECTION else (by_roboflow, by_us)
    await site.grow_old("DetectionJob", old.id, DAY + 60)
    await site.look()
    failed = await current(database, old)
    assert failed.status is DetectionJobStatus.FAILED
    assert "start the detection again" in (failed.failure_reason or "")
    assert (await current(database, young)).status is DetectionJobStatus.QUEUED
    # It need not fail while a worker of its kind was heard of, by a job that has ended since.
    again = await started(database, home, replace(wanted(home), backend=old.backend))
    await site.grow_old("DetectionJob", again.id, DAY + 60)
    await heart_beat_ago(database, "DetectionJob", old.id, DAY - 60)
    await site.look()
    assert (await current(database, again)).status is DetectionJobStatus.QUEUED


async def test_a_job_that_waits_behind_others_waits_on(site: Site) -> None:
    version = await in_status(site.database, site.home, READY)
    model = await add_model(site.database, version)
    ahead, waiting = [await train(site.database, site.home, version) for _ in range(2)]
    evaluation = await evaluate_model(site.database, site.home.principal, model.id, version.id, Split.TEST)
    for table, id_ in (("TrainingJob", waiting.id), ("ModelEvaluation", evaluation.id)):
        await site.grow_old(table, id_, 5 * DAY)
    # Its worker was heard of yesterday, and has finished since.
    await site.database.write(lambda uow: uow.jobs.update(ahead.id, status=TrainingJobStatus.COMPLETED))
    await heart_beat_ago(site.database, "TrainingJob", ahead.id, DAY - 60)
    await site.look()
    assert (await site.job(waiting)).status is TrainingJobStatus.QUEUED
    found = await site.database.read(lambda uow: uow.evaluations.get(evaluation.id))
    assert found is not None
    assert found.status is EvaluationStatus.QUEUED
    await heart_beat_ago(site.database, "TrainingJob", ahead.id, DAY + 60)
    await site.look()
    assert (await site.job(waiting)).status is TrainingJobStatus.FAILED


async def test_young_work_is_not_given_up_with_the_old(site: Site) -> None:
    version = await in_status(site.database, site.home, READY)
    old, young = [await train(site.database, site.home, version) for _ in range(2)]
    await site.grow_old("TrainingJob", old.id, DAY + 60)
    await site.look()
    assert (await site.job(old)).status is TrainingJobStatus.FAILED
    assert (await site.job(young)).status is TrainingJobStatus.QUEUED
    assert (await site.version(version)).status is TRAINING


async def test_a_host_that_gave_its_work_back_was_heard_of_then(site: Site) -> None:
    version = await in_status(site.database, site.home, READY)
    given_back, waiting = [await train(site.database, site.home, version) for _ in range(2)]
    for job in (given_back, waiting):
        await site.grow_old("TrainingJob", job.id, 3 * DAY)
    claim = await take(site.database, JobKind.TRAINING)
    await site.database.write(lambda uow: uow.claims.release(claim))
    await site.look()
    for job in (given_back, waiting):
        assert (await site.job(job)).status is TrainingJobStatus.QUEUED
    assert not await site.database.read(lambda uow: uow.claims.held(JobKind.TRAINING, claim.id))


async def test_a_worker_that_comes_at_that_moment_has_the_job_or_finds_it_failed(site: Site) -> None:
    version = await in_status(site.database, site.home, READY)
    job = await train(site.database, site.home, version)
    await site.grow_old("TrainingJob", job.id, DAY + 60)
    claim = await take(site.database, JobKind.TRAINING)
    await site.look()
    assert (await site.job(job)).status is TrainingJobStatus.QUEUED
    await site.database.write(preparing(claim, "cpu"))
    assert (await site.version(version)).status is TRAINING


async def test_what_another_application_made_is_left_alone(site: Site) -> None:
    version = await in_status(site.database, site.home, READY)
    async with site.database.engine.begin() as connection:
        job = {"id": "legacy", "dataset_id": version.id, "team_id": site.home.team.id, "status": "RUNNING"}
        shape = {"base_model": "YOLO11N", "epochs": 1, "batch_size": 1, "image_size": 64}
        long_ago = version.created_at - timedelta(days=400)
        await connection.execute(insert(training_jobs).values(**job, **shape, created_at=long_ago))
        made = update(training_datasets).where(training_datasets.c.id == version.id)
        await connection.execute(made.values(version=None, created_at=long_ago))
    for status in (CREATING, READY, TRAINING):
        async with site.database.engine.begin() as connection:
            await connection.execute(update(training_datasets).values(status=status))
        await site.look()
        async with site.database.engine.connect() as connection:
            rows = await connection.execute(training_datasets.select())
            assert [row.status for row in rows] == [status]
            jobs = await connection.execute(training_jobs.select())
            assert [(row.status, row.attempt) for row in jobs] == [("RUNNING", 0)]


async def test_a_lease_that_is_over_is_no_sign_that_a_worker_is_gone(site: Site) -> None:
    making = await request_version(site.database, site.home)
    await site.grow_old("TrainingDataset", making.id, 2 * DAY)
    await heart_beat_ago(site.database, "TrainingDataset", making.id, LEASE_SECONDS + 1)
    await site.look()
    assert (await site.version(making)).status is CREATING
