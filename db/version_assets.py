"""The frozen images of versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from sqlalchemy import ColumnElement, Insert, case, delete, func, literal, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from db.bulk import insert_rows
from db.keyset import Order
from db.repository import TableRepository, columns_of
from db.tables import latest_splits, training_dataset_assets
from domain.models.version import Split, VersionAsset
from domain.paging import Page, PageRequest

_COLUMNS = attrgetter(*(column.key for column in training_dataset_assets.c))


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

    async def add(self, rows: Sequence[VersionAsset]) -> None:
        await insert_rows(self._connection, training_dataset_assets, [_COLUMNS(row) for row in rows])

    async def note_latest(self, project_id: str, dataset_id: str, at: datetime) -> None:
        table, columns = training_dataset_assets, ["project_id", "sha256", "split", "snapshot_at"]
        instant = literal(at, latest_splits.c.snapshot_at.type)
        rows = select(literal(project_id), table.c.sha256, table.c.split, instant)
        rows = rows.where(table.c.dataset_id == dataset_id)
        older = latest_splits.c.snapshot_at <= instant
        statement: Insert
        if self._connection.dialect.name == "sqlite":
            insert = sqlite.insert(latest_splits).from_select(columns, rows)
            new = {"split": insert.excluded.split, "snapshot_at": insert.excluded.snapshot_at}
            statement = insert.on_conflict_do_update(set_=new, where=older)
        else:
            # In this order: the time decides on the split, and is written after it.
            new_values = [
                ("split", case((older, table.c.split), else_=latest_splits.c.split)),
                ("snapshot_at", func.greatest(latest_splits.c.snapshot_at, instant)),
            ]
            statement = mysql.insert(latest_splits).from_select(columns, rows).on_duplicate_key_update(new_values)
        await self._connection.execute(statement)

    async def pages(
        self, dataset_ids: Iterable[str], request: PageRequest, split: Split | None
    ) -> dict[str, Page[VersionAsset]]:
        dataset, order = training_dataset_assets.c.dataset_id, Order((training_dataset_assets.c.position,), False)
        return await self._rows.pages_of(dataset, dataset_ids, request, *_in(split), order=order, long=True)

    async def counts(self, dataset_ids: Iterable[str], split: Split | None) -> dict[str, int]:
        return await self._rows.counts_of(training_dataset_assets.c.dataset_id, dataset_ids, *_in(split))

    async def at(self, dataset_id: str, positions: Sequence[int]) -> dict[int, VersionAsset]:
        table = training_dataset_assets.c
        mine = [table.dataset_id == dataset_id, table.position.in_(positions)]
        rows = await self._rows.all(select(*columns_of(training_dataset_assets)).where(*mine)) if positions else []
        return {row.position: row for row in rows}

    async def of_asset(self, dataset_id: str, asset_id: str) -> VersionAsset | None:
        table = training_dataset_assets.c
        return await self._rows.one(table.dataset_id == dataset_id, table.asset_id == asset_id)

    async def digests(self, dataset_ids: Iterable[str], split: Split) -> set[str]:
        statement = select(training_dataset_assets.c.sha256).where(
            training_dataset_assets.c.dataset_id.in_(list(dataset_ids)), training_dataset_assets.c.split == split
        )
        return set((await self._connection.execute(statement)).scalars())


def _in(split: Split | None) -> list[ColumnElement[bool]]:
    return [training_dataset_assets.c.split == split] if split is not None else []
