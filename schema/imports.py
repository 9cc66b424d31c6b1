"""Imports of annotations from files."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.models.imports import ImportJob as ImportJobEntity
from domain.models.imports import ImportStatus
from domain.models.imports import SkippedItem as SkippedItemEntity
from schema.context import Info
from schema.node import Connection, Node
from schema.notices import Warning
from schema.required import required

if TYPE_CHECKING:
    from schema.projects import Project

strawberry.enum(ImportStatus)


@strawberry.type(description="A line or object of the file that was not taken, and why.")
class SkippedItem:
    where: str
    reason: str

    @classmethod
    def of(cls, item: SkippedItemEntity) -> SkippedItem:
        return cls(where=item.where, reason=item.reason)


@strawberry.type
class ImportJob(Node):
    status: ImportStatus
    imported: int
    skipped: int
    warnings: list[Warning]
    failure_reason: str | None
    created_at: datetime
    finished_at: datetime | None
    project_id: strawberry.Private[str]

    @classmethod
    def of(cls, job: ImportJobEntity) -> ImportJob:
        return cls(
            id=strawberry.ID(job.id),
            status=job.status,
            imported=job.imported,
            skipped=job.skipped,
            warnings=[Warning.of(notice) for notice in job.warnings],
            failure_reason=job.failure_reason,
            created_at=job.created_at,
            finished_at=job.finished_at,
            project_id=job.project_id,
        )

    @strawberry.field
    async def project(self, info: Info) -> Annotated[Project, strawberry.lazy("schema.projects")]:
        from schema.projects import Project

        return Project.of(required(await info.context.loaders.project.load(self.project_id), "project"))

    @strawberry.field
    async def skipped_items(
        self, info: Info, first: int | None = 50, after: str | None = None
    ) -> Connection[SkippedItem]:
        return await info.context.loaders.skipped_of_import.connection(self.id, first, after, SkippedItem.of)
