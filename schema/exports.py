"""Exports of versions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.exports import export_filename
from domain.models.export import ExportStatus
from domain.models.export import VersionExport as VersionExportEntity
from schema.context import Info
from schema.formats import ExportFormat
from schema.node import Node
from schema.payload import Payload
from schema.required import required
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.versions import DatasetVersion

strawberry.enum(ExportStatus)


@strawberry.type(
    description="A rendered download of a version. The same version, format and renderer fingerprint (library "
    "versions, CPU architecture) give the same bytes."
)
class VersionExport(Node):
    format: ExportFormat
    status: ExportStatus
    failure_reason: str | None
    image_count: int = strawberry.field(description="Pictures in the zip file; 0 until the export is READY.")
    size_bytes: BigInt | None
    sha256: str | None
    created_at: datetime
    entity: strawberry.Private[VersionExportEntity]

    @classmethod
    def of(cls, export: VersionExportEntity) -> VersionExport:
        return cls(
            id=strawberry.ID(export.id),
            format=export.format,
            status=export.status,
            failure_reason=export.failure_reason,
            image_count=export.image_count,
            size_bytes=BigInt(export.size_bytes) if export.size_bytes is not None else None,
            sha256=export.sha256,
            created_at=export.created_at,
            entity=export,
        )

    @strawberry.field
    async def version(self, info: Info) -> Annotated[DatasetVersion, strawberry.lazy("schema.versions")]:
        from schema.versions import DatasetVersion

        found = await info.context.loaders.version.load(self.entity.dataset_id)
        return DatasetVersion.of(required(found, "version"))

    @strawberry.field(
        description="A time-limited address of the zip file, which takes Range; null unless the export is READY."
    )
    async def url(self, info: Info) -> str | None:
        export, loaders = self.entity, info.context.loaders
        if export.status is not ExportStatus.READY or export.s3_key is None:
            return None
        version = required(await loaders.version.load(export.dataset_id), "version")
        project = required(await loaders.project.load(export.project_id), "project")
        name = export_filename(project.name, version.version, export.format)
        return await info.context.store.get_url(export.s3_key, name, "application/zip", datetime.now(UTC))


@strawberry.type
class VersionExportPayload(Payload):
    export: VersionExport | None = None
