"""Trained models, their metrics, evaluations and deployments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.models.model import (
    DeploymentStatus,
    EvaluationStatus,
    InferenceBackend,
)
from domain.models.model import ModelDeployment as ModelDeploymentEntity
from domain.models.model import ModelEvaluation as ModelEvaluationEntity
from domain.models.model import ModelFile as ModelFileEntity
from domain.models.model import ModelMetrics as ModelMetricsEntity
from domain.models.model import TrainedModel as TrainedModelEntity
from domain.models.training import BaseModel
from domain.models.version import Split
from schema.context import Info
from schema.node import Node
from schema.notices import Warning
from schema.people import User
from schema.required import required
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.projects import Project
    from schema.training import TrainingJob
    from schema.versions import DatasetVersion

strawberry.enum(EvaluationStatus)
strawberry.enum(InferenceBackend)
strawberry.enum(
    DeploymentStatus, description="PENDING while the model is loaded and checked; the one before answers until then."
)


@strawberry.type
class ClassMetrics:
    name: str
    ap50: float
    ap5095: float
    precision: float
    recall: float
    instances: int


@strawberry.type(description="`confusion[t][p]`: true class t found as p; the last row and column are background.")
class ModelMetrics:
    map50: float = strawberry.field(name="mAP50")
    map5095: float = strawberry.field(name="mAP5095")
    precision: float
    recall: float
    entity: strawberry.Private[ModelMetricsEntity]

    @classmethod
    def of(cls, metrics: ModelMetricsEntity) -> ModelMetrics:
        return cls(
            map50=metrics.map50,
            map5095=metrics.map50_95,
            precision=metrics.precision,
            recall=metrics.recall,
            entity=metrics,
        )

    @strawberry.field
    def confusion(self) -> list[list[int]] | None:
        rows = self.entity.confusion
        return [list(row) for row in rows] if rows is not None else None

    @strawberry.field
    def per_class(self) -> list[ClassMetrics]:
        return [
            ClassMetrics(
                name=one.name,
                ap50=one.ap50,
                ap5095=one.ap50_95,
                precision=one.precision,
                recall=one.recall,
                instances=one.instances,
            )
            for one in self.entity.per_class
        ]


@strawberry.type
class ModelPlot:
    name: str
    url: str


@strawberry.type(description="What the training made beside the weights: the model as ONNX, tables, arguments.")
class ModelFile:
    name: str
    url: str
    size_bytes: BigInt
    sha256: str


@strawberry.type
class TrainedModel(Node):
    name: str = strawberry.field(description="As `pine-sapling-v3.pt`.")
    base_model: BaseModel | None
    classes: list[str]
    metrics: ModelMetrics | None
    size_bytes: BigInt | None
    sha256: str | None
    created_at: datetime
    imported: bool = strawberry.field(description="True for weights an operator brought; they have no version or job.")
    deployed: bool
    entity: strawberry.Private[TrainedModelEntity]

    @classmethod
    def of(cls, model: TrainedModelEntity) -> TrainedModel:
        return cls(
            id=strawberry.ID(model.id),
            name=model.name,
            base_model=model.base_model,
            classes=list(model.classes),
            metrics=ModelMetrics.of(model.metrics) if model.metrics else None,
            size_bytes=BigInt(model.size_bytes) if model.size_bytes is not None else None,
            sha256=model.sha256,
            created_at=model.created_at,
            imported=model.imported,
            deployed=model.deployed,
            entity=model,
        )

    @strawberry.field
    async def project(self, info: Info) -> Annotated[Project, strawberry.lazy("schema.projects")]:
        from schema.projects import Project

        found = await info.context.loaders.project.load(self.entity.project_id)
        return Project.of(required(found, "project"))

    @strawberry.field
    async def version(self, info: Info) -> Annotated[DatasetVersion, strawberry.lazy("schema.versions")] | None:
        from schema.versions import DatasetVersion

        version = await info.context.loaders.version.load(self.entity.dataset_id) if self.entity.dataset_id else None
        return DatasetVersion.of(version) if version else None

    @strawberry.field
    async def training_job(self, info: Info) -> Annotated[TrainingJob, strawberry.lazy("schema.training")] | None:
        from schema.training import TrainingJob

        job = await info.context.loaders.job.load(self.entity.training_job_id) if self.entity.training_job_id else None
        return TrainingJob.of(job) if job else None

    @strawberry.field(description="The model whose weights this one started from.")
    async def parent(self, info: Info) -> TrainedModel | None:
        return await load_model(info, self.entity.parent_model_id)

    @strawberry.field
    async def children(self, info: Info) -> list[TrainedModel]:
        return [TrainedModel.of(one) for one in await info.context.loaders.children_of_model.load(self.id)]

    @strawberry.field(
        description="The metrics on one version's split, so that models of different versions compare fairly."
    )
    async def evaluations(self, info: Info) -> list[ModelEvaluation]:
        return [ModelEvaluation.of(one) for one in await info.context.loaders.evaluations_of_model.load(self.id)]

    @strawberry.field
    async def weights_url(self, info: Info) -> str:
        key = self.entity.weights_key
        return await info.context.store.get_url(key, self.name, "application/octet-stream", datetime.now(UTC))

    @strawberry.field(description="Curves and matrices as pictures (PR, F1, confusion matrix, sample predictions).")
    async def plots(self, info: Info) -> list[ModelPlot]:
        pictures = [file for file in self.entity.files if file.picture]
        return [ModelPlot(name=file.name, url=await _url(info, file)) for file in pictures]

    @strawberry.field(description="The model as ONNX, its training's epochs as CSV, its arguments as JSON.")
    async def files(self, info: Info) -> list[ModelFile]:
        others = [file for file in self.entity.files if not file.picture]
        return [
            ModelFile(
                name=file.name, url=await _url(info, file), size_bytes=BigInt(file.size_bytes), sha256=file.sha256
            )
            for file in others
        ]


@strawberry.type
class ModelEvaluation(Node):
    split: Split
    status: EvaluationStatus
    failure_reason: str | None
    metrics: ModelMetrics | None
    seen_images: int = strawberry.field(
        description="Images of that split that the model, or a model it started from, was trained on. "
        "Above 0 the figure is flattered."
    )
    warnings: list[Warning]
    created_at: datetime
    entity: strawberry.Private[ModelEvaluationEntity]

    @classmethod
    def of(cls, one: ModelEvaluationEntity) -> ModelEvaluation:
        return cls(
            id=strawberry.ID(one.id),
            split=one.split,
            status=one.status,
            failure_reason=one.failure_reason,
            metrics=ModelMetrics.of(one.metrics) if one.metrics else None,
            seen_images=one.seen_images,
            warnings=[Warning.of(notice) for notice in one.warnings],
            created_at=one.created_at,
            entity=one,
        )

    @strawberry.field
    async def model(self, info: Info) -> TrainedModel:
        return required(await load_model(info, self.entity.model_id), "model")

    @strawberry.field
    async def version(self, info: Info) -> Annotated[DatasetVersion, strawberry.lazy("schema.versions")]:
        from schema.versions import DatasetVersion

        found = await info.context.loaders.version.load(self.entity.dataset_id)
        return DatasetVersion.of(required(found, "version"))


@strawberry.type
class ModelDeployment(Node):
    status: DeploymentStatus
    failure_reason: str | None
    roboflow_model: str | None
    backend: InferenceBackend
    deployed_at: datetime
    note: str | None
    entity: strawberry.Private[ModelDeploymentEntity]

    @classmethod
    def of(cls, one: ModelDeploymentEntity) -> ModelDeployment:
        return cls(
            id=strawberry.ID(one.id),
            status=one.status,
            failure_reason=one.failure_reason,
            roboflow_model=one.roboflow_model,
            backend=one.backend,
            deployed_at=one.deployed_at,
            note=one.note,
            entity=one,
        )

    @strawberry.field
    async def project(self, info: Info) -> Annotated[Project, strawberry.lazy("schema.projects")]:
        from schema.projects import Project

        found = await info.context.loaders.project.load(self.entity.project_id)
        return Project.of(required(found, "project"))

    @strawberry.field
    async def model(self, info: Info) -> TrainedModel | None:
        return await load_model(info, self.entity.model_id)

    @strawberry.field
    async def deployed_by(self, info: Info) -> User | None:
        user = await info.context.loaders.user.load(self.entity.deployed_by_id) if self.entity.deployed_by_id else None
        return User.of(user) if user else None


async def _url(info: Info, file: ModelFileEntity) -> str:
    return await info.context.store.get_url(file.key, file.name, file.content_type, datetime.now(UTC))


async def load_model(info: Info, model_id: str | None) -> TrainedModel | None:
    """The model of that id, if there is one."""
    model = await info.context.loaders.model.load(model_id) if model_id is not None else None
    return TrainedModel.of(model) if model else None
