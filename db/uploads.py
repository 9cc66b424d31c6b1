"""Announced files and how far each has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select, update

from db.repository import TableRepository, chunks, columns_of
from db.tables import uploads
from db.types import database_now
from domain.models.asset import BatchCounts, Upload, UploadState
from domain.paging import Page, PageRequest

_ANSWERED = (UploadState.VERIFIED, UploadState.REFUSED, UploadState.EXPIRED)


class SqlUploads(TableRepository[Upload]):
    """Fulfils domain.ports.Uploads."""

    table = uploads
    entity = Upload

    async def open_by_digest(self, project_id: str, digests: Iterable[str]) -> dict[str, Upload]:
        found: dict[str, Upload] = {}
        for chunk in chunks(digests):
            statement = select(*columns_of(uploads)).where(
                uploads.c.project_id == project_id,
                uploads.c.sha256.in_(chunk),
                uploads.c.status.in_((UploadState.OPEN, UploadState.VERIFYING)),
                uploads.c.expires_at > database_now(),
            )
            found.update({upload.sha256: upload for upload in await self.all(statement)})
        return found

    async def counts(self, batch_ids: Iterable[str]) -> dict[str, BatchCounts]:
        counted: dict[str, dict[str, int]] = {}
        for chunk in chunks(batch_ids):
            statement = (
                select(uploads.c.batch_id, uploads.c.status, func.count())
                .where(uploads.c.batch_id.in_(chunk))
                .group_by(uploads.c.batch_id, uploads.c.status)
            )
            for batch_id, status, count in (await self.connection.execute(statement)).all():
                name = "refused" if status is UploadState.EXPIRED else status.value.lower()
                sums = counted.setdefault(batch_id, {})
                sums[name] = sums.get(name, 0) + count
        return {batch_id: BatchCounts(**sums) for batch_id, sums in counted.items()}

    async def results_page(self, batch_id: str, request: PageRequest) -> Page[Upload]:
        answered = [uploads.c.batch_id == batch_id, uploads.c.status.in_(_ANSWERED)]
        return await self.page_where(request, *answered)

    async def results_count(self, batch_id: str) -> int:
        return await self.count_where(uploads.c.batch_id == batch_id, uploads.c.status.in_(_ANSWERED))

    async def overdue(self, limit: int) -> Sequence[Upload]:
        forgotten = [uploads.c.status == UploadState.OPEN, uploads.c.expires_at < database_now()]
        return await self.all(select(*columns_of(uploads)).where(*forgotten).limit(limit))

    async def set_verifying(self, ids: Sequence[str]) -> int:
        open_ones = [uploads.c.id.in_(ids), uploads.c.status == UploadState.OPEN]
        result = await self.connection.execute(
            update(uploads).where(*open_ones).values(status=UploadState.VERIFYING, heartbeat_at=None)
        )
        return result.rowcount
