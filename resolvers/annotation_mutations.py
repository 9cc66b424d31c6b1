"""Mutations on annotations: what was drawn, and what waits for review."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain import annotation_edits, annotation_export, review
from domain import annotations as annotating
from domain.policies import Action
from resolvers.permissions import mutates
from schema.annotation_inputs import (
    CreateAnnotationsInput,
    ExportAnnotationsInput,
    ReviewInput,
    UpdateAnnotationInput,
)
from schema.annotation_payloads import (
    AnnotationPayload,
    AnnotationsPayload,
    FilePayload,
    RenameClassPayload,
    ReviewPayload,
)
from schema.annotations import Annotation
from schema.context import Info
from schema.payload import DeletePayload
from schema.projects import Project
from schema.scalars import BigInt


@strawberry.type
class AnnotationMutations:
    @strawberry.mutation
    @mutates(Action.ANNOTATE, AnnotationsPayload)
    async def create_annotations(self, info: Info, input: CreateAnnotationsInput) -> AnnotationsPayload:  # noqa: A002
        context = info.context
        drawn = [one.decode() for one in input.annotations]
        created = await annotating.create_annotations(
            context.database, context.principal, input.project_id, drawn, input.idempotency_key
        )
        return AnnotationsPayload(annotations=[Annotation.of(one) for one in created])

    @strawberry.mutation
    @mutates(Action.ANNOTATE, AnnotationPayload)
    async def update_annotation(self, info: Info, input: UpdateAnnotationInput) -> AnnotationPayload:  # noqa: A002
        context = info.context
        changed = await annotation_edits.update_annotation(context.database, context.principal, input.decode())
        return AnnotationPayload(annotation=Annotation.of(changed))

    @strawberry.mutation(description="All or nothing; at most 1,000 a call.")
    @mutates(Action.ANNOTATE, DeletePayload)
    async def delete_annotations(self, info: Info, ids: list[strawberry.ID]) -> DeletePayload:
        context = info.context
        deleted = await annotation_edits.delete_annotations(context.database, context.principal, ids)
        return DeletePayload(deleted_ids=[strawberry.ID(id_) for id_ in deleted])

    @strawberry.mutation(
        description="Gives every annotation of one class another name; merges when that name exists. `from` is "
        "compared byte by byte."
    )
    @mutates(Action.ANNOTATE, RenameClassPayload)
    async def rename_class(
        self, info: Info, project_id: strawberry.ID, from_: Annotated[str, strawberry.argument(name="from")], to: str
    ) -> RenameClassPayload:
        context = info.context
        project, changed = await annotation_edits.rename_class(
            context.database, context.principal, project_id, from_, to
        )
        return RenameClassPayload(project=Project.of(project), changed=changed)

    @strawberry.mutation(
        description="ACCEPT makes a verified annotation of each; REJECT keeps them out, and from being found again."
    )
    @mutates(Action.ANNOTATE, ReviewPayload)
    async def review_pending_annotations(self, info: Info, input: ReviewInput) -> ReviewPayload:  # noqa: A002
        context = info.context
        done = await review.review_pending(context.database, context.principal, input.decode())
        made = [Annotation.of(one) for one in done.annotations]
        return ReviewPayload(accepted=done.accepted, rejected=done.rejected, annotations=made)

    @strawberry.mutation(
        description="Live annotations, with what the models found, as one file: GeoJSON with map coordinates, CSV or "
        "COCO. Without any that match the file is empty. In CSV an apostrophe stands before names that a spreadsheet "
        "would take for a formula."
    )
    @mutates(Action.EXPORT, FilePayload)
    async def export_annotations(self, info: Info, input: ExportAnnotationsInput) -> FilePayload:  # noqa: A002
        context = info.context
        file = await annotation_export.export_annotations(
            context.database, context.store, context.annotation_files, context.principal, input.decode()
        )
        return FilePayload(url=file.url, size_bytes=BigInt(file.size_bytes), count=file.count)
