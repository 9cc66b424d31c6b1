"""Projects."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.events import encode_event_cursor, project_stream
from domain.models.model import InferenceBackend
from domain.models.people import TeamRole
from domain.models.project import Project as ProjectEntity
from domain.models.training import TrainingJobStatus
from domain.ports import AssetFilter as AssetFilterEntity
from domain.ports import ProjectTotals
from domain.webhooks import sees_webhooks
from schema.assets import Asset, UploadBatch
from schema.context import Info
from schema.detections import DetectionJob
from schema.inference_models import InferenceModel
from schema.inputs import AssetFilter
from schema.models import ModelDeployment, TrainedModel, load_model
from schema.node import Connection, Node
from schema.notices import ClassCount
from schema.people import Team
from schema.required import required
from schema.training import TrainingJob
from schema.versions import DatasetVersion
from schema.webhooks import Webhook


@strawberry.type
class ProjectFeatures:
    dataset_versions: bool = strawberry.field(
        description="The project's own flag, or the server-wide ENABLE_DATASET_VERSIONS."
    )


@strawberry.type
class Project(Node):
    name: str
    created_at: datetime
    active_roboflow_model: str | None
    roboflow_models: list[str] = strawberry.field(
        description="Roboflow models that this project may use, as `workspace-project/6`."
    )
    inference_backend: InferenceBackend = strawberry.field(
        description="AUTO for a new project; ROBOFLOW for one adopted with a Roboflow model, until its team decides."
    )
    detect_on_upload: bool = strawberry.field(
        description="Detect on every finished upload with the active model; what it finds waits for review."
    )
    entity: strawberry.Private[ProjectEntity]

    @classmethod
    def of(cls, project: ProjectEntity) -> Project:
        return cls(
            id=strawberry.ID(project.id),
            name=project.name,
            created_at=project.created_at,
            active_roboflow_model=project.active_roboflow_model,
            roboflow_models=list(project.roboflow_models),
            inference_backend=project.inference_backend,
            detect_on_upload=project.detect_on_upload,
            entity=project,
        )

    @strawberry.field
    async def team(self, info: Info) -> Team:
        return Team.of(required(await info.context.loaders.team.load(self.entity.team_id), "team"))

    @strawberry.field
    def features(self, info: Info) -> ProjectFeatures:
        everywhere = info.context.versions_enabled_everywhere
        return ProjectFeatures(dataset_versions=self.entity.dataset_versions or everywhere)

    @strawberry.field(description="What the viewer may do here, so that a page can show or hide its buttons.")
    async def viewer_role(self, info: Info) -> TeamRole:
        teams = await info.context.loaders.teams_of_user.load(info.context.principal.user_id)
        role = next((role for team, role in teams if team.id == self.entity.team_id), None)
        return required(role, "project")

    @strawberry.field
    async def total_images(self, info: Info) -> int:
        return (await self._totals(info)).images

    @strawberry.field
    async def annotated_images(self, info: Info) -> int:
        return (await self._totals(info)).annotated_images

    @strawberry.field
    async def total_annotations(self, info: Info) -> int:
        return (await self._totals(info)).annotations

    async def _totals(self, info: Info) -> ProjectTotals:
        return await info.context.loaders.project_totals.load(self.id)

    @strawberry.field
    async def class_counts(self, info: Info) -> list[ClassCount]:
        return [ClassCount.of(one) for one in await info.context.loaders.class_counts_of_project.load(self.id)]

    @strawberry.field(description="The number the next version will get.")
    async def next_version_number(self, info: Info) -> int:
        return await info.context.loaders.next_version_number.load(self.id)

    @strawberry.field
    async def version_count(self, info: Info) -> int:
        return await info.context.loaders.versions_of_project.counts.load((self.id, False))

    @strawberry.field(description="Highest number first.")
    async def versions(
        self, info: Info, first: int | None = 50, after: str | None = None, include_archived: bool | None = False
    ) -> Connection[DatasetVersion]:
        lists = info.context.loaders.versions_of_project
        return await lists.connection(self.id, first, after, DatasetVersion.of, bool(include_archived))

    @strawberry.field
    async def version(self, info: Info, number: int) -> DatasetVersion | None:
        version = await info.context.loaders.version_by_number.load((self.id, number))
        return DatasetVersion.of(version) if version else None

    @strawberry.field
    async def assets(
        self,
        info: Info,
        first: int | None = 50,
        after: str | None = None,
        filter: AssetFilter | None = None,  # noqa: A002 - the contract's name
    ) -> Connection[Asset]:
        where = filter.decode() if filter else AssetFilterEntity()
        return await info.context.loaders.assets_of_project.connection(self.id, first, after, Asset.of, where)

    @strawberry.field
    async def upload_batches(
        self, info: Info, first: int | None = 50, after: str | None = None
    ) -> Connection[UploadBatch]:
        return await info.context.loaders.batches_of_project.connection(self.id, first, after, UploadBatch.of)

    @strawberry.field
    async def training_jobs(
        self,
        info: Info,
        first: int | None = 50,
        after: str | None = None,
        status: list[TrainingJobStatus] | None = None,
    ) -> Connection[TrainingJob]:
        statuses = tuple(status) if status is not None else None
        return await info.context.loaders.jobs_of_project.connection(self.id, first, after, TrainingJob.of, statuses)

    @strawberry.field
    async def detection_jobs(
        self, info: Info, first: int | None = 50, after: str | None = None
    ) -> Connection[DetectionJob]:
        return await info.context.loaders.detections_of_project.connection(self.id, first, after, DetectionJob.of)

    @strawberry.field
    async def models(self, info: Info, first: int | None = 50, after: str | None = None) -> Connection[TrainedModel]:
        return await info.context.loaders.models_of_project.connection(self.id, first, after, TrainedModel.of)

    @strawberry.field
    async def active_model(self, info: Info) -> TrainedModel | None:
        return await load_model(info, self.entity.active_model_id)

    @strawberry.field(description="Everything the project can detect with: its trained models and its Roboflow models.")
    async def inference_models(self, info: Info) -> list[InferenceModel]:
        models = await info.context.loaders.all_models_of_project.load(self.id)
        configured = info.context.backends.roboflow.configured
        return [InferenceModel.ours(model, self.entity) for model in models] + [
            InferenceModel.of_roboflow(name, self.entity, configured) for name in self.entity.roboflow_models
        ]

    @strawberry.field(
        description="Where projectEvents stands now: subscribe with it after reading, and nothing falls between."
    )
    async def event_cursor(self, info: Info) -> str:
        return encode_event_cursor(await info.context.loaders.stream_head.load(project_stream(self.id)))

    @strawberry.field
    async def deployments(
        self, info: Info, first: int | None = 50, after: str | None = None
    ) -> Connection[ModelDeployment]:
        return await info.context.loaders.deployments_of_project.connection(self.id, first, after, ModelDeployment.of)

    @strawberry.field(description="Newest first. Addresses may hold secrets, so managers see them, and others none.")
    async def webhooks(self, info: Info) -> list[Webhook]:
        if not sees_webhooks(await self.viewer_role(info)):
            return []
        return [Webhook.of(one) for one in await info.context.loaders.webhooks_of_project.load(self.id)]
