"""What a transaction reads after it waited for a lock is what the holder before it left, on SQLite and MariaDB."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.local_store import LocalStore
from db.database import SqlDatabase, SqlUnitOfWork
from db.events import Emitted
from domain.errors import ErrorCode
from domain.evaluations import evaluate_model
from domain.events import project_stream, upload_stream
from domain.jobs import JobKind
from domain.models.asset import UploadState
from domain.models.config import SplitConfig, VersionConfig
from domain.models.training import TrainingConfig, TrainingJobStatus
from domain.models.version import DatasetStatus, DatasetVersion, Split
from domain.ports import UnitOfWork
from domain.training import StartTraining, cancel_training, start_training
from domain.training_progress import ended, preparing
from domain.upload_verdicts import refuse_upload
from domain.uploads import AnnouncedFile, RequestUploads, complete_uploads, request_uploads
from seeds import (
    Home,
    add_batch,
    add_images,
    add_model,
    add_uploads,
    annotate,
    freeze,
    make_home,
    reload,
    request_version,
    take,
)

_ALL_WAIT_SECONDS = 1.0
"""How long the contenders are given to come to the lock. Too short, and the test is no test, but does not fail."""


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    home = await make_home(database)
    assets = await add_images(database, home.project, [f"image-{index}" for index in range(4)])
    await annotate(database, home, assets)
    return home


@pytest.fixture
async def version(database: SqlDatabase, store: LocalStore, tmp_path: Path, home: Home) -> DatasetVersion:
    config = VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25))
    return await freeze(database, store, tmp_path, await request_version(database, home, config))


async def behind(
    database: SqlDatabase,
    lock: Callable[[UnitOfWork], Awaitable[object]],
    *contenders: Awaitable[Any],
) -> list[Any]:
    """The contenders' answers, who all came to the lock while somebody else held it."""
    locked, go_on = asyncio.Event(), asyncio.Event()

    async def hold(uow: UnitOfWork) -> None:
        await lock(uow)
        locked.set()
        await go_on.wait()

    holder = asyncio.create_task(database.write(hold))
    await locked.wait()
    tasks = [asyncio.ensure_future(contender) for contender in contenders]
    await asyncio.wait(tasks, timeout=_ALL_WAIT_SECONDS)
    go_on.set()
    await holder
    return list(await asyncio.gather(*tasks))


async def test_trainings_that_end_together_leave_their_version_ready(
    database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    for _ in range(3):
        wanted = StartTraining(version.id, TrainingConfig(epochs=1), None, True, None)
        await start_training(database, home.principal, wanted)
    assert (await reload(database, version)).status is DatasetStatus.TRAINING
    claims = [await take(database, JobKind.TRAINING) for _ in range(3)]
    for claim in claims:
        await database.write(preparing(claim, "cpu"))
    ends = [database.write(ended(claim, TrainingJobStatus.FAILED, "It was a test.")) for claim in claims]
    await behind(database, lambda uow: uow.versions.lock(version.id), *ends)
    assert (await reload(database, version)).status is DatasetStatus.READY


async def test_a_training_that_was_taken_up_meanwhile_is_not_cancelled_as_if_it_waited(
    database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    wanted = StartTraining(version.id, TrainingConfig(epochs=1), None, True, None)
    job = await start_training(database, home.principal, wanted)
    claim = await take(database, JobKind.TRAINING)

    async def lock_and_prepare(uow: UnitOfWork) -> None:
        await uow.versions.lock(version.id)
        await preparing(claim, "cpu")(uow)

    (cancelled,) = await behind(database, lock_and_prepare, cancel_training(database, home.principal, job.id))
    assert cancelled.status is TrainingJobStatus.PREPARING
    stored = await database.read(lambda uow: uow.jobs.get(job.id))
    assert stored is not None
    assert (stored.status, stored.cancel_requested_at is not None) == (TrainingJobStatus.PREPARING, True)


async def test_evaluations_asked_for_together_are_one(
    database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    model = await add_model(database, version)
    asked = [evaluate_model(database, home.principal, model.id, version.id, Split.TEST) for _ in range(6)]
    evaluations = await behind(database, lambda uow: uow.projects.lock(home.project.id), *asked)
    assert len({evaluation.id for evaluation in evaluations}) == 1


async def test_trainings_asked_for_together_with_one_key_are_one(
    database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    wanted = StartTraining(version.id, TrainingConfig(epochs=1), None, True, "key")
    asked = [start_training(database, home.principal, wanted) for _ in range(6)]
    jobs = await behind(database, lambda uow: uow.projects.lock(home.project.id), *asked)
    assert len({job.id for job in jobs}) == 1


async def test_of_files_refused_together_the_last_one_says_that_all_are_done(database: SqlDatabase, home: Home) -> None:
    batch = await add_batch(database, home.project)
    uploads = await add_uploads(database, home.project, batch, ["a", "b", "c"], UploadState.VERIFYING)
    of = {upload.id: upload for upload in uploads}
    claims = [await take(database, JobKind.UPLOAD) for _ in uploads]
    stream = upload_stream(batch.id)

    async def hold_stream(uow: UnitOfWork) -> None:
        assert isinstance(uow, SqlUnitOfWork)
        await uow.events.append([Emitted(stream, "UPLOAD", {})])

    refusals = [
        partial(refuse_upload, claim=claim, upload=of[claim.id], code=ErrorCode.UNSUPPORTED, message="No image.")
        for claim in claims
    ]
    await behind(database, hold_stream, *(database.write(refusal) for refusal in refusals))
    told = await database.read(lambda uow: uow.events.after(stream, 1, 10))
    assert [event.payload["done"] for event in told] == [1, 2, 3]
    project = await database.read(lambda uow: uow.events.after(project_stream(home.project.id), 0, 10))
    assert [event.kind for event in project] == ["UPLOAD_CHANGED"]


async def test_who_completes_uploads_while_they_change_their_batch_counts_them_in_the_new_one(
    database: SqlDatabase, store: LocalStore, home: Home
) -> None:
    old = await add_batch(database, home.project)
    (upload,) = await add_uploads(database, home.project, old, ["late"], UploadState.OPEN)
    file = AnnouncedFile(upload.filename, upload.size_bytes, upload.sha256, upload.content_type)
    again = RequestUploads(home.project.id, None, "again", [file])
    (batch, _), _ = await behind(
        database,
        lambda uow: uow.projects.lock(home.project.id),
        request_uploads(database, store, home.principal, again),
        complete_uploads(database, home.principal, home.project.id, [upload.id]),
    )
    batches = await database.read(lambda uow: uow.batches.get_many([old.id, batch.id]))
    counts = {id_: (one.announced, one.submitted) for id_, one in batches.items()}
    assert counts == {old.id: (0, 0), batch.id: (1, 1)}
