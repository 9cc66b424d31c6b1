"""What is told, on which stream. Streams of one object tell its whole story;
a project's stream tells that something moved."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from domain.errors import DomainError, ErrorCode
from domain.models.asset import UploadBatch
from domain.models.check import VersionCheck
from domain.models.detection import DetectionJob
from domain.models.event import ProjectEventKind, StreamKind, TrainingEventKind
from domain.models.export import VersionExport
from domain.models.model import ModelDeployment, ModelEvaluation, TrainedModel
from domain.models.project import Project
from domain.models.training import EpochMetrics, TrainingJobStatus
from domain.models.version import VersionStage
from domain.ports import UnitOfWork

PROJECT_EVENTS_KEPT = timedelta(days=30)
"""Of a project's stream; the streams of other objects are kept as long as the object."""


def project_stream(project_id: str) -> str:
    return StreamKind.PROJECT.of(project_id)


def version_stream(version_id: str) -> str:
    return StreamKind.VERSION.of(version_id)


def training_stream(job_id: str) -> str:
    return StreamKind.TRAINING.of(job_id)


def upload_stream(batch_id: str) -> str:
    return StreamKind.UPLOAD.of(batch_id)


def import_stream(job_id: str) -> str:
    return StreamKind.IMPORT.of(job_id)


def export_stream(export_id: str) -> str:
    return StreamKind.EXPORT.of(export_id)


def detection_stream(job_id: str) -> str:
    return StreamKind.DETECTION.of(job_id)


def encode_event_cursor(seq: int) -> str:
    return str(seq)


