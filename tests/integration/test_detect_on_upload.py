"""detectOnUpload: a batch that is done starts one detection of its new images, by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from detecting import Eye, add_detector, current, story, worked
from domain.errors import ErrorCode
from domain.jobs import Claim, JobKind
from domain.models.asset import ImageFacts, Upload, UploadState
from domain.models.detection import DetectionJob, DetectionJobStatus
from domain.models.model import InferenceBackend
from domain.paging import PageRequest
from domain.ports import UnitOfWork
from domain.upload_verdicts import accept_upload, expire_upload, refuse_upload
from domain.uploads import AnnouncedFile, RequestUploads, complete_uploads, request_uploads
from seeds import Home, add_batch, add_images, add_uploads, digest_of, make_home, take

FACTS = ImageFacts("image/jpeg", 640, 480, 1, None, None, None, "0" * 16)


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    home = await make_home(database)
    await add_detector(database, home)
    await change(database, home, detect_on_upload=True)
    return home


async def change(database: SqlDatabase, home: Home, **changes: Any) -> None:
    await database.write(lambda uow: uow.projects.update(home.project.id, **changes))


async def jobs(database: SqlDatabase, home: Home) -> list[DetectionJob]:
    """Oldest first."""
    pages = await database.read(lambda uow: uow.detections.pages([home.project.id], PageRequest(200)))
    return list(reversed(pages[home.project.id].items))


async def judge(database: SqlDatabase, uploads: Sequence[Upload], refused: int = 0) -> None:
    """All at once, as several workers do; the first `refused` are no images."""
    names = {upload.id: number for number, upload in enumerate(uploads)}

    async def verdict(uow: UnitOfWork, claim: Claim) -> None:
        upload = await uow.uploads.get(claim.id)
        assert upload is not None
        if names[claim.id] < refused:
            await refuse_upload(uow, claim, upload, ErrorCode.UNSUPPORTED, "It is no image.")
        else:
            await accept_upload(uow, claim, upload, FACTS)

    claims = [await take(database, JobKind.UPLOAD) for _ in uploads]
    await asyncio.gather(*(database.write(partial(verdict, claim=claim)) for claim in claims))


async def test_one_job_for_the_new_images_of_a_batch_once_all_are_answered(
    database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    batch = await add_batch(database, home.project)
    await add_images(database, home.project, ["elsewhere"])
    uploads = await add_uploads(database, home.project, batch, [str(n) for n in range(6)], UploadState.VERIFYING)
    await judge(database, uploads, refused=2)
    (job,) = await jobs(database, home)
    assert (job.status, job.total, job.upload_batch_id) == (DetectionJobStatus.QUEUED, 4, batch.id)
    assert (job.created_by_id, job.backend) == (None, InferenceBackend.LOCAL)
    eye = Eye()
    await worked(database, store, eye, job)
    assert len(eye.seen) == 4
    assert (await current(database, job)).found == 8


async def test_none_before_the_last_file(database: SqlDatabase, home: Home) -> None:
    batch = await add_batch(database, home.project)
    verifying = await add_uploads(database, home.project, batch, ["a", "b"], UploadState.VERIFYING)
    (late,) = await add_uploads(database, home.project, batch, ["c"], UploadState.OPEN)
    await judge(database, verifying)
    assert await jobs(database, home) == []
    assert await database.write(lambda uow: expire_upload(uow, late))
    (job,) = await jobs(database, home)
    assert job.total == 2
    assert not await database.write(lambda uow: expire_upload(uow, late))
    assert len(await jobs(database, home)) == 1


async def test_a_batch_that_more_files_join_is_done_again(database: SqlDatabase, home: Home, store: LocalStore) -> None:
    batch = await add_batch(database, home.project)
    await judge(database, await add_uploads(database, home.project, batch, ["a", "b"], UploadState.VERIFYING))
    await worked(database, store)
    await judge(database, await add_uploads(database, home.project, batch, ["c"], UploadState.VERIFYING))
    first, second = await jobs(database, home)
    assert (first.total, second.total) == (2, 1)
    await worked(database, store, job=second)
    # Files that are no images add nothing to look at.
    await judge(database, await add_uploads(database, home.project, batch, ["d"], UploadState.VERIFYING), refused=1)
    assert len(await jobs(database, home)) == 2


async def test_a_batch_is_done_when_another_takes_its_last_file_along(
    database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    def files(*names: str) -> list[AnnouncedFile]:
        return [AnnouncedFile(f"{name}.jpg", 1000, digest_of(name), "image/jpeg") for name in names]

    command = RequestUploads(home.project.id, None, "first", files("a", "b"))
    first, targets = await request_uploads(database, store, home.principal, command)
    await complete_uploads(database, home.principal, home.project.id, [str(targets[0].upload_id)])
    uploads = await database.read(lambda uow: uow.uploads.get_many([str(target.upload_id) for target in targets]))
    await judge(database, [uploads[str(targets[0].upload_id)]])
    assert await jobs(database, home) == []
    second, _ = await request_uploads(
        database, store, home.principal, replace(command, batch_name="second", files=files("b"))
    )
    (job,) = await jobs(database, home)
    assert (job.upload_batch_id, job.total) == (first.id, 1)
    # A file joins, and goes elsewhere: done again, and nothing new.
    more = replace(command, batch_id=first.id, files=files("c"))
    await request_uploads(database, store, home.principal, more)
    await request_uploads(database, store, home.principal, replace(more, batch_id=second.id))
    assert len(await jobs(database, home)) == 1


async def test_none_unless_it_is_wanted_and_there_is_a_model(database: SqlDatabase, home: Home) -> None:
    settings: list[dict[str, Any]] = [
        {"detect_on_upload": False},
        {"detect_on_upload": True, "active_model_id": None},
        {"inference_backend": InferenceBackend.LOCAL},
        {"inference_backend": InferenceBackend.ROBOFLOW},
    ]
    for number, changes in enumerate(settings):
        await change(database, home, **changes)
        batch = await add_batch(database, home.project)
        uploads = await add_uploads(database, home.project, batch, [f"{number}"], UploadState.VERIFYING)
        await judge(database, uploads)
        found = await database.read(lambda uow, id_=uploads[0].id: uow.uploads.get(id_))  # type: ignore[misc]
        assert found is not None
        assert found.status is UploadState.VERIFIED
    assert await jobs(database, home) == []


async def test_by_roboflow_where_the_project_detects_there(database: SqlDatabase, home: Home) -> None:
    hosted = {"roboflow_models": ("pines/6",), "active_roboflow_model": "pines/6"}
    await change(database, home, **hosted, inference_backend=InferenceBackend.ROBOFLOW)
    batch = await add_batch(database, home.project)
    await judge(database, await add_uploads(database, home.project, batch, ["a"], UploadState.VERIFYING))
    (job,) = await jobs(database, home)
    assert (job.roboflow_model, job.backend) == ("pines/6", InferenceBackend.ROBOFLOW)
    assert (await take(database, JobKind.ROBOFLOW_DETECTION)).id == job.id


async def test_a_model_that_cannot_be_used_keeps_no_upload_from_being_verified(
    sqlite_database: SqlDatabase,
) -> None:
    home = await make_home(sqlite_database)
    model = await add_detector(sqlite_database, home)
    await sqlite_database.write(lambda uow: uow.models.update(model.id, sha256=None))
    await change(sqlite_database, home, detect_on_upload=True)
    batch = await add_batch(sqlite_database, home.project)
    await judge(sqlite_database, await add_uploads(sqlite_database, home.project, batch, ["a"], UploadState.VERIFYING))
    (job,) = await jobs(sqlite_database, home)
    assert (job.model_id, len(await story(sqlite_database, job))) == (model.id, 1)
