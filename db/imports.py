"""Files that are no images, the imports made from them, and what those skipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import RowMapping, delete, select

from db.repository import TableRepository, chunks, columns_of
from db.tables import file_uploads, import_jobs, manual_annotations, skipped_items
from db.types import database_now
from domain.models.imports import FileUpload, ImportJob, ImportStatus, SkippedItem
from domain.models.version import Notice
from domain.paging import Page, PageRequest


class SqlFileUploads(TableRepository[FileUpload]):
    """Fulfils domain.ports.FileUploads."""

    table = file_uploads
    entity = FileUpload

    async def open_by_digest(self, project_id: str, sha256: str) -> FileUpload | None:
        table = file_uploads.c
        return await self.one(table.project_id == project_id, table.sha256 == sha256, table.expires_at > database_now())

    async def overdue(self, limit: int) -> Sequence[FileUpload]:
        late = file_uploads.c.expires_at < database_now()
        return await self.all(select(*columns_of(file_uploads)).where(late).limit(limit))

    async def delete(self, id_: str) -> None:
        await self.connection.execute(delete(file_uploads).where(file_uploads.c.id == id_))


class SqlImportJobs(TableRepository[ImportJob]):
    """Fulfils domain.ports.ImportJobs."""

    table = import_jobs
    entity = ImportJob

    def load(self, row: RowMapping) -> ImportJob:
        values = {field.name: row[field.name] for field in fields(ImportJob)}
        return ImportJob(**{**values, "warnings": tuple(Notice(**notice) for notice in row["warnings"] or ())})

    async def made(self, annotation_ids: Iterable[str]) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for chunk in chunks(annotation_ids):
            statement = select(manual_annotations.c.id, manual_annotations.c.created_at)
            rows = await self.connection.execute(statement.where(manual_annotations.c.id.in_(chunk)))
            found.update(dict(rows.all()))
        return found

    async def unfinished_of_file(self, file_id: str) -> bool:
        open_ones = import_jobs.c.status.in_((ImportStatus.QUEUED, ImportStatus.RUNNING))
        return await self.count_where(import_jobs.c.file_id == file_id, open_ones) > 0


class SqlSkippedItems(TableRepository[SkippedItem]):
    """Fulfils domain.ports.SkippedItems."""

    table = skipped_items
    entity = SkippedItem

    async def replace(self, job_id: str, items: Sequence[SkippedItem]) -> None:
        await self.connection.execute(delete(skipped_items).where(skipped_items.c.job_id == job_id))
        await self.add(*items)

    async def page(self, job_id: str, request: PageRequest) -> Page[SkippedItem]:
        mine = skipped_items.c.job_id == job_id
        return await self.page_where(request, mine, keys=[skipped_items.c.number], descending=False)

    async def count(self, job_id: str) -> int:
        return await self.count_where(skipped_items.c.job_id == job_id)
