"""What models found, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, select, update

from db.annotations import coordinates, exactly, read_coordinates
from db.repository import TableRepository, chunks, columns_of
from db.tables import assets, pending_annotations
from domain.models.annotation import PendingAnnotation, ReviewStatus
from domain.ports.annotations import PendingFilter

_PAGE = 1000


class SqlPendingAnnotations(TableRepository[PendingAnnotation]):
    """Fulfils domain.ports.PendingAnnotations."""

    table = pending_annotations
    entity = PendingAnnotation

    def load(self, row: RowMapping) -> PendingAnnotation:
        box, polygon = read_coordinates(row["coordinates"])
        return PendingAnnotation(
            id=row["id"],
            asset_id=row["asset_id"],
            weed_type=row["weed_type"],
            box=box,
            polygon=polygon,
            confidence=row["confidence"],
            source=row["source"],
            status=row["status"],
            model_id=row["model_id"],
            created_at=row["created_at"],
        )

    def dump(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        values = dict(changes)
        if "box" in values:
            values["coordinates"] = coordinates(values.pop("box"), values.pop("polygon"))
        return values

    async def of_assets(self, asset_ids: Iterable[str]) -> dict[str, list[PendingAnnotation]]:
        return await self._on(asset_ids, pending_annotations.c.status == ReviewStatus.PENDING)

    async def all_of_assets(self, asset_ids: Iterable[str]) -> dict[str, list[PendingAnnotation]]:
        return await self._on(asset_ids)

    async def _on(self, asset_ids: Iterable[str], *where: ColumnElement[bool]) -> dict[str, list[PendingAnnotation]]:
        table = pending_annotations
        found: dict[str, list[PendingAnnotation]] = {}
        for chunk in chunks(asset_ids):
            mine = [table.c.asset_id.in_(chunk), *where]
            statement = select(*columns_of(table)).where(*mine).order_by(table.c.created_at, table.c.id)
            for one in await self.all(statement):
                found.setdefault(one.asset_id, []).append(one)
        return found

    async def waiting(self, project_id: str, where: PendingFilter) -> list[str]:
        table = pending_annotations
        conditions = [
            table.c.asset_id == assets.c.id,
            assets.c.project_id == project_id,
            table.c.status == ReviewStatus.PENDING,
        ]
        if where.ids is not None:
            conditions.append(table.c.id.in_(where.ids))
        if where.min_confidence is not None:
            conditions.append(table.c.confidence >= where.min_confidence)
        if where.class_name is not None:
            conditions.append(exactly(table.c.weed_type, where.class_name))
        if where.upload_batch_id is not None:
            conditions.append(assets.c.upload_batch_id == where.upload_batch_id)
        statement = select(table.c.id).where(*conditions).order_by(table.c.asset_id, table.c.id)
        found: list[str] = []
        async with self.connection.stream(statement, execution_options={"yield_per": _PAGE}) as rows:
            async for page in rows.scalars().partitions():
                found += page
                await asyncio.sleep(0)  # others have their turn between pages
        return found

    async def set_status(self, ids: Iterable[str], status: ReviewStatus) -> None:
        for chunk in chunks(ids):
            await self.connection.execute(
                update(pending_annotations).where(pending_annotations.c.id.in_(chunk)).values(status=status)
            )

    async def rename_class(self, project_id: str, old: str, new: str) -> int:
        of_project = [
            pending_annotations.c.asset_id == assets.c.id,
            assets.c.project_id == project_id,
            pending_annotations.c.status != ReviewStatus.ACCEPTED,
            exactly(pending_annotations.c.weed_type, old),
        ]
        renamed = update(pending_annotations).where(*of_project).values(weed_type=new)
        return (await self.connection.execute(renamed)).rowcount
