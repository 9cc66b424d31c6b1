"""What the worker of a detection job makes of its images, and what becomes of the job when something is wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from adapters.local_store import LocalStore
from adapters.object_store import open_object_store
from db.database import SqlDatabase
from detecting import (
    PINE,
    WATTLE,
    Eye,
    add_detector,
    current,
    ended,
    freed,
    started,
    story,
    waiting_on,
    wanted,
    worked,
)
from domain.annotations import create_annotations
from domain.assets import delete_assets
from domain.detection_jobs import cancel_detection
from domain.detection_progress import LookedAt, detection_begun, images_looked_at
from domain.errors import ClaimLostError
from domain.jobs import MAX_STRIKES, JobKind
from domain.models.annotation import AnnotationSource, ReviewStatus
from domain.models.asset import Asset
from domain.models.detection import DetectedImage, DetectionJob, DetectionJobStatus, FoundObjects
from pictures import jpeg
from s3_server import S3Server
from seeds import HEIGHT, WIDTH, Home, add_images, add_pending, annotate, drawn, make_home, take
from stack import PATIENCE
from workers.claims import ClaimLoops, CrashedError, PermanentError, PostponedError
from workers.detection import Detection, ImageNotReadError

COMPLETED, RUNNING, FAILED = DetectionJobStatus.COMPLETED, DetectionJobStatus.RUNNING, DetectionJobStatus.FAILED


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    home = await make_home(database)
    await add_detector(database, home)
    return home


async def images(database: SqlDatabase, home: Home, number: int) -> list[Asset]:
    """In the order of their ids."""
    made = await add_images(database, home.project, [str(index) for index in range(number)])
    return sorted(made, key=lambda asset: asset.id)


async def noted(database: SqlDatabase, job: DetectionJob, assets: list[Asset]) -> dict[str, DetectedImage]:
    return await database.read(lambda uow: uow.detections.looked_at(job.detector, [asset.id for asset in assets]))


def counts(job: DetectionJob) -> tuple[int, int, int, int]:
    return job.total, job.done, job.failed, job.found


async def test_what_is_found_waits_for_review(
    database: SqlDatabase, home: Home, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.detection._PAGE", 32)
    assets = await images(database, home, 70)
    job, eye = await started(database, home), Eye()
    await worked(database, store, eye, job)
    assert eye.seen == [asset.id for asset in assets]
    end = await current(database, job)
    assert (end.status, counts(end), end.failure_reason) == (COMPLETED, (70, 70, 0, 140), None)
    assert end.finished_at is not None
    for pending in (await waiting_on(database, assets)).values():
        assert {(one.weed_type, one.confidence, one.box) for one in pending} == {
            (PINE.weed_type, PINE.confidence, PINE.box),
            (WATTLE.weed_type, WATTLE.confidence, WATTLE.box),
        }
        assert {(one.source, one.status, one.model_id) for one in pending} == {
            (AnnotationSource.AI, ReviewStatus.PENDING, job.model_id)
        }
    looked = await noted(database, job, assets)
    assert {(one.confidence, one.found, one.job_id) for one in looked.values()} == {(0.25, 2, job.id)}
    assert len(looked) == 70
    told = await story(database, job)
    assert [event.kind for event in told] == ["STATUS", "STATUS", *["IMAGE"] * 70, "STATUS"]
    assert [event.payload for event in told if event.kind == "IMAGE"] == [
        {"assetId": asset.id, "found": 2, "message": None} for asset in assets
    ]


async def test_what_was_drawn_found_or_rejected_is_not_found_again(
    database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    drawn_on, pending_on, rejected_on, accepted_on, other_class, fresh = assets = await images(database, home, 6)
    near = PINE.box.shifted(2, 2)
    await create_annotations(database, home.principal, home.project.id, [drawn(drawn_on, "pine", near)])
    await annotate(database, home, [other_class], "gorse")
    for asset, status in (
        (pending_on, ReviewStatus.PENDING),
        (rejected_on, ReviewStatus.REJECTED),
        (accepted_on, ReviewStatus.ACCEPTED),
    ):
        pending = replace(await add_pending(database, asset, "pine"), box=near)
        changed = {"box": pending.box, "polygon": None, "status": status}
        await database.write(lambda uow, id_=pending.id, changed=changed: uow.pending.update(id_, **changed))  # type: ignore[misc]
    job = await started(database, home)
    await worked(database, store)
    assert counts(await current(database, job)) == (6, 6, 0, 8)
    waiting = await waiting_on(database, assets)
    names = {asset.id: sorted(one.weed_type for one in waiting[asset.id]) for asset in assets}
    assert names == {
        drawn_on.id: ["wattle"],
        pending_on.id: ["pine", "wattle"],
        rejected_on.id: ["wattle"],
        accepted_on.id: ["wattle"],
        other_class.id: ["pine", "wattle"],
        fresh.id: ["pine", "wattle"],
    }


async def test_a_lower_confidence_adds_only_what_is_new(database: SqlDatabase, home: Home, store: LocalStore) -> None:
    assets = await images(database, home, 3)
    await started(database, home)
    await worked(database, store)
    lower = await started(database, home, replace(wanted(home), confidence=0.1))
    await worked(database, store, job=lower)
    assert counts(await current(database, lower)) == (3, 3, 0, 0)
    assert {one.confidence for one in (await noted(database, lower, assets)).values()} == {0.1}
    assert [len(pending) for pending in (await waiting_on(database, assets)).values()] == [2, 2, 2]


async def test_an_image_that_cannot_be_read_is_counted_and_the_others_go_on(
    database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    assets = await images(database, home, 5)
    job = await started(database, home)
    await worked(database, store, Eye({assets[2].id: [ImageNotReadError("2.jpg is half a file.")]}))
    assert counts(await current(database, job)) == (5, 5, 1, 8)
    (fault,) = [event.payload for event in await story(database, job) if event.payload["message"] is not None]
    assert fault == {"assetId": assets[2].id, "found": 0, "message": "2.jpg is half a file."}
    # It is no image that was looked at: whoever asks again asks for it too.
    again = await started(database, home)
    assert again.total == 1
    await worked(database, store)
    assert counts(await current(database, again)) == (1, 1, 0, 2)


async def test_images_deleted_meanwhile_are_passed_over(database: SqlDatabase, home: Home, store: LocalStore) -> None:
    assets = await images(database, home, 5)
    job = await started(database, home)

    class Deleting(Eye):
        async def _look(self, image: Asset) -> Any:
            if image.id == assets[3].id:
                await delete_assets(database, home.principal, [assets[3].id, assets[4].id])
            return await super()._look(image)

    await worked(database, store, Deleting())
    end = await current(database, job)
    assert (end.status, counts(end)) == (COMPLETED, (3, 3, 0, 6))


@pytest.mark.parametrize("seconds", [0.0, 0.05])
async def test_two_jobs_of_one_model_at_once_double_nothing(
    seconds: float, database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    assets = await images(database, home, 30)
    jobs = [await started(database, home), await started(database, home)]
    await asyncio.gather(worked(database, store, Eye()), worked(database, store, Eye(seconds=seconds)))
    ends = [await current(database, job) for job in jobs]
    assert [job.status for job in ends] == [COMPLETED, COMPLETED]
    assert sum(job.found for job in ends) == 60
    assert sum(job.done for job in ends) == 30
    assert {len(pending) for pending in (await waiting_on(database, assets)).values()} == {2}


async def test_a_fault_of_the_model_fails_the_job_and_keeps_what_was_found(
    database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    assets = await images(database, home, 20)
    job = await started(database, home)
    faults = {assets[10].id: [PermanentError("Its weights have changed.")] * 9}
    work = Detection(database, store, Eye(faults))
    loops = asyncio.create_task(ClaimLoops(database, "test", [work]).run())
    failed = await ended(database, job)
    loops.cancel()
    await asyncio.gather(loops, return_exceptions=True)
    assert (failed.status, failed.failure_reason) == (FAILED, "Its weights have changed.")
    assert (failed.done, failed.found) == (10, 20)
    assert [len(pending) for pending in (await waiting_on(database, assets)).values()] == [2] * 10
    last = (await story(database, job))[-1]
    assert (last.kind, last.payload["message"]) == ("STATUS", "Its weights have changed.")
    rest = await started(database, home)
    await worked(database, store)
    assert counts(await current(database, rest)) == (10, 10, 0, 20)


async def test_waiting_for_the_gpu_costs_nothing_however_often(
    database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    assets = await images(database, home, 6)
    job = await started(database, home)
    eye = Eye({assets[3].id: [PostponedError("A training has the GPU.")] * (MAX_STRIKES + 2)})
    for _ in range(MAX_STRIKES + 2):
        claim = await take(database, JobKind.DETECTION)
        assert not claim.exhausted
        with pytest.raises(PostponedError):
            await Detection(database, store, eye).run(claim)
        await database.write(lambda uow, claim=claim: uow.claims.spare(claim))  # type: ignore[misc]
        waiting = await current(database, job)
        assert (waiting.status, waiting.done) == (RUNNING, 3)
        await freed(database, job)
    await worked(database, store, eye)
    end = await current(database, job)
    assert (end.status, counts(end)) == (COMPLETED, (6, 6, 0, 12))
    assert sorted(set(eye.seen)) == [asset.id for asset in assets]
    assert [eye.seen.count(asset.id) for asset in assets[:3]] == [1, 1, 1]
    told = [event.payload["message"] for event in await story(database, job) if event.kind == "STATUS"]
    assert told == [None, None, None], "that it waits again is no news"


async def test_a_store_that_is_away_is_waited_for(database: SqlDatabase, home: Home, store: LocalStore) -> None:
    assets = await images(database, home, 4)
    job = await started(database, home)
    nobody = S3Server("http://127.0.0.1:9", "tests", "a secret of the tests")
    async with open_object_store(nobody.settings("gone")) as away:
        with pytest.raises(PostponedError):
            await Detection(database, away, Eye({assets[1].id: [OSError("connection refused")]})).run(
                await take(database, JobKind.DETECTION)
            )
    assert (await current(database, job)).done == 1
    await freed(database, job)
    await worked(database, store)
    assert counts(await current(database, job)) == (4, 4, 0, 8)


async def test_one_object_that_the_store_does_not_give_is_the_images_fault(
    database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    damaged, lost, fine = await images(database, home, 3)
    await store.put(fine.s3_key, jpeg(), "image/jpeg")
    job = await started(database, home)
    await worked(database, store, Eye({damaged.id: [OSError("checksum")], lost.id: [OSError("checksum")]}))
    end = await current(database, job)
    assert (end.status, counts(end)) == (COMPLETED, (3, 3, 2, 2))
    messages = [event.payload["message"] for event in await story(database, job) if event.kind == "IMAGE"]
    assert messages == [f"{one.filename} cannot be read from the object store." for one in (damaged, lost)] + [None]


async def test_a_fault_of_the_host_counts_against_the_job(database: SqlDatabase, home: Home, store: LocalStore) -> None:
    (image,) = await images(database, home, 1)
    await store.put(image.s3_key, jpeg(), "image/jpeg")
    await started(database, home)
    with pytest.raises(CrashedError):
        await worked(database, store, Eye({image.id: [OSError(28, "No space left on device")]}))


async def test_what_was_written_is_not_written_twice(database: SqlDatabase, home: Home) -> None:
    """As after a commit whose answer was lost."""
    assets = await images(database, home, 3)
    job = await started(database, home)
    claim = await take(database, JobKind.DETECTION)
    await database.write(detection_begun(claim))
    found = FoundObjects((PINE, WATTLE), WIDTH, HEIGHT, 0.0, 0.0)
    looked = [LookedAt(assets[0].id, found), LookedAt(assets[1].id, None, "It is half a file.")]
    for _ in range(2):
        await database.write(images_looked_at(claim, home.project.id, "", looked))
        assert counts(await current(database, job)) == (3, 2, 1, 2)
    assert len(await story(database, job)) == 4
    await database.write(images_looked_at(claim, home.project.id, assets[1].id, [LookedAt(assets[2].id, found)]))
    assert counts(await current(database, job)) == (3, 3, 1, 4)


async def test_cancelled_while_it_runs_it_stops_before_long(
    database: SqlDatabase, home: Home, store: LocalStore
) -> None:
    assets = await images(database, home, 80)
    job = await started(database, home)

    class Cancelling(Eye):
        async def _look(self, image: Asset) -> Any:
            if image.id == assets[20].id:
                await cancel_detection(database, home.principal, job.id)
            return await super()._look(image)

    eye = Cancelling(seconds=0.02)
    with pytest.raises(ClaimLostError):
        await worked(database, store, eye)
    end = await current(database, job)
    assert (end.status, end.done <= 20, end.found) == (DetectionJobStatus.CANCELLED, True, 2 * end.done)
    assert len(eye.seen) < 80
    assert [len(pending) for pending in (await waiting_on(database, assets)).values()] == [2] * end.done


async def test_told_to_stop_it_keeps_what_it_found(database: SqlDatabase, home: Home, store: LocalStore) -> None:
    assets = await images(database, home, 30)
    job = await started(database, home)
    fifth = asyncio.Event()

    class Counting(Eye):
        async def _look(self, image: Asset) -> Any:
            if len(self.seen) >= 5:
                fifth.set()
            return await super()._look(image)

    eye = Counting(seconds=0.02)
    loops = asyncio.create_task(ClaimLoops(database, "test", [Detection(database, store, eye)]).run())
    await asyncio.wait_for(fifth.wait(), PATIENCE)
    loops.cancel()
    await asyncio.gather(loops, return_exceptions=True)
    seen, left = len(eye.seen), await current(database, job)
    assert (left.status, left.done >= seen - 2, left.done < 30) == (RUNNING, True, True)
    await worked(database, store, eye)
    assert counts(await current(database, job)) == (30, 30, 0, 60)
    assert {len(pending) for pending in (await waiting_on(database, assets)).values()} == {2}
    assert len(eye.seen) <= 30 + 2, "what was found before was looked for again"
