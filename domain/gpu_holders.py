"""Saying who has a GPU, to those who wait for it."""

from __future__ import annotations

from domain.models.detection import Fallback, FallbackReason
from domain.models.gpu import GpuHolder, GpuLease
from domain.models.people import Principal
from domain.models.training import TrainingJob
from domain.ports import UnitOfWork


async def told_lease(uow: UnitOfWork, principal: Principal, lease: GpuLease) -> Fallback:
    """Why the GPU is not to be had: of another team's training, that there is one and how long it takes."""
    if lease.holder is GpuHolder.SAM3:
        return Fallback(FallbackReason.GPU_HELD_BY_SAM3, f"SAM3 is using the GPU of {lease.host}.")
    job = await uow.jobs.get(lease.subject_id)
    mine = job is not None and await uow.people.role(job.team_id, principal.user_id) is not None
    return Fallback(FallbackReason.GPU_HELD_BY_TRAINING, _training(lease.host, job, mine))


def _training(host: str, job: TrainingJob | None, mine: bool) -> str:
    if job is None:
        return f"A training has the GPU of {host}."
    left = f", about {_duration(job.eta_seconds)} left" if job.eta_seconds is not None else ""
    if not mine:
        return f"A training of another team has the GPU of {host}{left}."
    return f"The training {job.id} has the GPU of {host}: epoch {job.epoch} of {job.config.epochs}{left}."


def _duration(seconds: int) -> str:
    if seconds < 90:
        return f"{max(seconds, 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"
