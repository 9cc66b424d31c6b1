"""Detection over stored images: asking for it, and cancelling it. Locks go project, job."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from domain.detector_choice import DetectorChoice, check_thresholds, choose_detector, require_detector
from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.events import tell_detection_status
from domain.ids import new_id
from domain.jobs import JobKind
from domain.models.detection import DetectionJob, DetectionJobStatus
from domain.models.model import InferenceBackend
from domain.models.people import Principal
from domain.models.project import Project
from domain.policies import Action, authorize_project
from domain.ports import Database, Roboflow, UnitOfWork
from domain.serving import served
from domain.transitions import transition
from domain.versions import checked_idempotency_key

MAX_IMAGES = 10_000
CONFIDENCE, IOU = 0.25, 0.45
"""Where a caller names none."""


@dataclass(frozen=True, slots=True)
class StartDetection:
    """`asset_ids`, `upload_batch_id` or neither is set; so is `model_id`, `roboflow_model` or neither."""

    project_id: str
    asset_ids: tuple[str, ...] | None
    upload_batch_id: str | None
    model_id: str | None
    roboflow_model: str | None
    backend: InferenceBackend | None
    confidence: float
    iou: float
    idempotency_key: str | None

    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


async def start_detection(
    database: Database, roboflow: Roboflow, principal: Principal, command: StartDetection
) -> DetectionJob:
    """A QUEUED job for the images that the model has not looked at yet, or a COMPLETED one where there is none.

    Raises INVALID, NOT_READY without a model that can be used, IDEMPOTENCY_MISMATCH, or NOT_FOUND for images, a batch
    or a model of others.
    """
    key = checked_idempotency_key(command.idempotency_key)

    async def work(uow: UnitOfWork) -> DetectionJob:
        project = await authorize_project(uow, principal, command.project_id, Action.DETECT)
        if (existing := await _made_before(uow, command, key)) is not None:
            return existing
        job = await _asked_for(uow, roboflow, principal, project, command)
        await uow.projects.lock(project.id)
        return await _made_before(uow, command, key) or await add_detection(uow, job)

    return await database.write(work)


async def _made_before(uow: UnitOfWork, command: StartDetection, key: str | None) -> DetectionJob | None:
    existing = await uow.detections.by_idempotency_key(command.project_id, key) if key is not None else None
    if existing is None or existing.input_digest == command.digest():
        return existing
    text = "This idempotency key started another detection; use another key."
    raise DomainError(ErrorCode.IDEMPOTENCY_MISMATCH, text, ("input", "idempotencyKey"))


async def _asked_for(
    uow: UnitOfWork, roboflow: Roboflow, principal: Principal, project: Project, command: StartDetection
) -> DetectionJob:
    check_thresholds(command.confidence, command.iou)
    asset_ids = await _checked_images(uow, project, command)
    choice = await choose_detector(uow, project, command.model_id, command.roboflow_model, command.backend)
    require_detector(choice, roboflow.configured)
    if choice.local and choice.model is not None:
        served(choice.model, "input", "model")
    job = new_detection(project, choice, new_id())
    return replace(
        job,
        asset_ids=asset_ids,
        upload_batch_id=command.upload_batch_id,
        confidence=command.confidence,
        iou=command.iou,
        idempotency_key=command.idempotency_key,
        input_digest=command.digest(),
        created_by_id=principal.user_id,
    )


async def _checked_images(uow: UnitOfWork, project: Project, command: StartDetection) -> tuple[str, ...] | None:
    ids, batch_id = command.asset_ids, command.upload_batch_id
    if ids is not None and batch_id is not None:
        raise invalid("Name images or an upload batch, not both.", "input", "uploadBatchId")
    if ids is not None and not 1 <= len(ids) <= MAX_IMAGES:
        text = f"Name 1 to {MAX_IMAGES:,} images, or leave the list out for all of the project."
        raise invalid(text, "input", "assetIds")
    if batch_id is not None:
        batch = await uow.batches.get(batch_id)
        if batch is None or batch.project_id != project.id:
            raise not_found("upload batch")
    if ids is None:
        return None
    distinct = tuple(dict.fromkeys(ids))
    if await uow.detections.images_of(project.id, distinct) < len(distinct):
        raise not_found("asset")
    return distinct


def new_detection(project: Project, choice: DetectorChoice, id_: str) -> DetectionJob:
    """A job over all of the project's images. By a model of ours where it may: so many images are no matter of seconds,
    and wait for the GPU rather than go elsewhere."""
    model = choice.model if choice.local else None
    return DetectionJob(
        id=id_,
        project_id=project.id,
        team_id=project.team_id,
        status=DetectionJobStatus.QUEUED,
        failure_reason=None,
        model_id=model.id if model is not None else None,
        roboflow_model=choice.roboflow_model if model is None else None,
        backend=InferenceBackend.LOCAL if model is not None else InferenceBackend.ROBOFLOW,
        confidence=CONFIDENCE,
        iou=IOU,
        upload_batch_id=None,
        asset_ids=None,
        total=0,
        done=0,
        failed=0,
        found=0,
        last_asset_id="",
        idempotency_key=None,
        input_digest="",
        created_at=datetime.now(UTC),
        created_by_id=None,
        finished_at=None,
        attempt=0,
    )


async def add_detection(uow: UnitOfWork, job: DetectionJob) -> DetectionJob:
    """Adds the job, COMPLETED at once where its model has looked at every image before. The project is locked."""
    total = await uow.detections.count_images(job)
    job = replace(job, total=total)
    if total == 0:
        job = replace(job, status=DetectionJobStatus.COMPLETED, finished_at=job.created_at)
    await uow.detections.add(job)
    tell_detection_status(uow, job)
    if total > 0:
        kind = JobKind.DETECTION if job.model_id is not None else JobKind.ROBOFLOW_DETECTION
        uow.wake(kind, job.id)
    return job


async def cancel_detection(database: Database, principal: Principal, job_id: str) -> DetectionJob:
    """CANCELLED at once, whether it waited or was under way: its worker is shut out, and stops as soon as it notices.
    What was found stays. A CANCELLED one stays so. Raises NOT_READY for one that is COMPLETED or FAILED."""

    async def work(uow: UnitOfWork) -> DetectionJob:
        seen = await readable_detection(uow, principal, job_id, Action.DETECT)
        job = await uow.detections.lock(seen.id)
        if job is None:
            raise not_found("detection job")
        if job.status is DetectionJobStatus.CANCELLED:
            return job
        if job.status.final:
            raise DomainError(ErrorCode.NOT_READY, f"The detection is {job.status.value} already.", ("id",))
        cancelled = replace(
            job,
            status=transition(job.status, DetectionJobStatus.CANCELLED),
            finished_at=datetime.now(UTC),
            attempt=job.attempt + 1,  # whoever holds it, or takes it at this moment, can write nothing any more
        )
        changes = {name: getattr(cancelled, name) for name in ("status", "finished_at", "attempt")}
        await uow.detections.update(job.id, **changes)
        tell_detection_status(uow, cancelled, "Cancelled.")
        return cancelled

    return await database.write(work)


async def readable_detection(uow: UnitOfWork, principal: Principal, job_id: str, action: Action) -> DetectionJob:
    """The job, when the caller may do `action` in its project. Raises as `authorize_project` does."""
    job = await uow.detections.get(job_id)
    if job is None:
        raise not_found("detection job")
    await authorize_project(uow, principal, job.project_id, action, "detection job")
    return job
