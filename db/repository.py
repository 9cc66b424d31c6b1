"""The base of the repositories: rows in, domain dataclasses out. Repositories write, they never commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    RowMapping,
    Select,
    Table,
    and_,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db.keyset import Order, first_by_rank, first_of_each
from db.types import database_now
from domain.errors import ClaimLostError
from domain.jobs import Claim
from domain.paging import Page, PageRequest, SortKey

T = TypeVar("T")
_CHUNK = 500
PARENTS = 100
"""Whose rows one statement looks up."""


@cache
def columns_of(table: Table) -> tuple[ColumnElement[Any], ...]:
    """The table's columns, labelled by their attribute names."""
    return tuple(column.label(column.key) for column in table.c)


def chunks(ids: Iterable[str], size: int = _CHUNK) -> Iterable[list[str]]:
    """The distinct ids in lists short enough for one IN clause."""
    distinct = list(dict.fromkeys(ids))
    return (distinct[start : start + size] for start in range(0, len(distinct), size))


def json_ready(value: Any) -> Any:
    """Dataclasses as dicts and tuples as lists, so that JSON columns take them; anything else as it is."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, tuple):
        return [json_ready(item) for item in value]
    return value


class TableRepository(Generic[T]):
    """CRUD over one table whose attributes mostly match the dataclass's fields; `load` and `dump` bend the rest."""

    table: ClassVar[Table]
    entity: type[T]

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    @property
    def columns(self) -> Sequence[ColumnElement[Any]]:
        """What `load` needs of a row."""
        return columns_of(self.table)

    def load(self, row: RowMapping) -> T:
        return self.entity(**{name: row[name] for name in self.entity.__dataclass_fields__})  # type: ignore[attr-defined]

    def dump(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Attribute values -> column values."""
        return {name: json_ready(value) for name, value in changes.items()}

    async def get(self, id_: str) -> T | None:
        return await self.one(self.table.c.id == id_)

    async def get_many(self, ids: Iterable[str]) -> dict[str, T]:
        found: dict[str, T] = {}
        for chunk in chunks(ids):
            for row in await self.rows(select(*self.columns).where(self.table.c.id.in_(chunk))):
                found[row["id"]] = self.load(row)
        return found

    async def add(self, *entities: T) -> None:
        rows = [
            self.dump({field.name: getattr(entity, field.name) for field in fields(self.entity)})  # type: ignore[arg-type]
            for entity in entities
        ]
        if rows:
            await self.connection.execute(insert(self.table), rows)

    async def update(self, id_: str, /, **changes: Any) -> None:
        await self.connection.execute(update(self.table).where(self.table.c.id == id_).values(self.dump(changes)))

    async def write_claimed(self, claim: Claim, /, **changes: Any) -> None:
        mine = and_(self.table.c.id == claim.id, self.table.c.attempt == claim.attempt)
        values = {**self.dump(changes), "heartbeat_at": database_now()}
        result = await self.connection.execute(update(self.table).where(mine).values(values))
        if result.rowcount != 1:
            raise ClaimLostError(f"{claim.kind} {claim.id} is no longer held by attempt {claim.attempt}.")

    async def one(self, *where: ColumnElement[bool]) -> T | None:
        rows = await self.rows(select(*self.columns).where(*where).limit(1))
        return self.load(rows[0]) if rows else None

    async def all(self, statement: Select[Any]) -> list[T]:
        return [self.load(row) for row in await self.rows(statement)]

    async def all_of(
        self, parent: Column[Any], parent_ids: Iterable[str], *order: ColumnElement[Any]
    ) -> dict[str, list[T]]:
        """All rows of each parent that has any."""
        found: dict[str, list[T]] = {}
        for chunk in chunks(parent_ids):
            mine = select(*self.columns).where(parent.in_(chunk)).order_by(*order)
            for row in await self.rows(mine):
                found.setdefault(row[parent.key], []).append(self.load(row))
        return found

    async def rows(self, statement: Select[Any]) -> Sequence[RowMapping]:
        found: Sequence[RowMapping] = (await self.connection.execute(statement)).mappings().all()
        return found

    async def count_where(self, *where: ColumnElement[bool]) -> int:
        statement = select(func.count()).select_from(self.table).where(*where)
        return int((await self.connection.execute(statement)).scalar_one())

    async def counts_of(
        self, parent: Column[Any], parent_ids: Iterable[str], *where: ColumnElement[bool]
    ) -> dict[str, int]:
        """How many rows each parent has that has any."""
        counts: dict[str, int] = {}
        for chunk in chunks(parent_ids):
            mine = select(parent, func.count()).where(parent.in_(chunk), *where).group_by(parent)
            counts.update(dict((await self.connection.execute(mine)).all()))
        return counts

    async def page_where(self, request: PageRequest, *where: ColumnElement[bool]) -> Page[T]:
        """One keyset page, newest first."""
        order = Order((self.table.c.created_at, self.table.c.id))
        wanted = select(*self.columns).where(*where, *order.beyond(request.after))
        return self._page(await self.rows(wanted.order_by(*order.clauses).limit(request.first + 1)), request, order)

    async def pages_of(
        self,
        parent: Column[Any],
        parent_ids: Iterable[str],
        request: PageRequest,
        *where: ColumnElement[bool],
        order: Order | None = None,
        long: bool = False,
    ) -> dict[str, Page[T]]:
        """The same keyset page, newest first unless `order` says otherwise, of each parent's rows; by one statement for
        up to 100 parents. `long` is said of lists that may have thousands of rows: of those it reads no more than the
        page."""
        order = order or Order((self.table.c.created_at, self.table.c.id))
        conditions = [*where, *order.beyond(request.after)]
        pages: dict[str, Page[T]] = {}
        for chunk in chunks(parent_ids, PARENTS):
            first = first_of_each if long or len(chunk) == 1 else first_by_rank
            named = first(parent, chunk, conditions, order, request.first + 1)
            own = and_(*(column == named.c[column.key] for column in self.table.primary_key))
            rows: dict[str, list[RowMapping]] = {}
            for row in await self.rows(select(*self.columns).join(named, own).order_by(*order.clauses)):
                rows.setdefault(row[parent.key], []).append(row)
            pages.update({id_: self._page(rows.get(id_, ()), request, order) for id_ in chunk})
        return pages

    def _page(self, rows: Sequence[RowMapping], request: PageRequest, order: Order) -> Page[T]:
        """Of one row more than the page has, where there is one more."""
        kept = rows[: request.first]
        sort_keys: list[SortKey] = [tuple(row[column.key] for column in order.columns) for row in kept]
        return Page([self.load(row) for row in kept], sort_keys, len(rows) > request.first, request.after is not None)
