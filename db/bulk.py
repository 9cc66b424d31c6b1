"""Many rows at once, without what SQLAlchemy does for each of them: it takes as long as the driver and the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_rows(connection: AsyncConnection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Each row has a value for every column, in the order of the table's; at least one row."""
    dialect = connection.dialect
    columns = []
    for column, values in zip(table.c, zip(*rows, strict=True), strict=True):
        process = column.type.dialect_impl(dialect).bind_processor(dialect)
        columns.append(map(process, values) if process else values)
    statement = str(insert(table).compile(dialect=dialect))
    await connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))
