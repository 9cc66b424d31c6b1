"""What subscriptions tell. Every event carries a cursor."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Annotated, Union

import strawberry

from domain.models.event import ProjectEventKind, TrainingEventKind
from domain.models.training import TrainingJob as TrainingJobEntity
from domain.models.training import TrainingJobStatus
from domain.models.version import VersionStage
from schema.answers import Answers
from schema.assets import UploadBatch, UploadResult
from schema.checks import VersionCheck
from schema.context import Info
from schema.detections import DetectionJob
from schema.exports import VersionExport
from schema.imports import ImportJob
from schema.models import ModelDeployment, ModelEvaluation, TrainedModel
from schema.projects import Project
from schema.training import EpochMetrics, TrainingJob
from schema.versions import DatasetVersion

strawberry.enum(VersionStage)
strawberry.enum(ProjectEventKind)
strawberry.enum(
    TrainingEventKind,
    description="STATUS, EPOCH and LOG events are kept and replayed, EPOCH exactly once for each completed epoch "
    "(counted from 1). BATCH events are passing news and may be lost.",
)


@strawberry.type
class UploadEvent:
    cursor: str
    at: datetime
    batch: UploadBatch
    done: int
    total: int
    result: UploadResult | None
    answers: strawberry.Private[Answers] = field(default_factory=Answers)


@strawberry.type
class ImportEvent:
    cursor: str
    at: datetime
    job: ImportJob
    done: int
    total: int
    answers: strawberry.Private[Answers] = field(default_factory=Answers)


@strawberry.type
class VersionEvent:
    cursor: str
    at: datetime
    version: DatasetVersion
    stage: VersionStage
    done: int
    total: int
    message: str | None
    answers: strawberry.Private[Answers] = field(default_factory=Answers)


@strawberry.type
class ExportEvent:
    cursor: str
    at: datetime
    export: VersionExport
    done: int = strawberry.field(description="Images of the version whose pictures are in the zip file.")
    total: int
    message: str | None
    answers: strawberry.Private[Answers] = field(default_factory=Answers)


@strawberry.type
class DetectionEvent:
    cursor: str
    at: datetime
    job: DetectionJob
    asset_id: strawberry.ID | None = strawberry.field(
        description="The image that was looked at; null where the job's status changed."
    )
    found: int | None = strawberry.field(description="Pending annotations that were made on it.")
    message: str | None
    answers: strawberry.Private[Answers] = field(default_factory=Answers)


@strawberry.type
class TrainingEvent:
    cursor: str
    at: datetime
    kind: TrainingEventKind
    status: TrainingJobStatus
    epoch: int
    epochs: int
    batch: int | None = strawberry.field(description="Within the running epoch.")
    batches: int | None
    progress: float
    eta_seconds: int | None
    metrics: EpochMetrics | None
    message: str | None
    entity: strawberry.Private[TrainingJobEntity]
    answers: strawberry.Private[Answers] = field(default_factory=Answers)

    @strawberry.field
    def job(self) -> TrainingJob:
        return TrainingJob.of(self.entity)

    @strawberry.field
    async def model(self, info: Info) -> TrainedModel | None:
        model = await info.context.loaders.model_of_job.load(self.entity.id)
        return TrainedModel.of(model) if model else None


ProjectSubject = Annotated[
    Union[  # noqa: UP007
        DatasetVersion,
        VersionCheck,
        VersionExport,
        TrainingJob,
        TrainedModel,
        ModelDeployment,
        ModelEvaluation,
        DetectionJob,
        UploadBatch,
        ImportJob,
        Project,
    ],
    strawberry.union("ProjectSubject"),
]


@strawberry.type
class ProjectEvent:
    cursor: str
    at: datetime
    kind: ProjectEventKind
    subject: ProjectSubject
    answers: strawberry.Private[Answers] = field(default_factory=Answers)
