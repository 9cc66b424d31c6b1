"""What subscriptions tell of each event of the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import strawberry

from domain.events import encode_event_cursor
from domain.models.event import Event, ProjectEventKind, TrainingEventKind
from domain.models.training import EpochMetrics as EpochMetricsEntity
from domain.models.training import TrainingJobStatus
from domain.models.version import VersionStage
from schema.assets import UploadBatch, UploadResult
from schema.checks import VersionCheck
from schema.context import Context
from schema.detections import DetectionJob
from schema.events import (
    DetectionEvent,
    ExportEvent,
    ImportEvent,
    ProjectEvent,
    ProjectSubject,
    TrainingEvent,
    UploadEvent,
    VersionEvent,
)
from schema.exports import VersionExport
from schema.imports import ImportJob
from schema.models import ModelDeployment, ModelEvaluation, TrainedModel
from schema.projects import Project
from schema.required import required
from schema.training import EpochMetrics, TrainingJob
from schema.versions import DatasetVersion


async def import_event(context: Context, job_id: str, event: Event) -> ImportEvent:
    job = required(await context.loaders.import_job.load(job_id), "import job")
    return ImportEvent(
        cursor=encode_event_cursor(event.seq),
        at=event.at,
        job=ImportJob.of(job),
        done=event.payload["done"],
        total=event.payload["total"],
    )


async def version_event(context: Context, version_id: str, event: Event) -> VersionEvent:
    version = required(await context.loaders.version.load(version_id), "version")
    return VersionEvent(
        cursor=encode_event_cursor(event.seq),
        at=event.at,
        version=DatasetVersion.of(version),
        stage=VersionStage(event.payload["stage"]),
        done=event.payload["done"],
        total=event.payload["total"],
        message=event.payload["message"],
    )


async def export_event(context: Context, export_id: str, event: Event) -> ExportEvent:
    export = required(await context.loaders.export.load(export_id), "export")
    return ExportEvent(
        cursor=encode_event_cursor(event.seq),
        at=event.at,
        export=VersionExport.of(export),
        done=event.payload["done"],
        total=event.payload["total"],
        message=event.payload["message"],
    )


async def project_event(context: Context, event: Event) -> ProjectEvent | None:
    subject = await _subject(context, event.payload)
    if subject is None:
        return None
    kind = ProjectEventKind(event.kind)
    return ProjectEvent(cursor=encode_event_cursor(event.seq), at=event.at, kind=kind, subject=subject)


async def upload_event(context: Context, batch_id: str, event: Event) -> UploadEvent:
    upload_id = event.payload["uploadId"]
    upload = await context.loaders.upload.load(upload_id) if upload_id else None
    return UploadEvent(
        cursor=encode_event_cursor(event.seq),
        at=event.at,
        batch=UploadBatch.of(required(await context.loaders.batch.load(batch_id), "upload batch")),
        done=event.payload["done"],
        total=event.payload["total"],
        result=UploadResult.of(upload) if upload else None,
    )


async def kept_training_event(context: Context, job_id: str, event: Event) -> TrainingEvent:
    job = required(await context.loaders.job.load(job_id), "training job")
    epoch, metrics = event.payload["epoch"], event.payload.get("metrics")
    status = TrainingJobStatus(event.payload["status"])
    done = status is TrainingJobStatus.COMPLETED
    return TrainingEvent(
        cursor=encode_event_cursor(event.seq),
        at=event.at,
        kind=TrainingEventKind(event.kind),
        status=status,
        epoch=epoch,
        epochs=job.config.epochs,
        batch=None,
        batches=None,
        progress=1.0 if done else min(epoch / job.config.epochs, 1.0),
        eta_seconds=event.payload.get("etaSeconds"),
        metrics=EpochMetrics.of(EpochMetricsEntity(**metrics)) if metrics else None,
        message=event.payload.get("message"),
        entity=job,
    )


async def passing_training_event(context: Context, job_id: str, seq: int, news: Mapping[str, Any]) -> TrainingEvent:
    """A batch of the running epoch, or while the images are being rendered how far that is, in its message."""
    job = required(await context.loaders.job.load(job_id), "training job")
    rendering = "rendered" in news
    epoch = job.epoch if rendering else news["epoch"]
    batch, batches = (None, None) if rendering else (news["batch"], max(news["batches"], 1))
    done = epoch if batch is None or batches is None else epoch - 1 + batch / batches
    return TrainingEvent(
        cursor=encode_event_cursor(seq),
        at=datetime.now(UTC),
        kind=TrainingEventKind.BATCH,
        status=TrainingJobStatus.PREPARING if rendering else TrainingJobStatus.RUNNING,
        epoch=epoch,
        epochs=job.config.epochs,
        batch=batch,
        batches=batches,
        progress=min(done / job.config.epochs, 1.0),
        eta_seconds=None,
        metrics=None,
        message=f"{news['rendered']:,} of {news['images']:,} images are rendered." if rendering else None,
        entity=job,
    )


async def _subject(context: Context, payload: Mapping[str, Any]) -> ProjectSubject | None:
    """The object an event of a project names, as it is now; None once it is gone."""
    loaders = context.loaders
    of: Mapping[str, tuple[Any, Callable[[Any], ProjectSubject]]] = {
        "DatasetVersion": (loaders.version, DatasetVersion.of),
        "VersionCheck": (loaders.check, VersionCheck.of),
        "VersionExport": (loaders.export, VersionExport.of),
        "TrainingJob": (loaders.job, TrainingJob.of),
        "TrainedModel": (loaders.model, TrainedModel.of),
        "ModelDeployment": (loaders.deployment, ModelDeployment.of),
        "ModelEvaluation": (loaders.evaluation, ModelEvaluation.of),
        "DetectionJob": (loaders.detection, DetectionJob.of),
        "UploadBatch": (loaders.batch, UploadBatch.of),
        "ImportJob": (loaders.import_job, ImportJob.of),
        "Project": (loaders.project, Project.of),
    }
    loader, wrap = of[payload["type"]]
    found = await loader.load(payload["id"])
    return wrap(found) if found is not None else None


async def detection_event(context: Context, job_id: str, event: Event) -> DetectionEvent:
    job = required(await context.loaders.detection.load(job_id), "detection job")
    asset_id = event.payload["assetId"]
    return DetectionEvent(
        cursor=encode_event_cursor(event.seq),
        at=event.at,
        job=DetectionJob.of(job),
        asset_id=strawberry.ID(asset_id) if asset_id is not None else None,
        found=event.payload["found"],
        message=event.payload["message"],
    )
