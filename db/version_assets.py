"""The frozen images of versions."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.repository import TableRepository
from db.tables import training_dataset_assets
from domain.models.version import Split, VersionAsset
from domain.paging import Page, PageRequest


class _Rows(TableRepository[VersionAsset]):
    table = training_dataset_assets
    entity = VersionAsset


class SqlVersionAssets:
    """Fulfils domain.ports.VersionAssets."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._rows = _Rows(connection)

    async def clear(self, dataset_id: str) -> None:
        await self._connection.execute(
            delete(training_dataset_assets).where(training_dataset_assets.c.dataset_id == dataset_id)
        )

    async def add(self, rows: Iterable[VersionAsset]) -> None:
        await self._rows.add(*rows)

    async def page(self, dataset_id: str, split: Split | None, request: PageRequest) -> Page[VersionAsset]:
        return await self._rows.page_where(
            request, *_mine(dataset_id, split), keys=[training_dataset_assets.c.position], descending=False
        )

    async def count(self, dataset_id: str, split: Split | None) -> int:
        return await self._rows.count_where(*_mine(dataset_id, split))

    async def digests(self, dataset_ids: Iterable[str], split: Split) -> set[str]:
        statement = select(training_dataset_assets.c.sha256).where(
            training_dataset_assets.c.dataset_id.in_(list(dataset_ids)), training_dataset_assets.c.split == split
        )
        return set((await self._connection.execute(statement)).scalars())


def _mine(dataset_id: str, split: Split | None) -> list[ColumnElement[bool]]:
    conditions = [training_dataset_assets.c.dataset_id == dataset_id]
    if split is not None:
        conditions.append(training_dataset_assets.c.split == split)
    return conditions
