"""Training jobs: asking for one, cancelling it, going on with it. Locks go project, version, job."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.events import tell_training_status
from domain.ids import new_id
from domain.jobs import JobKind
from domain.models.model import TrainedModel
from domain.models.people import Principal
from domain.models.training import StartingWeights, TrainingConfig, TrainingJob, TrainingJobStatus
from domain.models.version import DatasetVersion, Notice
from domain.policies import Action, authorize_project
from domain.ports import Database, UnitOfWork
from domain.transitions import transition
from domain.versions import checked_idempotency_key, readable_version, refresh_training_status, require_usable

MAX_EPOCHS, MAX_BATCH_SIZE = 10_000, 1024
MIN_IMAGE_SIZE, MAX_IMAGE_SIZE, IMAGE_SIZE_STEP = 32, 4096, 32
MAX_SEED = 2**31 - 1
LOG_LINES_KEPT = 2000


@dataclass(frozen=True, slots=True)
class StartTraining:
    version_id: str
    config: TrainingConfig
    checkpoint_model_id: str | None
    from_scratch: bool
    idempotency_key: str | None

    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def check_training_config(config: TrainingConfig, *path: str) -> None:
    """Raises INVALID for the first value outside its documented range; `path` leads to the config in the input."""
    if not 1 <= config.epochs <= MAX_EPOCHS:
        raise invalid(f"Epochs must be 1 to {MAX_EPOCHS:,}, not {config.epochs}.", *path, "epochs")
    if not 1 <= config.batch_size <= MAX_BATCH_SIZE:
        text = f"The batch size must be 1 to {MAX_BATCH_SIZE:,}, not {config.batch_size}."
        raise invalid(text, *path, "batchSize")
    check_image_size(config.image_size, *path, "imageSize")
    rate = config.learning_rate
    if rate is not None and not (math.isfinite(rate) and 0 < rate <= 1):
        raise invalid("The learning rate must be above 0 and at most 1.", *path, "learningRate")
    if config.patience < 0:
        raise invalid("Patience is a number of epochs, 0 for never.", *path, "patience")
    if not 0 <= config.seed <= MAX_SEED:
        raise invalid(f"The seed must be 0 to {MAX_SEED:,}.", *path, "seed")


def check_image_size(pixels: int, *path: str) -> None:
    """Raises INVALID for a square that no network of ours takes."""
    if not MIN_IMAGE_SIZE <= pixels <= MAX_IMAGE_SIZE or pixels % IMAGE_SIZE_STEP:
        text = f"The image size must be {MIN_IMAGE_SIZE} to {MAX_IMAGE_SIZE:,} in steps of {IMAGE_SIZE_STEP} pixels."
        raise invalid(text, *path)


async def start_training(database: Database, principal: Principal, command: StartTraining) -> TrainingJob:
    """A QUEUED job. Raises INVALID, NOT_READY, IDEMPOTENCY_MISMATCH, or NOT_FOUND for a checkpoint of another team."""

    async def work(uow: UnitOfWork) -> TrainingJob:
        seen = await readable_version(uow, principal, command.version_id, Action.TRAIN)
        check_training_config(command.config, "input", "config")
        await uow.projects.lock(seen.project_id)
        key = checked_idempotency_key(command.idempotency_key)
        existing = await uow.jobs.by_idempotency_key(seen.project_id, key) if key is not None else None
        if existing is not None:
            return _same_input(existing, command)
        version = await uow.versions.lock(seen.id)
        if version is None:
            raise not_found("version")
        await require_usable(uow, version, "input", "datasetVersionId")
        checkpoint = await _checkpoint(uow, version, command)
        job = _new_job(command, version, principal, checkpoint)
        await uow.jobs.add(job)
        await refresh_training_status(uow, version)
        tell_training_status(uow, job.project_id, job.id, job.status, 0)
        uow.wake(JobKind.TRAINING, job.id)
        return job

    return await database.write(work)


def _same_input(existing: TrainingJob, command: StartTraining) -> TrainingJob:
    if existing.input_digest == command.digest():
        return existing
    text = "This idempotency key started another training; use another key."
    raise DomainError(ErrorCode.IDEMPOTENCY_MISMATCH, text, ("input", "idempotencyKey"))


async def _checkpoint(uow: UnitOfWork, version: DatasetVersion, command: StartTraining) -> TrainedModel | None:
    if command.checkpoint_model_id is None:
        return None
    if command.from_scratch:
        text = "A training starts from a checkpoint or from scratch, not both."
        raise invalid(text, "input", "fromScratch")
    model = await uow.models.get(command.checkpoint_model_id)
    if model is None or model.team_id != version.team_id:
        raise not_found("model")
    if model.sha256 is None or model.base_model is None:
        text = f"{model.name} has no recorded checksum or architecture, so its weights cannot be trusted as a start."
        raise DomainError(ErrorCode.NOT_READY, text, ("input", "checkpointModelId"))
    return model


def _new_job(
    command: StartTraining, version: DatasetVersion, principal: Principal, checkpoint: TrainedModel | None
) -> TrainingJob:
    config, starting = command.config, StartingWeights.PRETRAINED
    notices: tuple[Notice, ...] = ()
    if command.from_scratch:
        starting = StartingWeights.SCRATCH
    if checkpoint is not None and checkpoint.base_model is not None:
        starting = StartingWeights.CHECKPOINT
        notices = _checkpoint_notices(config, version, checkpoint)
        config = replace(config, base_model=checkpoint.base_model)
    return TrainingJob(
        id=new_id(),
        project_id=version.project_id,
        team_id=version.team_id,
        dataset_id=version.id,
        status=TrainingJobStatus.QUEUED,
        starting_weights=starting,
        checkpoint_model_id=checkpoint.id if checkpoint else None,
        config=config,
        effective={},
        created_at=datetime.now(UTC),
        created_by_id=principal.user_id,
        started_at=None,
        finished_at=None,
        cancel_requested_at=None,
        warnings=notices,
        epoch=0,
        failure_reason=None,
        attempt=0,
        worker=None,
        device=None,
        idempotency_key=command.idempotency_key,
        input_digest=command.digest(),
        eta_seconds=None,
    )


def _checkpoint_notices(
    config: TrainingConfig, version: DatasetVersion, checkpoint: TrainedModel
) -> tuple[Notice, ...]:
    notices = []
    forgotten = sorted(set(checkpoint.classes) - set(version.classes))
    added = sorted(set(version.classes) - set(checkpoint.classes))
    if forgotten:
        text = f"{checkpoint.name} knows classes that v{version.version} lacks: {', '.join(forgotten)}."
        notices.append(Notice("CLASS_NOT_IN_VERSION", text, len(forgotten)))
    if added:
        text = f"v{version.version} has classes that {checkpoint.name} never saw: {', '.join(added)}."
        notices.append(Notice("CLASS_NOT_IN_MODEL", text, len(added)))
    if config.base_model is not checkpoint.base_model:
        text = f"The architecture is the checkpoint's, {checkpoint.base_model}, not {config.base_model}."
        notices.append(Notice("BASE_MODEL_FROM_CHECKPOINT", text, 1))
    return tuple(notices)


async def cancel_training(database: Database, principal: Principal, job_id: str) -> TrainingJob:
    """Cancels a queued job at once; a running one is asked to stop, which its worker sees at its next heartbeat."""

    async def work(uow: UnitOfWork) -> TrainingJob:
        seen = await readable_job(uow, principal, job_id, Action.TRAIN)
        version = await uow.versions.lock(seen.dataset_id)
        job = await uow.jobs.get(job_id)
        if job is None or version is None:
            raise not_found("training job")
        if job.status.final:
            text = f"The training is {job.status.value} already."
            raise DomainError(ErrorCode.NOT_READY, text, ("id",))
        now = datetime.now(UTC)
        if await uow.jobs.cancel_unheld(job.id, now):
            job = replace(job, status=transition(TrainingJobStatus.QUEUED, TrainingJobStatus.CANCELLED))
        else:
            await uow.jobs.update(job.id, cancel_requested_at=job.cancel_requested_at or now)
        job = await uow.jobs.get(job_id) or job
        await refresh_training_status(uow, version)
        tell_training_status(uow, job.project_id, job.id, job.status, job.epoch, "Cancelling.")
        return job

    return await database.write(work)


async def cancel_as_asked(uow: UnitOfWork, job_id: str) -> None:
    """Cancels a job whose worker was asked to stop but is gone, or waits for something; a worker that has taken it up
    again sees to it by itself."""
    job = await uow.jobs.get(job_id)
    version = await uow.versions.lock(job.dataset_id) if job is not None else None
    if job is None or version is None or not await uow.jobs.cancel_unheld(job_id, datetime.now(UTC)):
        return
    await refresh_training_status(uow, version)
    tell_training_status(uow, job.project_id, job.id, TrainingJobStatus.CANCELLED, job.epoch)


async def resume_training(database: Database, principal: Principal, job_id: str) -> TrainingJob:
    """A FAILED or CANCELLED job QUEUED again; its worker goes on from the newest state that was kept, if any was.

    Raises NOT_READY for a job in another state, and where the version cannot be trained from any more.
    """

    async def work(uow: UnitOfWork) -> TrainingJob:
        seen = await readable_job(uow, principal, job_id, Action.TRAIN)
        version = await uow.versions.lock(seen.dataset_id)
        job = await uow.jobs.get(job_id)
        if job is None or version is None:
            raise not_found("training job")
        if job.status not in (TrainingJobStatus.FAILED, TrainingJobStatus.CANCELLED):
            text = f"The training is {job.status.value}; only failed and cancelled ones can be resumed."
            raise DomainError(ErrorCode.NOT_READY, text, ("id",))
        await require_usable(uow, version, "id")
        status = transition(job.status, TrainingJobStatus.QUEUED)
        anew = {"failure_reason": None, "finished_at": None, "cancel_requested_at": None, "eta_seconds": None}
        await uow.jobs.update(job.id, status=status, **anew)
        await uow.claims.reopen(JobKind.TRAINING, job.id)
        await refresh_training_status(uow, version)
        tell_training_status(uow, job.project_id, job.id, status, job.epoch, "Resumed.")
        uow.wake(JobKind.TRAINING, job.id)
        return await uow.jobs.get(job.id) or job

    return await database.write(work)


async def log_tails(uow: UnitOfWork, job_ids: Iterable[str], lines: int) -> dict[str, list[str]]:
    """The last lines of each training that printed any. Raises BAD_USER_INPUT for a number beyond what is kept."""
    if not 1 <= lines <= LOG_LINES_KEPT:
        text = f"lines must be 1 to {LOG_LINES_KEPT:,}, not {lines}."
        raise DomainError(ErrorCode.BAD_USER_INPUT, text, ("lines",))
    return await uow.jobs.log_tails(job_ids, lines)


async def readable_job(uow: UnitOfWork, principal: Principal, job_id: str, action: Action) -> TrainingJob:
    """The job, when the caller may do `action` in its project. Raises as `authorize_project` does."""
    job = await uow.jobs.get(job_id)
    if job is None:
        raise not_found("training job")
    await authorize_project(uow, principal, job.project_id, action, "training job")
    return job