def decode_event_cursor(cursor: str | None) -> int | None:
    """Raises BAD_USER_INPUT for what no event or eventCursor gave out."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise _no_cursor()
    return int(cursor)


async def checked_cursor(uow: UnitOfWork, stream: str, after: str | None) -> int | None:
    """The `seq` that the stream is to go on behind; None without a cursor.

    Raises BAD_USER_INPUT for a cursor that the stream has not reached, and CURSOR_EXPIRED for one behind which events
    are no longer kept.
    """
    cursor = decode_event_cursor(after)
    if cursor is None:
        return None
    head, first = await uow.events.extent(stream)
    if cursor > head:
        raise _no_cursor()
    if cursor < head and (first is None or first > cursor + 1):
        raise DomainError(
            ErrorCode.CURSOR_EXPIRED,
            "The events behind this cursor are no longer kept: read anew, and subscribe with the eventCursor you read.",
            ("after",),
        )
    return cursor


def _no_cursor() -> DomainError:
    return DomainError(ErrorCode.BAD_USER_INPUT, "after is not a cursor of this stream.", ("after",))


def tell_version(
    uow: UnitOfWork,
    project_id: str,
    version_id: str,
    stage: VersionStage,
    done: int = 0,
    total: int = 0,
    message: str | None = None,
) -> None:
    payload = {"stage": stage.value, "done": done, "total": total, "message": message}
    uow.emit(version_stream(version_id), "VERSION", payload)
    if stage in (VersionStage.QUEUED, VersionStage.READY, VersionStage.FAILED):
        tell_version_changed(uow, project_id, version_id)


def tell_version_changed(uow: UnitOfWork, project_id: str, version_id: str) -> None:
    _tell_project(uow, project_id, ProjectEventKind.VERSION_CHANGED, "DatasetVersion", version_id)


def tell_upload(uow: UnitOfWork, batch: UploadBatch, upload_id: str | None) -> None:
    done, total = batch.answered, batch.announced
    uow.emit(upload_stream(batch.id), "UPLOAD", {"done": done, "total": total, "uploadId": upload_id})
    if upload_id is None or done == total:
        _tell_project(uow, batch.project_id, ProjectEventKind.UPLOAD_CHANGED, "UploadBatch", batch.id)


def tell_import(uow: UnitOfWork, job_id: str, done: int, total: int) -> None:
    """Objects of the file that are dealt with, of all."""
    uow.emit(import_stream(job_id), "IMPORT", {"done": done, "total": total})


def tell_import_status(uow: UnitOfWork, project_id: str, job_id: str, done: int = 0, total: int = 0) -> None:
    tell_import(uow, job_id, done, total)
    _tell_project(uow, project_id, ProjectEventKind.IMPORT_CHANGED, "ImportJob", job_id)


def tell_training_status(
    uow: UnitOfWork, project_id: str, job_id: str, status: TrainingJobStatus, epoch: int, message: str | None = None
) -> None:
    payload = {"status": status.value, "epoch": epoch, "message": message}
    uow.emit(training_stream(job_id), TrainingEventKind.STATUS, payload)
    _tell_project(uow, project_id, ProjectEventKind.TRAINING_CHANGED, "TrainingJob", job_id)


def tell_training_epoch(uow: UnitOfWork, job_id: str, metrics: EpochMetrics, eta_seconds: int | None) -> None:
    payload = {"status": TrainingJobStatus.RUNNING.value, "epoch": metrics.epoch, "etaSeconds": eta_seconds}
    uow.emit(training_stream(job_id), TrainingEventKind.EPOCH, {**payload, "metrics": asdict(metrics)})


def tell_training_log(uow: UnitOfWork, job_id: str, status: TrainingJobStatus, epoch: int, message: str) -> None:
    payload = {"status": status.value, "epoch": epoch, "message": message}
    uow.emit(training_stream(job_id), TrainingEventKind.LOG, payload)


def tell_model_created(uow: UnitOfWork, model: TrainedModel) -> None:
    _tell_project(uow, model.project_id, ProjectEventKind.MODEL_CREATED, "TrainedModel", model.id)


def tell_deployment(uow: UnitOfWork, deployment: ModelDeployment) -> None:
    kind = ProjectEventKind.DEPLOYMENT_CHANGED
    _tell_project(uow, deployment.project_id, kind, "ModelDeployment", deployment.id)


def tell_evaluation(uow: UnitOfWork, evaluation: ModelEvaluation) -> None:
    kind = ProjectEventKind.EVALUATION_CHANGED
    _tell_project(uow, evaluation.project_id, kind, "ModelEvaluation", evaluation.id)


def tell_check(uow: UnitOfWork, check: VersionCheck) -> None:
    _tell_project(uow, check.project_id, ProjectEventKind.CHECK_CHANGED, "VersionCheck", check.id)


def tell_export(uow: UnitOfWork, export_id: str, done: int, total: int, message: str | None = None) -> None:
    """Images of the version whose pictures are in the zip file, of all."""
    uow.emit(export_stream(export_id), "EXPORT", {"done": done, "total": total, "message": message})


def tell_export_status(
    uow: UnitOfWork, export: VersionExport, done: int = 0, total: int = 0, message: str | None = None
) -> None:
    tell_export(uow, export.id, done, total, message)
    _tell_project(uow, export.project_id, ProjectEventKind.EXPORT_CHANGED, "VersionExport", export.id)


def tell_detected_image(uow: UnitOfWork, job_id: str, asset_id: str, found: int, message: str | None) -> None:
    """An image was looked at; `message` says why in vain."""
    uow.emit(detection_stream(job_id), "IMAGE", {"assetId": asset_id, "found": found, "message": message})


def tell_detection_status(uow: UnitOfWork, job: DetectionJob, message: str | None = None) -> None:
    uow.emit(detection_stream(job.id), "STATUS", {"assetId": None, "found": None, "message": message})
    _tell_project(uow, job.project_id, ProjectEventKind.DETECTION_CHANGED, "DetectionJob", job.id)


def tell_project(uow: UnitOfWork, project: Project) -> None:
    _tell_project(uow, project.id, ProjectEventKind.PROJECT_CHANGED, "Project", project.id)


def _tell_project(uow: UnitOfWork, project_id: str, kind: ProjectEventKind, type_: str, id_: str) -> None:
    uow.emit(project_stream(project_id), kind, {"type": type_, "id": id_})
