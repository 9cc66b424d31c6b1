"""How long a training would take, by those that finished before."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from domain.errors import DomainError, ErrorCode
from domain.models.people import Principal
from domain.models.training import TrainingConfig
from domain.models.version import DatasetVersion
from domain.policies import Action
from domain.ports import UnitOfWork
from domain.training import check_training_config
from domain.versions import readable_version

JOBS_LOOKED_AT = 20
MAX_SECONDS = 2**31 - 1
_USUAL_SIZE = 640


@dataclass(frozen=True, slots=True)
class TrainingEstimate:
    """Of the epochs alone, without queueing, rendering and storing. `seconds` and `device` are None where no finished
    job tells."""

    seconds: int | None
    based_on_jobs: int
    device: str | None


async def estimate_training(
    uow: UnitOfWork, principal: Principal, version_id: str, config: TrainingConfig
) -> TrainingEstimate:
    """On the device that the team trained on last: the median over its newest trainings, of the same base model where
    there are any, else in proportion to what an image costs each architecture.

    Raises BAD_USER_INPUT for a config out of range, and as `readable_version` does.
    """
    version = await readable_version(uow, principal, version_id, Action.READ)
    _check(config)
    newest = await uow.jobs.uninterrupted(version.team_id, 1)
    if not newest or not version.split_counts.train_augmented:
        return TrainingEstimate(None, 0, None)
    device, limit = newest[0].device, JOBS_LOOKED_AT
    jobs = await uow.jobs.uninterrupted(version.team_id, limit, device=device, base_model=config.base_model)
    jobs = jobs or await uow.jobs.uninterrupted(version.team_id, limit, device=device)
    versions = await uow.versions.get_many(job.dataset_id for job in jobs)
    rates = [
        job.training_seconds / work
        for job in jobs
        if (work := _work(job.config, job.epoch, versions.get(job.dataset_id)))
    ]
    if not rates:
        return TrainingEstimate(None, 0, None)
    seconds = median(rates) * _work(config, config.epochs, version)
    return TrainingEstimate(min(round(seconds), MAX_SECONDS), len(rates), device)


def _check(config: TrainingConfig) -> None:
    try:
        check_training_config(config, "config")
    except DomainError as error:
        raise DomainError(ErrorCode.BAD_USER_INPUT, error.message, error.field) from error


def _work(config: TrainingConfig, epochs: int, version: DatasetVersion | None) -> float:
    """What so many epochs ask of a device, in operations; 0 where the version is gone."""
    images = version.split_counts.train_augmented if version else 0
    return epochs * images * (config.image_size / _USUAL_SIZE) ** 2 * config.base_model.gflops
