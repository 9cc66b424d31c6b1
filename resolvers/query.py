"""Query."""

from __future__ import annotations

import strawberry

from domain.assets import readable_asset
from domain.augmentation_preview import PreviewAugmentation, preview_augmentation
from domain.detection_jobs import readable_detection
from domain.estimates import estimate_training
from domain.gpus import list_gpus
from domain.imports import readable_import
from domain.models_registry import readable_model
from domain.paging import page_request
from domain.policies import Action, authorize_project
from domain.training import readable_job
from domain.uploads import readable_batch
from domain.version_preview import preview_version
from domain.versions import readable_version
from resolvers.nodes import find_node
from resolvers.permissions import answers
from schema.assets import Asset, UploadBatch
from schema.augmentation_input import AugmentationInput
from schema.augmentation_previews import AugmentationPreviewPayload, PreviewImage
from schema.context import Info
from schema.detections import DetectionJob
from schema.gpus import GpuStatus
from schema.imports import ImportJob
from schema.inputs import TrainingConfigInput, given
from schema.models import TrainedModel
from schema.node import Connection, Node, connection
from schema.paging import first_or_default
from schema.payloads import VersionPreviewPayload
from schema.people import User
from schema.preprocessing_input import PreprocessingInput
from schema.projects import Project
from schema.required import required
from schema.training import TrainingEstimate, TrainingJob
from schema.version_inputs import CreateVersionInput
from schema.versions import DatasetVersion, VersionPreview


@strawberry.type
class Query:
    @strawberry.field
    async def viewer(self, info: Info) -> User:
        return User.of(required(await info.context.loaders.user.load(info.context.principal.user_id), "user"))

    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:  # noqa: A002 - the contract's name
        return await find_node(info.context, id)

    @strawberry.field
    async def projects(self, info: Info, first: int | None = 50, after: str | None = None) -> Connection[Project]:
        request, viewer = page_request(first_or_default(first), after), info.context.principal.user_id
        database = info.context.database
        page = await database.read(lambda uow: uow.projects.page_of_user(viewer, request))
        info.context.remember(*page.items)
        return connection(page, Project.of, lambda: database.read(lambda uow: uow.projects.count_of_user(viewer)))

    @strawberry.field
    async def project(self, info: Info, id: strawberry.ID) -> Project:  # noqa: A002
        principal = info.context.principal
        project = await info.context.database.read(lambda uow: authorize_project(uow, principal, id, Action.READ))
        info.context.remember(project)
        return Project.of(project)

    @strawberry.field
    async def asset(self, info: Info, id: strawberry.ID) -> Asset:  # noqa: A002
        principal = info.context.principal
        return Asset.of(await info.context.database.read(lambda uow: readable_asset(uow, principal, id)))

    @strawberry.field
    async def upload_batch(self, info: Info, id: strawberry.ID) -> UploadBatch:  # noqa: A002
        principal = info.context.principal
        return UploadBatch.of(await info.context.database.read(lambda uow: readable_batch(uow, principal, id)))

    @strawberry.field
    async def import_job(self, info: Info, id: strawberry.ID) -> ImportJob:  # noqa: A002
        principal = info.context.principal
        return ImportJob.of(await info.context.database.read(lambda uow: readable_import(uow, principal, id)))

    @strawberry.field
    async def version(self, info: Info, id: strawberry.ID) -> DatasetVersion:  # noqa: A002
        principal = info.context.principal
        return DatasetVersion.of(
            await info.context.database.read(lambda uow: readable_version(uow, principal, id, Action.READ))
        )

    @strawberry.field
    @answers(VersionPreviewPayload)
    async def version_preview(self, info: Info, input: CreateVersionInput) -> VersionPreviewPayload:  # noqa: A002
        preview = await preview_version(info.context.database, info.context.principal, input.decode())
        return VersionPreviewPayload(preview=VersionPreview.of(preview))

    @strawberry.field(
        description="What preprocessing and augmentation make of one image: a few small pictures with their boxes, "
        "without saving anything. At most 9 copies, whatever the multiplier. With versionId the image is as that "
        "version froze it, under the version's own settings, with as many of its copies as there are."
    )
    @answers(AugmentationPreviewPayload)
    async def preview_augmentation(
        self,
        info: Info,
        asset_id: strawberry.ID,
        preprocessing: PreprocessingInput | None = None,
        augmentation: AugmentationInput | None = None,
        copies: int | None = 4,
        version_id: strawberry.ID | None = None,
    ) -> AugmentationPreviewPayload:
        context = info.context
        command = PreviewAugmentation(
            asset_id=asset_id,
            version_id=version_id,
            preprocessing=preprocessing.decode("preprocessing") if preprocessing else None,
            augmentation=augmentation.decode() if augmentation else None,
            copies=given(copies, 4),
        )
        images = await preview_augmentation(
            context.database, context.manifests, context.previews, context.principal, command
        )
        return AugmentationPreviewPayload(images=[PreviewImage.of(one) for one in images])

    @strawberry.field
    async def training_job(self, info: Info, id: strawberry.ID) -> TrainingJob:  # noqa: A002
        principal = info.context.principal
        return TrainingJob.of(
            await info.context.database.read(lambda uow: readable_job(uow, principal, id, Action.READ))
        )

    @strawberry.field
    async def training_estimate(
        self, info: Info, version_id: strawberry.ID, config: TrainingConfigInput
    ) -> TrainingEstimate:
        principal, wanted = info.context.principal, config.decode()
        return TrainingEstimate.of(
            await info.context.database.read(lambda uow: estimate_training(uow, principal, version_id, wanted))
        )

    @strawberry.field
    async def detection_job(self, info: Info, id: strawberry.ID) -> DetectionJob:  # noqa: A002
        principal = info.context.principal
        return DetectionJob.of(
            await info.context.database.read(lambda uow: readable_detection(uow, principal, id, Action.READ))
        )

    @strawberry.field
    async def gpus(self, info: Info) -> list[GpuStatus]:
        context = info.context
        return [
            GpuStatus.of(gpu) for gpu in await list_gpus(context.database, context.backends.leases, context.principal)
        ]

    @strawberry.field
    async def model(self, info: Info, id: strawberry.ID) -> TrainedModel:  # noqa: A002
        principal = info.context.principal
        return TrainedModel.of(
            await info.context.database.read(lambda uow: readable_model(uow, principal, id, Action.READ))
        )
