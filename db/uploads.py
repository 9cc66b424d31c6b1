"""Announced files and how far each has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from db.repository import TableRepository, chunks, columns_of
from db.tables import uploads
from db.types import database_now
from domain.models.asset import Upload, UploadState
from domain.paging import Page, PageRequest
from domain.transitions import transition

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

    async def pages_of_results(self, batch_ids: Iterable[str], request: PageRequest) -> dict[str, Page[Upload]]:
        answered = uploads.c.status.in_(_ANSWERED)
        return await self.pages_of(uploads.c.batch_id, batch_ids, request, answered, long=True)

    async def counts_of_results(self, batch_ids: Iterable[str]) -> dict[str, int]:
        return await self.counts_of(uploads.c.batch_id, batch_ids, uploads.c.status.in_(_ANSWERED))

    async def overdue(self, limit: int) -> Sequence[Upload]:
        forgotten = [uploads.c.status == UploadState.OPEN, uploads.c.expires_at < database_now()]
        return await self.all(
            select(*columns_of(uploads)).where(*forgotten).order_by(uploads.c.created_at).limit(limit)
        )

    async def set_verifying(self, ids: Iterable[str]) -> int:
        changed, verifying = 0, transition(UploadState.OPEN, UploadState.VERIFYING)
        for chunk in chunks(ids):
            open_ones = [uploads.c.id.in_(chunk), uploads.c.status == UploadState.OPEN]
            result = await self.connection.execute(
                update(uploads).where(*open_ones).values(status=verifying, heartbeat_at=None)
            )
            changed += result.rowcount
        return changed

    async def move(self, ids: Sequence[str], status: UploadState, batch_id: str) -> int:
        moved = 0
        for chunk in chunks(ids):
            as_it_was = [uploads.c.id.in_(chunk), uploads.c.status == status]
            statement = update(uploads).where(*as_it_was).values(batch_id=batch_id)
            moved += (await self.connection.execute(statement)).rowcount
        return moved

    async def set_expired(self, id_: str) -> bool:
        still_open = [uploads.c.id == id_, uploads.c.status == UploadState.OPEN]
        expired = transition(UploadState.OPEN, UploadState.EXPIRED)
        result = await self.connection.execute(update(uploads).where(*still_open).values(status=expired))
        return result.rowcount == 1
