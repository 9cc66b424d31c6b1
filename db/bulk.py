"""Many rows at once, without what SQLAlchemy does for each of them: it takes as long as the driver and the server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, Column, Dialect, Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_rows(
    connection: AsyncConnection, table: Table, rows: Sequence[tuple[Any, ...]], ready: Collection[str] = ()
) -> None:
    """Each row has a value for every column, in the order of the table's; there is at least one row.

    The columns `ready` have their values as the database stores them.
    """
    dialect = connection.dialect
    columns = []
    for column, values in zip(table.c, zip(*rows, strict=True), strict=True):
        stored = None if column.key in ready else _stored(column, dialect)
        columns.append(map(stored, values) if stored else values)
    statement = str(insert(table).compile(dialect=dialect))
    await connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _stored(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Turns a value into what the driver takes; None where that is the value itself."""
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    if process is None or isinstance(column.type, JSON):
        return process

    @cache
    def once(value: Any) -> Any:
        """Times and kinds repeat from row to row, and MySQL's driver would write out each time again."""
        stored = process(value)
        return str(stored) if isinstance(stored, datetime) else stored

    return once
