"""Training jobs and their epochs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from domain.estimates import TrainingEstimate as TrainingEstimateEntity
from domain.events import encode_event_cursor, training_stream
from domain.models.training import BaseModel, StartingWeights, TrainingJobStatus
from domain.models.training import EpochMetrics as EpochMetricsEntity
from domain.models.training import TrainingJob as TrainingJobEntity
from schema.context import Info
from schema.inputs import given
from schema.node import Node
from schema.notices import Warning
from schema.people import User
from schema.required import required

if TYPE_CHECKING:
    from schema.models import TrainedModel
    from schema.projects import Project
    from schema.versions import DatasetVersion

strawberry.enum(TrainingJobStatus)
strawberry.enum(StartingWeights)
strawberry.enum(BaseModel)


@strawberry.type
class TrainingConfig:
    base_model: BaseModel
    epochs: int
    batch_size: int
    image_size: int
    learning_rate: float | None
    patience: int
    seed: int
    effective: JSON = strawberry.field(
        description="Every argument the training was really given, the small-set recipe's included."
    )

    @classmethod
    def of(cls, job: TrainingJobEntity) -> TrainingConfig:
        config = job.config
        return cls(
            base_model=config.base_model,
            epochs=config.epochs,
            batch_size=config.batch_size,
            image_size=config.image_size,
            learning_rate=config.learning_rate,
            patience=config.patience,
            seed=config.seed,
            effective=JSON(job.effective),
        )


@strawberry.type
class EpochMetrics:
    epoch: int = strawberry.field(description="Counted from 1.")
    seconds: float
    box_loss: float | None
    cls_loss: float | None
    dfl_loss: float | None
    val_box_loss: float | None
    val_cls_loss: float | None
    val_dfl_loss: float | None
    precision: float | None
    recall: float | None
    map50: float | None = strawberry.field(name="mAP50")
    map5095: float | None = strawberry.field(name="mAP5095")
    learning_rate: float | None

    @classmethod
    def of(cls, metrics: EpochMetricsEntity) -> EpochMetrics:
        return cls(
            epoch=metrics.epoch,
            seconds=metrics.seconds,
            box_loss=metrics.box_loss,
            cls_loss=metrics.cls_loss,
            dfl_loss=metrics.dfl_loss,
            val_box_loss=metrics.val_box_loss,
            val_cls_loss=metrics.val_cls_loss,
            val_dfl_loss=metrics.val_dfl_loss,
            precision=metrics.precision,
            recall=metrics.recall,
            map50=metrics.map50,
            map5095=metrics.map50_95,
            learning_rate=metrics.learning_rate,
        )


@strawberry.type(
    description="Of the epochs alone, by the team's finished jobs on the device that it trained on last. Without any, "
    "seconds and device are null."
)
class TrainingEstimate:
    seconds: int | None
    based_on_jobs: int
    device: str | None

    @classmethod
    def of(cls, estimate: TrainingEstimateEntity) -> TrainingEstimate:
        return cls(seconds=estimate.seconds, based_on_jobs=estimate.based_on_jobs, device=estimate.device)


@strawberry.type
class TrainingJob(Node):
    status: TrainingJobStatus
    starting_weights: StartingWeights
    config: TrainingConfig
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    warnings: list[Warning]
    epoch: int = strawberry.field(description="Completed epochs.")
    progress: float = strawberry.field(description="0..1")
    eta_seconds: int | None
    failure_reason: str | None
    attempts: int = strawberry.field(description="How often a worker has taken the job up; more than 1 after a crash.")
    worker: str | None
    device: str | None
    entity: strawberry.Private[TrainingJobEntity]

    @classmethod
    def of(cls, job: TrainingJobEntity) -> TrainingJob:
        done = job.status is TrainingJobStatus.COMPLETED
        return cls(
            id=strawberry.ID(job.id),
            status=job.status,
            starting_weights=job.starting_weights,
            config=TrainingConfig.of(job),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            cancel_requested_at=job.cancel_requested_at,
            warnings=[Warning.of(one) for one in job.warnings],
            epoch=job.epoch,
            progress=1.0 if done else min(job.epoch / job.config.epochs, 1.0),
            eta_seconds=job.eta_seconds,
            failure_reason=job.failure_reason,
            attempts=job.taken_up,
            worker=job.worker,
            device=job.device,
            entity=job,
        )

    @strawberry.field
    async def project(self, info: Info) -> Annotated[Project, strawberry.lazy("schema.projects")]:
        from schema.projects import Project

        found = await info.context.loaders.project.load(self.entity.project_id)
        return Project.of(required(found, "project"))

    @strawberry.field
    async def version(self, info: Info) -> Annotated[DatasetVersion, strawberry.lazy("schema.versions")] | None:
        from schema.versions import DatasetVersion

        version = await info.context.loaders.version.load(self.entity.dataset_id)
        return DatasetVersion.of(version) if version else None

    @strawberry.field
    async def checkpoint_model(self, info: Info) -> Annotated[TrainedModel, strawberry.lazy("schema.models")] | None:
        from schema.models import load_model

        return await load_model(info, self.entity.checkpoint_model_id)

    @strawberry.field
    async def created_by(self, info: Info) -> User | None:
        user = await info.context.loaders.user.load(self.entity.created_by_id) if self.entity.created_by_id else None
        return User.of(user) if user else None

    @strawberry.field
    async def event_cursor(self, info: Info) -> str:
        return encode_event_cursor(await info.context.loaders.stream_head.load(training_stream(self.id)))

    @strawberry.field
    async def queue_position(self, info: Info) -> int | None:
        return await info.context.loaders.queue_position.load(self.id)

    @strawberry.field
    async def epochs(self, info: Info) -> list[EpochMetrics]:
        return [EpochMetrics.of(one) for one in await info.context.loaders.epochs_of_job.load(self.id)]

    @strawberry.field(description="The last lines that the training printed.")
    async def log_tail(self, info: Info, lines: int | None = 100) -> list[str]:
        return await info.context.loaders.log_tail.load((self.id, given(lines, 100)))

    @strawberry.field
    async def model(self, info: Info) -> Annotated[TrainedModel, strawberry.lazy("schema.models")] | None:
        from schema.models import TrainedModel

        model = await info.context.loaders.model_of_job.load(self.id)
        return TrainedModel.of(model) if model else None
