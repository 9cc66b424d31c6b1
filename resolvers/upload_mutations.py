"""Mutations that bring files in, and take images out."""

from __future__ import annotations

import strawberry

from domain import assets, file_uploads, imports, uploads
from domain.policies import Action
from resolvers.permissions import mutates
from schema.assets import UploadBatch, UploadTarget
from schema.context import Info
from schema.imports import ImportJob
from schema.payload import DeletePayload
from schema.payloads import CompleteUploadsPayload, FileUploadPayload, ImportPayload, RequestUploadsPayload
from schema.upload_inputs import (
    CompleteUploadsInput,
    ImportAnnotationsInput,
    RequestFileUploadInput,
    RequestUploadsInput,
)


@strawberry.type
class UploadMutations:
    @strawberry.mutation(
        description="Where to PUT each file. A file whose bytes the project already has comes back as its asset, with "
        "nothing to upload."
    )
    @mutates(Action.UPLOAD, RequestUploadsPayload)
    async def request_uploads(self, info: Info, input: RequestUploadsInput) -> RequestUploadsPayload:  # noqa: A002
        context = info.context
        batch, targets = await uploads.request_uploads(
            context.database, context.store, context.principal, input.decode()
        )
        return RequestUploadsPayload(
            uploads=[UploadTarget.of(target) for target in targets], batch=UploadBatch.of(batch)
        )

    @strawberry.mutation(
        description="Has the uploaded bytes checked (size, SHA-256, that it is an image) and registered as assets, in "
        "the background: see uploadProgress."
    )
    @mutates(Action.UPLOAD, CompleteUploadsPayload)
    async def complete_uploads(self, info: Info, input: CompleteUploadsInput) -> CompleteUploadsPayload:  # noqa: A002
        context = info.context
        batch = await uploads.complete_uploads(
            context.database, context.principal, input.project_id, list(input.upload_ids)
        )
        return CompleteUploadsPayload(batch=UploadBatch.of(batch))

    @strawberry.mutation(
        description="At most 1,000 a call, all or none. A version that froze an image keeps it, and its bytes."
    )
    @mutates(Action.DELETE_ASSETS, DeletePayload)
    async def delete_assets(self, info: Info, ids: list[strawberry.ID]) -> DeletePayload:
        context = info.context
        deleted = await assets.delete_assets(context.database, context.principal, list(ids))
        return DeletePayload(deleted_ids=[strawberry.ID(id_) for id_ in deleted])

    @strawberry.mutation(
        description="Where to PUT one file that is no image, an annotation archive say; at most 2 GiB."
    )
    @mutates(Action.IMPORT, FileUploadPayload)
    async def request_file_upload(self, info: Info, input: RequestFileUploadInput) -> FileUploadPayload:  # noqa: A002
        context = info.context
        target = await file_uploads.request_file_upload(
            context.database, context.store, context.principal, input.decode()
        )
        return FileUploadPayload(upload=UploadTarget.of(target))

    @strawberry.mutation(
        description="Annotations for many images at once, from a file that was uploaded by requestFileUpload; a "
        "background job."
    )
    @mutates(Action.IMPORT, ImportPayload)
    async def import_annotations(self, info: Info, input: ImportAnnotationsInput) -> ImportPayload:  # noqa: A002
        context = info.context
        job = await imports.import_annotations(context.database, context.store, context.principal, input.decode())
        return ImportPayload(job=ImportJob.of(job))
