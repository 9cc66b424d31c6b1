"""Mutations that have versions exported."""

from __future__ import annotations

import strawberry

from domain import exports
from domain.policies import Action
from resolvers.permissions import mutates
from schema.context import Info
from schema.exports import VersionExport, VersionExportPayload
from schema.formats import ExportFormat


@strawberry.type
class ExportMutations:
    @strawberry.mutation(
        description="Renders the version as one zip file. While an export of the same version and format is QUEUED or "
        "RENDERING, or one is READY and its file still stored, it answers with that one."
    )
    @mutates(Action.EXPORT_VERSION, VersionExportPayload)
    async def export_version(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
        format: ExportFormat,  # noqa: A002
    ) -> VersionExportPayload:
        context = info.context
        export = await exports.export_version(context.database, context.store, context.principal, id, format)
        return VersionExportPayload(export=VersionExport.of(export))

    @strawberry.mutation(
        description="CANCELLED at once; the worker stops within two seconds. A CANCELLED export stays so, one that is "
        "READY or FAILED is NOT_READY to be cancelled."
    )
    @mutates(Action.EXPORT_VERSION, VersionExportPayload)
    async def cancel_export(self, info: Info, id: strawberry.ID) -> VersionExportPayload:  # noqa: A002
        context = info.context
        export = await exports.cancel_export(context.database, context.principal, id)
        return VersionExportPayload(export=VersionExport.of(export))
