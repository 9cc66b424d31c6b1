"""Mutations that make versions, and change what becomes of them."""

from __future__ import annotations

import strawberry

from domain import version_lifecycle, versions
from domain.policies import Action
from resolvers.permissions import mutates
from schema.context import Info
from schema.payloads import CreateVersionPayload, VersionPayload
from schema.version_inputs import CreateVersionInput
from schema.versions import DatasetVersion


@strawberry.type
class VersionMutations:
    @strawberry.mutation(
        description="A version of the project's data as it is now, CREATING until its snapshot is made: see "
        "versionProgress."
    )
    @mutates(Action.CREATE_VERSION, CreateVersionPayload)
    async def create_version(self, info: Info, input: CreateVersionInput) -> CreateVersionPayload:  # noqa: A002
        context, command = info.context, input.decode()
        version, created = await versions.create_version(context.database, context.principal, command)
        return CreateVersionPayload(version=DatasetVersion.of(version), created=created, command=command)

    @strawberry.mutation(description="Whatever the version's status; 1 to 200 characters.")
    @mutates(Action.MANAGE_VERSION, VersionPayload)
    async def rename_version(self, info: Info, id: strawberry.ID, display_name: str) -> VersionPayload:  # noqa: A002
        context = info.context
        renamed = await version_lifecycle.rename_version(context.database, context.principal, id, display_name)
        return VersionPayload(version=DatasetVersion.of(renamed))

    @strawberry.mutation(
        description="READY and FAILED versions become ARCHIVED: hidden from lists unless asked for, never deleted. One "
        "that is archived answers as it is. NOT_READY while it is being made or trained from."
    )
    @mutates(Action.MANAGE_VERSION, VersionPayload)
    async def archive_version(self, info: Info, id: strawberry.ID) -> VersionPayload:  # noqa: A002
        context = info.context
        archived = await version_lifecycle.archive_version(context.database, context.principal, id)
        return VersionPayload(version=DatasetVersion.of(archived))

    @strawberry.mutation(
        description="An archived version becomes READY again, or FAILED when it was, or has no manifest. One that is "
        "READY or FAILED answers as it is. NOT_READY while it is being made or trained from."
    )
    @mutates(Action.MANAGE_VERSION, VersionPayload)
    async def restore_version(self, info: Info, id: strawberry.ID) -> VersionPayload:  # noqa: A002
        context = info.context
        restored = await version_lifecycle.restore_version(context.database, context.principal, id)
        return VersionPayload(version=DatasetVersion.of(restored))

    @strawberry.mutation(
        description="For a version that failed, or is stuck: makes its snapshot again, of the data as it is now. "
        "versionProgress goes on in the same stream. NOT_READY for any other, and while a worker is at it."
    )
    @mutates(Action.MANAGE_VERSION, VersionPayload)
    async def retry_version(self, info: Info, id: strawberry.ID) -> VersionPayload:  # noqa: A002
        context = info.context
        retried = await version_lifecycle.retry_version(context.database, context.principal, id)
        return VersionPayload(version=DatasetVersion.of(retried))

    @strawberry.mutation(
        description="For operators: works out the status anew from the version's jobs and manifest, at once. FAILED "
        "and ARCHIVED versions answer as they are."
    )
    @mutates(Action.MANAGE_VERSION, VersionPayload)
    async def reconcile_version(self, info: Info, id: strawberry.ID) -> VersionPayload:  # noqa: A002
        context = info.context
        reconciled = await version_lifecycle.reconcile_version(context.database, context.principal, id)
        return VersionPayload(version=DatasetVersion.of(reconciled))
