"""Images of a project and the batches they came in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select

from db.repository import TableRepository, chunks, columns_of
from db.tables import annotation_sessions, assets, manual_annotations, upload_batches
from domain.models.asset import Asset, UploadBatch
from domain.paging import Page, PageRequest
from domain.ports import AssetFilter


class SqlAssets(TableRepository[Asset]):
    """Fulfils domain.ports.Assets."""

    table = assets
    entity = Asset

    async def by_digest(self, project_id: str, digests: Iterable[str]) -> dict[str, Asset]:
        found: dict[str, Asset] = {}
        for chunk in chunks(digests):
            mine = select(*columns_of(assets)).where(assets.c.project_id == project_id, assets.c.sha256.in_(chunk))
            found.update({asset.sha256: asset for asset in await self.all(mine) if asset.sha256})
        return found

    async def page(self, project_id: str, request: PageRequest, where: AssetFilter) -> Page[Asset]:
        return await self.page_where(request, *_matching(project_id, where))

    async def count(self, project_id: str, where: AssetFilter) -> int:
        return await self.count_where(*_matching(project_id, where))

    async def any_of(self, project_id: str) -> Asset | None:
        known = [assets.c.project_id == project_id, assets.c.sha256.is_not(None)]
        newest = select(*columns_of(assets)).where(*known).order_by(assets.c.created_at.desc()).limit(1)
        found = await self.all(newest)
        return found[0] if found else None


def _matching(project_id: str, where: AssetFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [assets.c.project_id == project_id]
    if where.upload_batch_id is not None:
        conditions.append(assets.c.upload_batch_id == where.upload_batch_id)
    if where.search:
        conditions.append(assets.c.filename.icontains(where.search, autoescape=True))
    if where.annotated is not None:
        conditions.append(_drawn() if where.annotated else ~_drawn())
    if where.class_name is not None:
        conditions.append(_drawn(manual_annotations.c.weed_type == where.class_name))
    return conditions


def _drawn(*where: Any) -> ColumnElement[bool]:
    """The image has an annotation, one that fulfils `where`."""
    return exists(
        select(manual_annotations.c.id)
        .join(annotation_sessions, annotation_sessions.c.id == manual_annotations.c.session_id)
        .where(annotation_sessions.c.asset_id == assets.c.id, *where)
    )


class SqlBatches(TableRepository[UploadBatch]):
    """Fulfils domain.ports.Batches."""

    table = upload_batches
    entity = UploadBatch

    async def page(self, project_id: str, request: PageRequest) -> Page[UploadBatch]:
        return await self.page_where(request, upload_batches.c.project_id == project_id)

    async def count(self, project_id: str) -> int:
        return await self.count_where(upload_batches.c.project_id == project_id)

    async def asset_counts(self, ids: Iterable[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for chunk in chunks(ids):
            statement = (
                select(assets.c.upload_batch_id, func.count())
                .where(assets.c.upload_batch_id.in_(chunk))
                .group_by(assets.c.upload_batch_id)
            )
            counts.update(dict((await self.connection.execute(statement)).all()))
        return counts
