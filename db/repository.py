"""The base of the repositories: rows in, domain dataclasses out. Repositories write, they never commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    RowMapping,
    Select,
    Table,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db.types import database_now
from domain.errors import ClaimLostError, DomainError, ErrorCode
from domain.jobs import Claim
from domain.paging import Page, PageRequest, SortKey

T = TypeVar("T")
_CHUNK = 500


def columns_of(table: Table | FromClause) -> list[ColumnElement[Any]]:
    """The table's columns, labelled by their attribute names."""
    return [column.label(column.key) for column in table.c]


def chunks(ids: Iterable[str]) -> Iterable[list[str]]:
    """The distinct ids in lists short enough for one IN clause."""
    distinct = list(dict.fromkeys(ids))
    return (distinct[start : start + _CHUNK] for start in range(0, len(distinct), _CHUNK))


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

    def load(self, row: RowMapping) -> T:
        return self.entity(**{field.name: row[field.name] for field in fields(self.entity)})  # type: ignore[arg-type]

    def dump(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Attribute values -> column values."""
        return {name: json_ready(value) for name, value in changes.items()}

    async def get(self, id_: str) -> T | None:
        return await self.one(self.table.c.id == id_)

    async def get_many(self, ids: Iterable[str]) -> dict[str, T]:
        found: dict[str, T] = {}
        for chunk in chunks(ids):
            for row in await self.rows(select(*columns_of(self.table)).where(self.table.c.id.in_(chunk))):
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
        rows = await self.rows(select(*columns_of(self.table)).where(*where).limit(1))
        return self.load(rows[0]) if rows else None

    async def all(self, statement: Select[Any]) -> list[T]:
        return [self.load(row) for row in await self.rows(statement)]

    async def rows(self, statement: Select[Any]) -> Sequence[RowMapping]:
        found: Sequence[RowMapping] = (await self.connection.execute(statement)).mappings().all()
        return found

    async def count_where(self, *where: ColumnElement[bool]) -> int:
        statement = select(func.count()).select_from(self.table).where(*where)
        return int((await self.connection.execute(statement)).scalar_one())

    async def page_where(
        self,
        request: PageRequest,
        *where: ColumnElement[bool],
        keys: Sequence[Column[Any]] | None = None,
        descending: bool = True,
    ) -> Page[T]:
        """One keyset page, by `keys` (creation and id when left out)."""
        order = list(keys) if keys is not None else [self.table.c.created_at, self.table.c.id]
        statement = select(*columns_of(self.table)).where(*where)
        if request.after is not None:
            statement = statement.where(_beyond(order, request.after, descending))
        statement = statement.order_by(*(column.desc() if descending else column for column in order))
        rows = await self.rows(statement.limit(request.first + 1))
        kept = rows[: request.first]
        sort_keys: list[SortKey] = [tuple(row[column.key] for column in order) for row in kept]
        return Page([self.load(row) for row in kept], sort_keys, len(rows) > request.first, request.after is not None)


def _beyond(order: Sequence[Column[Any]], after: SortKey, descending: bool) -> ColumnElement[bool]:
    """Rows after the sort key. Spelled out for two columns, since MySQL uses no index for a row comparison."""
    kinds = [column.type.python_type for column in order]
    if len(kinds) != len(after) or not all(isinstance(part, kind) for part, kind in zip(after, kinds, strict=True)):
        raise DomainError(ErrorCode.BAD_USER_INPUT, "after is not a cursor of this list.", ("after",))
    if len(order) == 1:
        return order[0] < after[0] if descending else order[0] > after[0]
    first, second = order
    if descending:
        return and_(first <= after[0], or_(first < after[0], second < after[1]))
    return and_(first >= after[0], or_(first > after[0], second > after[1]))
