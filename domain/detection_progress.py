"""What the worker that holds a detection job's claim writes: each function is one transaction's work. Each raises
ClaimLostError when the claim is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from domain.errors import ClaimLostError
from domain.events import tell_detected_image, tell_detection_status
from domain.jobs import Claim
from domain.models.annotation import PendingAnnotation
from domain.models.detection import DetectedImage, DetectionJob, DetectionJobStatus, FoundObjects
from domain.models.geometry import Box
from domain.new_findings import new_findings
from domain.ports import UnitOfWork
from domain.transitions import transition


@dataclass(frozen=True, slots=True)
class LookedAt:
    """An image of the job: what was found on it, or else why it could not be looked at, as a sentence."""

    asset_id: str
    found: FoundObjects | None
    fault: str | None = None


def detection_begun(claim: Claim) -> Callable[[UnitOfWork], Awaitable[DetectionJob]]:
    """A worker has taken the job up. One that was put off has no strike, and is not told of each time that it is tried
    again."""

    async def work(uow: UnitOfWork) -> DetectionJob:
        job = await _held(uow, claim)
        status = transition(job.status, DetectionJobStatus.RUNNING)
        begun = replace(job, status=status)
        await uow.detections.write_claimed(claim, status=status)
        if status is not job.status:
            tell_detection_status(uow, begun)
        elif claim.strikes > 1:
            tell_detection_status(uow, begun, "Taken up again.")
        return begun

    return work


def images_looked_at(
    claim: Claim, project_id: str, after: str, images: Sequence[LookedAt]
) -> Callable[[UnitOfWork], Awaitable[None]]:
    """These follow the image `after` in the job, and one another. What another job with the same model noted meanwhile
    is not noted again, and an image that was deleted meanwhile is passed over. Does nothing when it was done before."""

    async def work(uow: UnitOfWork) -> None:
        # Reviews and other jobs have the same lock, and so has who deletes images.
        await uow.projects.lock(project_id)
        job = await _held(uow, claim)
        if job.last_asset_id != after:
            return
        left = await _left(uow, job, images)
        found = await _news(uow, job, [one for one in left if one.found is not None])
        await uow.detections.note(_notes(job, found))
        await uow.pending.add(*(one for news in found.values() for one in news))
        done = job.done + len(left)
        await uow.detections.write_claimed(
            claim,
            done=done,
            total=max(job.total, done),
            failed=job.failed + sum(one.found is None for one in left),
            found=job.found + sum(len(news) for news in found.values()),
            last_asset_id=images[-1].asset_id,
        )
        await uow.claims.progressed(claim)
        for one in left:
            tell_detected_image(uow, job.id, one.asset_id, len(found.get(one.asset_id, ())), one.fault)

    return work


def detection_completed(claim: Claim) -> Callable[[UnitOfWork], Awaitable[None]]:
    """Every image was looked at that is there still."""

    async def work(uow: UnitOfWork) -> None:
        job = await _held(uow, claim)
        status = transition(job.status, DetectionJobStatus.COMPLETED)
        ended = replace(job, status=status, total=job.done, finished_at=datetime.now(UTC))
        await uow.detections.write_claimed(claim, status=status, total=ended.total, finished_at=ended.finished_at)
        tell_detection_status(uow, ended)

    return work


def detection_failed(claim: Claim, reason: str) -> Callable[[UnitOfWork], Awaitable[None]]:
    """It cannot go on, for a reason that a person can act on. What was found stays."""

    async def work(uow: UnitOfWork) -> None:
        job = await _held(uow, claim)
        status = transition(job.status, DetectionJobStatus.FAILED)
        await uow.detections.write_claimed(claim, status=status, failure_reason=reason, finished_at=datetime.now(UTC))
        tell_detection_status(uow, replace(job, status=status), reason)

    return work


async def _left(uow: UnitOfWork, job: DetectionJob, images: Sequence[LookedAt]) -> list[LookedAt]:
    """Those that are there still, and that nobody else is done with."""
    ids = [one.asset_id for one in images]
    there = await uow.assets.existing(ids)
    before = await uow.detections.looked_at(job.detector, ids)
    done = {id_ for id_, image in before.items() if image.confidence <= job.confidence}
    return [one for one in images if one.asset_id in there - done]


async def _news(uow: UnitOfWork, job: DetectionJob, images: Sequence[LookedAt]) -> dict[str, list[PendingAnnotation]]:
    """What is to wait for review on each image."""
    ids, now = [one.asset_id for one in images], datetime.now(UTC)
    drawn = await uow.annotations.of_assets(ids)
    waited = await uow.pending.all_of_assets(ids)
    news = {}
    for id_, one in zip(ids, images, strict=True):
        known: list[tuple[str, Box]] = [(note.weed_type, note.box) for note in drawn.get(id_, ())]
        known += [(note.weed_type, note.box) for note in waited.get(id_, ())]
        if one.found is not None:
            news[id_] = new_findings(id_, job.model_id, one.found, known, now)
    return news


def _notes(job: DetectionJob, found: dict[str, list[PendingAnnotation]]) -> list[DetectedImage]:
    now = datetime.now(UTC)
    return [DetectedImage(id_, job.detector, job.confidence, len(news), job.id, now) for id_, news in found.items()]


async def _held(uow: UnitOfWork, claim: Claim) -> DetectionJob:
    job = await uow.detections.get(claim.id)
    if job is None or job.attempt != claim.attempt:
        raise ClaimLostError(f"Detection {claim.id} is no longer held by attempt {claim.attempt}.")
    return job
