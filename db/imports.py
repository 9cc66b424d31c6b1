"""Files that are no images, the imports made from them, and what those skipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields

from sqlalchemy import RowMapping, delete, exists, select

from db.bulk import insert_rows
from db.keyset import Order
from db.repository import TableRepository, chunks, columns_of
from db.tables import annotation_sessions, file_uploads, import_jobs, manual_annotations, skipped_items
from db.types import database_now
from domain.models.imports import FileUpload, ImportJob, ImportStatus, SkippedItem
from domain.models.version import Notice
from domain.paging import Page, PageRequest

_SLICE = 1000


class SqlFileUploads(TableRepository[FileUpload]):
    """Fulfils domain.ports.FileUploads."""

    table = file_uploads
    entity = FileUpload

    async def open_by_digest(self, project_id: str, sha256: str) -> FileUpload | None:
        table = file_uploads.c
        return await self.one(table.project_id == project_id, table.sha256 == sha256, table.expires_at > database_now())

    async def overdue(self, limit: int) -> Sequence[FileUpload]:
        needed = select(import_jobs.c.id).where(
            import_jobs.c.file_id == file_uploads.c.id,
            import_jobs.c.status.in_((ImportStatus.QUEUED, ImportStatus.RUNNING)),
        )
        late = [file_uploads.c.expires_at < database_now(), ~exists(needed)]
        statement = select(*columns_of(file_uploads)).where(*late)
        return await self.all(statement.order_by(file_uploads.c.expires_at).limit(limit))

    async def delete(self, id_: str) -> None:
        await self.connection.execute(delete(file_uploads).where(file_uploads.c.id == id_))


class SqlImportJobs(TableRepository[ImportJob]):
    """Fulfils domain.ports.ImportJobs."""

    table = import_jobs
    entity = ImportJob

    def load(self, row: RowMapping) -> ImportJob:
        values = {field.name: row[field.name] for field in fields(ImportJob)}
        return ImportJob(**{**values, "warnings": tuple(Notice(**notice) for notice in row["warnings"] or ())})

    async def made_on(self, asset_ids: Iterable[str]) -> set[str]:
        # By image, since most often there is nothing yet: asking for each annotation takes as long as writing it.
        found: set[str] = set()
        drawn = select(manual_annotations.c.id).join(
            annotation_sessions, annotation_sessions.c.id == manual_annotations.c.session_id
        )
        for chunk in chunks(asset_ids):
            statement = drawn.where(annotation_sessions.c.asset_id.in_(chunk))
            found.update((await self.connection.execute(statement)).scalars())
        return found


class SqlSkippedItems(TableRepository[SkippedItem]):
    """Fulfils domain.ports.SkippedItems."""

    table = skipped_items
    entity = SkippedItem

    async def replace(self, job_id: str, items: Sequence[SkippedItem]) -> None:
        await self.connection.execute(delete(skipped_items).where(skipped_items.c.job_id == job_id))
        for start in range(0, len(items), _SLICE):
            rows = [(one.job_id, one.number, one.where, one.reason) for one in items[start : start + _SLICE]]
            await insert_rows(self.connection, skipped_items, rows)

    async def pages(self, job_ids: Iterable[str], request: PageRequest) -> dict[str, Page[SkippedItem]]:
        order = Order((skipped_items.c.number,), descending=False)
        return await self.pages_of(skipped_items.c.job_id, job_ids, request, order=order, long=True)

    async def counts(self, job_ids: Iterable[str]) -> dict[str, int]:
        return await self.counts_of(skipped_items.c.job_id, job_ids)
