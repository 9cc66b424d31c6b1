"""Images of a project and the batches they came in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select, update

from db.repository import TableRepository, chunks, columns_of
from db.tables import annotation_sessions, assets, manual_annotations, pending_annotations, projects, upload_batches
from domain.errors import not_found
from domain.models.annotation import ReviewStatus
from domain.models.asset import Asset, UploadBatch
from domain.models.version import Split
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

    async def pages(
        self, project_ids: Iterable[str], request: PageRequest, where: AssetFilter
    ) -> dict[str, Page[Asset]]:
        return await self.pages_of(assets.c.project_id, project_ids, request, *_matching(where), long=True)

    async def counts(self, project_ids: Iterable[str], where: AssetFilter) -> dict[str, int]:
        return await self.counts_of(assets.c.project_id, project_ids, *_matching(where))

    async def any_of(self, project_id: str) -> Asset | None:
        known = [assets.c.project_id == project_id, assets.c.sha256.is_not(None)]
        newest = select(*columns_of(assets)).where(*known).order_by(assets.c.created_at.desc()).limit(1)
        found = await self.all(newest)
        return found[0] if found else None

    async def names(self, project_id: str) -> Sequence[tuple[str, str]]:
        statement = select(assets.c.id, assets.c.filename).where(assets.c.project_id == project_id)
        return [(id_, name) for id_, name in await self.connection.execute(statement)]

    async def existing(self, ids: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for chunk in chunks(ids):
            found.update((await self.connection.execute(select(assets.c.id).where(assets.c.id.in_(chunk)))).scalars())
        return found

    async def set_imported_split(self, ids: Iterable[str], split: Split) -> None:
        for chunk in chunks(ids):
            await self.connection.execute(update(assets).where(assets.c.id.in_(chunk)).values(imported_split=split))

    async def delete(self, ids: Iterable[str]) -> None:
        # What hangs on an image goes by itself only where the foreign keys are ours; adopted databases may have others.
        for chunk in chunks(sorted(ids)):
            sessions = select(annotation_sessions.c.id).where(annotation_sessions.c.asset_id.in_(chunk))
            for statement in (
                delete(manual_annotations).where(manual_annotations.c.session_id.in_(sessions)),
                delete(annotation_sessions).where(annotation_sessions.c.asset_id.in_(chunk)),
                delete(pending_annotations).where(pending_annotations.c.asset_id.in_(chunk)),
                delete(assets).where(assets.c.id.in_(chunk)),
            ):
                await self.connection.execute(statement)

    async def incomplete(self, after: str, limit: int) -> Sequence[tuple[Asset, str]]:
        lacking = and_(assets.c.perceptual_hash.is_(None), assets.c.facts_error.is_(None))
        statement = (
            select(*columns_of(assets), projects.c.team_id.label("team_id"))
            .join(projects, projects.c.id == assets.c.project_id)
            .where(lacking, assets.c.id > after)
            .order_by(assets.c.id)
            .limit(limit)
        )
        return [(self.load(row), row["team_id"]) for row in await self.rows(statement)]


def _matching(where: AssetFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if where.upload_batch_id is not None:
        conditions.append(assets.c.upload_batch_id == where.upload_batch_id)
    if where.search:
        conditions.append(assets.c.filename.icontains(where.search, autoescape=True))
    if where.annotated is not None:
        conditions.append(_drawn() if where.annotated else ~_drawn())
    if where.class_name is not None:
        conditions.append(_drawn(manual_annotations.c.weed_type == where.class_name))
    if where.has_pending is not None:
        conditions.append(_waiting() if where.has_pending else ~_waiting())
    return conditions


def _drawn(*where: Any) -> ColumnElement[bool]:
    """The image has an annotation, one that fulfils `where`."""
    notes = (
        select(manual_annotations.c.id)
        .join(annotation_sessions, annotation_sessions.c.id == manual_annotations.c.session_id)
        .where(annotation_sessions.c.asset_id == assets.c.id, *where)
    )
    return _any(notes)


def _waiting() -> ColumnElement[bool]:
    """A detection on the image waits for review."""
    mine = [pending_annotations.c.asset_id == assets.c.id, pending_annotations.c.status == ReviewStatus.PENDING]
    return _any(select(pending_annotations.c.id).where(*mine))


def _any(rows: Select[Any]) -> ColumnElement[bool]:
    """Asked image by image, until the page is full. An EXISTS would let MariaDB gather the annotations of all projects
    first."""
    return rows.limit(1).correlate(assets).scalar_subquery().is_not(None)


def _used() -> ColumnElement[bool]:
    """Something came by the batch. One whose files were all images of the project already stays empty."""
    images = exists(select(assets.c.id).where(assets.c.upload_batch_id == upload_batches.c.id))
    return or_(upload_batches.c.announced > 0, images)


class SqlBatches(TableRepository[UploadBatch]):
    """Fulfils domain.ports.Batches."""

    table = upload_batches
    entity = UploadBatch

    async def pages(self, project_ids: Iterable[str], request: PageRequest) -> dict[str, Page[UploadBatch]]:
        return await self.pages_of(upload_batches.c.project_id, project_ids, request, _used())

    async def counts(self, project_ids: Iterable[str]) -> dict[str, int]:
        return await self.counts_of(upload_batches.c.project_id, project_ids, _used())

    async def asset_counts(self, ids: Iterable[str]) -> dict[str, int]:
        return await self.counts_of(assets.c.upload_batch_id, ids)

    async def count_up(
        self, batch_id: str, *, announced: int = 0, submitted: int = 0, verified: int = 0, refused: int = 0
    ) -> UploadBatch:
        table = upload_batches.c
        more = {
            table.announced: announced,
            table.submitted: submitted,
            table.verified: verified,
            table.refused: refused,
        }
        values = {column: column + number for column, number in more.items()}
        await self.connection.execute(update(upload_batches).where(table.id == batch_id).values(values))
        batch = await self.get(batch_id)
        if batch is None:
            raise not_found("upload batch")
        return batch
