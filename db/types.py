"""Column types that turn what the database stores into what the rules speak of."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Times in UTC with microseconds: naive in the database, aware in Python."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None else None


class EnumText(TypeDecorator[StrEnum]):
    """A StrEnum stored as its value; a string column, so that values can be added without touching the table."""

    impl = String(32)
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return str(value) if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return self.enum(value) if value is not None else None


JsonValue = JSON(none_as_null=True)


class database_now(ColumnElement[datetime]):  # noqa: N801 - reads as an SQL function
    """The database's clock in UTC, `seconds_ago` before now. Leases are judged by this one clock."""

    inherit_cache = True
    type = UtcDateTime()

    def __init__(self, seconds_ago: int = 0) -> None:
        self.seconds_ago = seconds_ago

    @property
    def _static_cache_key(self) -> Any:
        return (database_now, self.seconds_ago)


@compiles(database_now, "mysql")
@compiles(database_now, "mariadb")
def _mysql_now(element: database_now, compiler: SQLCompiler, **_: Any) -> str:
    return f"(UTC_TIMESTAMP(6) - INTERVAL {element.seconds_ago:d} SECOND)"


@compiles(database_now, "sqlite")
def _sqlite_now(element: database_now, compiler: SQLCompiler, **_: Any) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-{element.seconds_ago:d} seconds')"
