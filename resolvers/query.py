"""Query."""

from __future__ import annotations

import strawberry

from domain.assets import readable_asset
from domain.errors import DomainError
from domain.imports import readable_import
from domain.models_registry import readable_model
from domain.paging import page_request
from domain.policies import Action, authorize_project
from domain.training import readable_job
from domain.uploads import readable_batch
from domain.version_preview import preview_version
from domain.versions import readable_version
from resolvers.nodes import find_node
from schema.assets import Asset, UploadBatch
from schema.context import Info
from schema.errors import UserError
from schema.imports import ImportJob
from schema.models import TrainedModel
from schema.node import Connection, Node, connection
from schema.paging import first_or_default
from schema.payloads import VersionPreviewPayload
from schema.people import User
from schema.projects import Project
from schema.required import required
from schema.training import TrainingJob
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
        return connection(page, Project.of, lambda: database.read(lambda uow: uow.projects.count_of_user(viewer)))

    @strawberry.field
    async def project(self, info: Info, id: strawberry.ID) -> Project:  # noqa: A002
        principal = info.context.principal
        return Project.of(
            await info.context.database.read(lambda uow: authorize_project(uow, principal, id, Action.READ))
        )

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
    async def version_preview(self, info: Info, input: CreateVersionInput) -> VersionPreviewPayload:  # noqa: A002
        try:
            preview = await preview_version(info.context.database, info.context.principal, input.decode())
        except DomainError as error:
            if not error.code.user_can_mend:
                raise
            return VersionPreviewPayload(user_errors=[UserError.of(error)])
        return VersionPreviewPayload(preview=VersionPreview.of(preview))

    @strawberry.field
    async def training_job(self, info: Info, id: strawberry.ID) -> TrainingJob:  # noqa: A002
        principal = info.context.principal
        return TrainingJob.of(
            await info.context.database.read(lambda uow: readable_job(uow, principal, id, Action.READ))
        )

    @strawberry.field
    async def model(self, info: Info, id: strawberry.ID) -> TrainedModel:  # noqa: A002
        principal = info.context.principal
        return TrainedModel.of(
            await info.context.database.read(lambda uow: readable_model(uow, principal, id, Action.READ))
        )
