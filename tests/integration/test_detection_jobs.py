"""Detection over stored images: what is asked for, with which model, once or again, and how it is cancelled."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from detecting import Eye, Keyless, add_detector, current, hosted, started, story, wanted, worked
from domain.detection_jobs import MAX_IMAGES, cancel_detection, start_detection
from domain.errors import ClaimLostError, DomainError, ErrorCode
from domain.events import project_stream
from domain.ids import new_id
from domain.jobs import JobKind
from domain.models.detection import DetectionJobStatus
from domain.models.event import ProjectEventKind
from domain.models.model import InferenceBackend
from domain.models.people import TeamRole
from seeds import Home, add_batch, add_images, add_project, join, make_home, principal_of, take
from workers.detection import Detection

HOSTED = "pine-sapling/6"


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    return await make_home(database)


async def refusal(database: SqlDatabase, home: Home, **changes: Any) -> tuple[ErrorCode, tuple[str, ...] | None]:
    with pytest.raises(DomainError) as refused:
        await started(database, home, replace(wanted(home), **changes))
    return refused.value.code, refused.value.field


async def with_roboflow(database: SqlDatabase, home: Home, active: bool = True) -> None:
    models = {"roboflow_models": (HOSTED,), "active_roboflow_model": HOSTED if active else None}
    await database.write(lambda uow: uow.projects.update(home.project.id, **models))


async def test_all_images_that_are_there_are_asked_for(database: SqlDatabase, home: Home) -> None:
    model = await add_detector(database, home)
    await add_images(database, home.project, ["a", "b", "c"])
    await add_images(database, await add_project(database, home.team, "South block"), ["elsewhere"])
    job = await started(database, home)
    assert (job.status, job.total, job.done, job.found) == (DetectionJobStatus.QUEUED, 3, 0, 0)
    assert (job.model_id, job.roboflow_model, job.backend) == (model.id, None, InferenceBackend.LOCAL)
    assert (job.asset_ids, job.upload_batch_id, job.created_by_id) == (None, None, home.owner.id)
    assert await current(database, job) == job
    assert [event.kind for event in await story(database, job)] == ["STATUS"]
    changes = await database.read(lambda uow: uow.events.after(project_stream(home.project.id), 0, 100))
    told = [event.payload for event in changes if event.kind == ProjectEventKind.DETECTION_CHANGED]
    assert told == [{"type": "DetectionJob", "id": job.id}]


async def test_images_or_a_batch_can_be_named(database: SqlDatabase, home: Home) -> None:
    await add_detector(database, home)
    batch = await add_batch(database, home.project)
    loose, batched = (
        await add_images(database, home.project, ["a", "b"]),
        await add_images(database, home.project, ["c", "d", "e"], batch),
    )
    of_batch = await started(database, home, replace(wanted(home), upload_batch_id=batch.id))
    named = await started(database, home, replace(wanted(home), asset_ids=(loose[0].id, batched[0].id, loose[0].id)))
    assert (of_batch.total, of_batch.upload_batch_id) == (3, batch.id)
    assert (named.total, named.asset_ids) == (2, (loose[0].id, batched[0].id))


async def test_what_cannot_be_asked_for(database: SqlDatabase, home: Home) -> None:
    await add_detector(database, home)
    (mine,) = await add_images(database, home.project, ["a"])
    other = await make_home(database, "theirs")
    sibling = await add_project(database, home.team, "South block")
    theirs = [*await add_images(database, other.project, ["b"]), *await add_images(database, sibling, ["c"])]
    batch = await add_batch(database, sibling)
    for foreign in [*(asset.id for asset in theirs), new_id()]:
        assert (await refusal(database, home, asset_ids=(mine.id, foreign)))[0] is ErrorCode.NOT_FOUND
    for foreign in (batch.id, new_id()):
        assert (await refusal(database, home, upload_batch_id=foreign))[0] is ErrorCode.NOT_FOUND
    too_many = tuple(str(number) for number in range(MAX_IMAGES + 1))
    empty: tuple[str, ...] = ()
    for ids in (empty, too_many):
        assert await refusal(database, home, asset_ids=ids) == (ErrorCode.INVALID, ("input", "assetIds"))
    both = await refusal(database, home, asset_ids=(mine.id,), upload_batch_id=batch.id)
    assert both == (ErrorCode.INVALID, ("input", "uploadBatchId"))
    for name, value in (("confidence", 1.5), ("iou", float("nan"))):
        assert await refusal(database, home, **{name: value}) == (ErrorCode.INVALID, ("input", name))
    for key in ("", "blank ", "k" * 192):
        refused = await refusal(database, home, idempotency_key=key)
        assert refused == (ErrorCode.INVALID, ("input", "idempotencyKey"))
    assert await database.read(lambda uow: uow.detections.counts([home.project.id])) == {}


async def test_roles(database: SqlDatabase, home: Home) -> None:
    await add_detector(database, home)
    await add_images(database, home.project, ["a"])
    viewer, member = [await join(database, home.team, role) for role in (TeamRole.VIEWER, TeamRole.MEMBER)]
    job = await start_detection(database, Keyless(), principal_of(member), wanted(home))
    for call in (
        start_detection(database, Keyless(), principal_of(viewer), wanted(home)),
        cancel_detection(database, principal_of(viewer), job.id),
    ):
        with pytest.raises(DomainError) as refused:
            await call
        assert refused.value.code is ErrorCode.FORBIDDEN
    stranger = (await make_home(database, "theirs")).principal
    with pytest.raises(DomainError) as refused:
        await cancel_detection(database, stranger, job.id)
    assert refused.value.code is ErrorCode.NOT_FOUND


async def test_which_model_looks(database: SqlDatabase, home: Home) -> None:
    await add_images(database, home.project, ["a"])
    assert await refusal(database, home) == (ErrorCode.NOT_READY, ("input", "model"))
    await with_roboflow(database, home)
    by_roboflow = await started(database, home)
    assert (by_roboflow.roboflow_model, by_roboflow.model_id) == (HOSTED, None)
    assert by_roboflow.backend is InferenceBackend.ROBOFLOW
    active = await add_detector(database, home)
    named = await add_detector(database, home, active=False, name="wattles.pt")
    assert (await started(database, home)).model_id == active.id
    assert (await started(database, home, replace(wanted(home), model_id=named.id))).model_id == named.id
    assert (await started(database, home, hosted(wanted(home)))).roboflow_model == HOSTED
    assert (await started(database, home, replace(wanted(home), roboflow_model=HOSTED))).roboflow_model == HOSTED
    local = replace(wanted(home), backend=InferenceBackend.LOCAL)
    assert (await started(database, home, local)).model_id == active.id
    backend = ("input", "backend")
    wrong = await refusal(database, home, roboflow_model=HOSTED, backend=InferenceBackend.LOCAL)
    assert wrong == (ErrorCode.INVALID, backend)
    wrong = await refusal(database, home, model_id=active.id, backend=InferenceBackend.ROBOFLOW)
    assert wrong == (ErrorCode.INVALID, backend)
    foreign = await add_detector(database, await make_home(database, "theirs"))
    for model_id in (foreign.id, new_id()):
        assert (await refusal(database, home, model_id=model_id))[0] is ErrorCode.NOT_FOUND
    assert (await refusal(database, home, roboflow_model="unknown/1"))[0] is ErrorCode.NOT_FOUND


async def test_a_model_that_cannot_be_used_is_said_at_once(database: SqlDatabase, home: Home) -> None:
    await add_images(database, home.project, ["a"])
    model = await add_detector(database, home)
    await database.write(lambda uow: uow.models.update(model.id, sha256=None))
    assert await refusal(database, home) == (ErrorCode.NOT_READY, ("input", "model"))
    await with_roboflow(database, home)
    with pytest.raises(DomainError) as refused:
        await start_detection(database, Keyless(), home.principal, hosted(wanted(home)))
    assert (refused.value.code, "ROBOFLOW_API_KEY" in refused.value.message) == (ErrorCode.NOT_READY, True)


async def test_the_same_key_and_input_is_the_same_job(database: SqlDatabase, home: Home) -> None:
    model = await add_detector(database, home)
    await add_images(database, home.project, ["a", "b"])
    command = replace(wanted(home), idempotency_key="spring")
    made = await asyncio.gather(*(started(database, home, command) for _ in range(8)))
    assert len({job.id for job in made}) == 1
    assert await database.read(lambda uow: uow.detections.counts([home.project.id])) == {home.project.id: 1}
    # The answer stays the same when the model can be used no more.
    await database.write(lambda uow: uow.models.update(model.id, sha256=None))
    assert (await started(database, home, command)).id == made[0].id
    mismatch = await refusal(database, home, idempotency_key="spring", confidence=0.5)
    assert mismatch == (ErrorCode.IDEMPOTENCY_MISMATCH, ("input", "idempotencyKey"))
    other = await make_home(database, "theirs")
    await add_detector(database, other)
    await add_images(database, other.project, ["a"])
    theirs = await started(database, other, replace(wanted(other), idempotency_key="spring"))
    assert theirs.id != made[0].id


async def test_images_that_the_model_looked_at_are_skipped(
    database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    await add_detector(database, home)
    await add_images(database, home.project, ["a", "b"])
    await worked(database, store, job=await started(database, home))
    again = await started(database, home)
    assert (again.status, again.total) == (DetectionJobStatus.COMPLETED, 0)
    assert again.finished_at is not None
    assert await database.write(lambda uow: uow.claims.take(JobKind.DETECTION, "test")) is None
    # Surer objects are among those found; less sure ones are not, and another model has seen nothing yet.
    assert (await started(database, home, replace(wanted(home), confidence=0.5))).total == 0
    assert (await started(database, home, replace(wanted(home), confidence=0.1))).total == 2
    other = await add_detector(database, home, active=False, name="wattles.pt")
    assert (await started(database, home, replace(wanted(home), model_id=other.id))).total == 2
    await add_images(database, home.project, ["c"])
    assert (await started(database, home)).total == 1


async def test_images_of_later_are_another_jobs(database: SqlDatabase, home: Home, store: LocalStore) -> None:
    await add_detector(database, home)
    await add_images(database, home.project, ["a"])
    job = await started(database, home)
    (late,) = await add_images(database, home.project, ["late"])
    later = datetime.now(UTC) + timedelta(minutes=1)
    await database.write(lambda uow: uow.assets.update(late.id, created_at=later))
    await worked(database, store, job=job)
    ended = await current(database, job)
    assert (ended.status, ended.total, ended.done) == (DetectionJobStatus.COMPLETED, 1, 1)


@pytest.mark.parametrize("taken", [False, True])
async def test_cancelled_at_once_and_whoever_holds_it_is_shut_out(
    taken: bool, database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    await add_detector(database, home)
    await add_images(database, home.project, ["a"])
    job = await started(database, home)
    claim = await take(database, JobKind.DETECTION) if taken else None
    cancelled = await cancel_detection(database, home.principal, job.id)
    assert (cancelled.status, cancelled.finished_at is None) == (DetectionJobStatus.CANCELLED, False)
    assert await current(database, job) == cancelled
    assert await cancel_detection(database, home.principal, job.id) == cancelled
    if claim is not None:
        work = Detection(database, store, Eye())
        for late in (work.run(claim), work.fail(claim, "late")):
            with pytest.raises(ClaimLostError):
                await late
    assert await database.write(lambda uow: uow.claims.take(JobKind.DETECTION, "other")) is None
    assert [event.payload["message"] for event in await story(database, job)] == [None, "Cancelled."]


async def test_one_that_ended_is_not_cancelled(database: SqlDatabase, home: Home) -> None:
    await add_detector(database, home)
    job = await started(database, home)
    assert job.status is DetectionJobStatus.COMPLETED
    for job_id, code in ((job.id, ErrorCode.NOT_READY), (new_id(), ErrorCode.NOT_FOUND)):
        with pytest.raises(DomainError) as refused:
            await cancel_detection(database, home.principal, job_id)
        assert refused.value.code is code


async def test_each_kind_of_worker_takes_its_own(database: SqlDatabase, home: Home) -> None:
    await add_images(database, home.project, ["a"])
    await add_detector(database, home)
    await with_roboflow(database, home)
    local, by_roboflow = await started(database, home), await started(database, home, hosted(wanted(home)))
    assert (await take(database, JobKind.ROBOFLOW_DETECTION)).id == by_roboflow.id
    assert (await take(database, JobKind.DETECTION)).id == local.id
    for kind in (JobKind.DETECTION, JobKind.ROBOFLOW_DETECTION):
        assert await database.write(lambda uow, kind=kind: uow.claims.take(kind, "other")) is None  # type: ignore[misc]
