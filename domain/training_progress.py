"""What the worker that holds a training job's claim writes: each function is one transaction's work. Each raises
ClaimLostError when the claim is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.errors import ClaimLostError, not_found
from domain.events import tell_model_created, tell_training_epoch, tell_training_log, tell_training_status
from domain.jobs import Claim
from domain.model_names import free_model_name
from domain.models.model import TrainedModel
from domain.models.training import EpochMetrics, ResumePoint, TrainingJob, TrainingJobStatus
from domain.models.version import DatasetVersion, Notice
from domain.ports import UnitOfWork
from domain.training import LOG_LINES_KEPT
from domain.transitions import transition
from domain.versions import refresh_training_status
from domain.webhook_news import announce_training


def preparing(claim: Claim, device: str) -> Callable[[UnitOfWork], Awaitable[TrainingJob]]:
    """The worker took the job up: it will read, check and render the version. One that was put off before it ran is
    PREPARING already and has no strike, and is not told of each time that it is tried again."""

    async def work(uow: UnitOfWork) -> TrainingJob:
        job = await _held(uow, claim)
        status = transition(job.status, TrainingJobStatus.PREPARING)
        started = job.started_at or datetime.now(UTC)
        begun = status is not job.status or claim.strikes > 1
        taken_up = job.taken_up + begun
        now = {"status": status, "device": device, "started_at": started, "taken_up": taken_up}
        await uow.jobs.write_claimed(claim, **now)
        if begun:
            again = f"Taken up again, attempt {taken_up}." if taken_up > 1 else None
            tell_training_status(uow, job.project_id, job.id, status, job.epoch, again)
        return replace(job, status=status, device=device, started_at=started, taken_up=taken_up)

    return work


def running(claim: Claim, effective: dict[str, Any]) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The child process starts with these arguments."""

    async def work(uow: UnitOfWork) -> None:
        job = await _held(uow, claim)
        status = transition(job.status, TrainingJobStatus.RUNNING)
        await uow.jobs.write_claimed(claim, status=status, effective=effective)
        if status is not job.status:
            tell_training_status(uow, job.project_id, job.id, status, job.epoch)

    return work


def epoch_done(claim: Claim, metrics: EpochMetrics) -> Callable[[UnitOfWork], Awaitable[None]]:
    """One more epoch. An epoch that an earlier attempt had completed replaces its row, without a second event."""

    async def work(uow: UnitOfWork) -> None:
        job = await _held(uow, claim)
        eta = round(metrics.seconds * (job.config.epochs - metrics.epoch))
        await uow.jobs.write_claimed(
            claim,
            epoch=max(job.epoch, metrics.epoch),
            eta_seconds=eta,
            training_seconds=job.training_seconds + metrics.seconds,
        )
        if await uow.jobs.add_epoch(job.id, metrics):
            await uow.claims.progressed(claim)
            tell_training_epoch(uow, job.id, metrics, eta)

    return work


def noticed(claim: Claim, message: str) -> Callable[[UnitOfWork], Awaitable[None]]:
    """Something a watcher should know, as a LOG event."""

    async def work(uow: UnitOfWork) -> None:
        job = await _held(uow, claim)
        tell_training_log(uow, job.id, job.status, job.epoch, message)

    return work


def warned(claim: Claim, notices: Sequence[Notice]) -> Callable[[UnitOfWork], Awaitable[None]]:
    """Adds to the job's warnings what is not among them yet."""

    async def work(uow: UnitOfWork) -> None:
        job = await _held(uow, claim)
        await uow.jobs.write_claimed(claim, warnings=_with(job, notices))

    return work


def batch_halved(claim: Claim, batch_size: int) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The device's memory was too small for the batch; from now on it is `batch_size` images."""

    async def work(uow: UnitOfWork) -> None:
        job = await _held(uow, claim)
        before = job.effective["batch"]
        text = f"The device ran out of memory; going on with a batch of {batch_size} instead of {before}."
        effective = {**job.effective, "batch": batch_size}
        notices = _with(job, [Notice("BATCH_HALVED", text, 1)])
        await uow.jobs.write_claimed(claim, effective=effective, warnings=notices)
        tell_training_log(uow, job.id, job.status, job.epoch, text)

    return work


def state_kept(claim: Claim, points: Sequence[ResumePoint]) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The job can go on from these, newest first; no others are needed any more."""

    async def work(uow: UnitOfWork) -> None:
        await uow.jobs.write_claimed(claim, resume_points=tuple(points))

    return work


def printed(claim: Claim, lines: Sequence[str]) -> Callable[[UnitOfWork], Awaitable[None]]:
    async def work(uow: UnitOfWork) -> None:
        await uow.jobs.add_log(claim, lines, LOG_LINES_KEPT)

    return work


def completed(claim: Claim, make: Callable[[str], TrainedModel]) -> Callable[[UnitOfWork], Awaitable[None]]:
    """Model, job, version and their events in one transaction; `make` is called with the model's name."""

    async def work(uow: UnitOfWork) -> None:
        seen = await _held(uow, claim)
        if seen.status is TrainingJobStatus.COMPLETED:
            return  # the database did it, and its answer was lost
        await uow.projects.lock(seen.project_id)
        version = await uow.versions.lock(seen.dataset_id)
        if version is None:
            raise not_found("version")
        model = make(await _model_name(uow, version))
        status = transition(seen.status, TrainingJobStatus.COMPLETED)
        done = {"finished_at": datetime.now(UTC), "eta_seconds": 0, "resume_points": ()}
        await uow.jobs.write_claimed(claim, status=status, **done)
        await uow.models.add(model)
        await refresh_training_status(uow, version)
        tell_model_created(uow, model)
        tell_training_status(uow, seen.project_id, seen.id, status, seen.epoch)
        await announce_training(uow, seen, version, status)

    return work


def ended(claim: Claim, status: TrainingJobStatus, reason: str | None) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The job is FAILED with a reason, or CANCELLED; its version goes back to READY when no other job holds it. One
    that was completed just before stays so."""

    async def work(uow: UnitOfWork) -> None:
        seen = await _held(uow, claim)
        if seen.status is TrainingJobStatus.COMPLETED:
            return
        version = await uow.versions.lock(seen.dataset_id)
        target = transition(seen.status, status)
        await uow.jobs.write_claimed(
            claim, status=target, failure_reason=reason, finished_at=datetime.now(UTC), eta_seconds=None
        )
        if version is not None:
            await refresh_training_status(uow, version)
            await announce_training(uow, seen, version, target, reason)
        tell_training_status(uow, seen.project_id, seen.id, target, seen.epoch, reason)

    return work


def _with(job: TrainingJob, notices: Sequence[Notice]) -> tuple[Notice, ...]:
    return job.warnings + tuple(one for one in notices if one not in job.warnings)


async def _held(uow: UnitOfWork, claim: Claim) -> TrainingJob:
    job = await uow.jobs.get(claim.id)
    if job is None:
        raise not_found("training job")
    if job.attempt != claim.attempt:
        raise ClaimLostError(f"{claim.kind} {claim.id} is no longer held by attempt {claim.attempt}.")
    return job


async def _model_name(uow: UnitOfWork, version: DatasetVersion) -> str:
    """As `north-v3.pt`. The project is locked."""
    project = await uow.projects.get(version.project_id)
    return await free_model_name(uow, version.project_id, f"{project.name if project else 'model'}-v{version.version}")
