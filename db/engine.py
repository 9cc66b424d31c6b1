"""The engine for a database URL, with what SQLite and MySQL each need to behave alike."""

from __future__ import annotations

import json
from typing import Any

import orjson
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

WRITES = "agridrone_writes"
"""Execution option of connections whose transaction will write."""

DatabaseError = SQLAlchemyError
"""What the database, or the way to it, did wrong."""

_SQLITE_BUSY_SECONDS = 30
_REPEATED = {1213: "deadlock", 1205: "lock_timeout", 1412: "table_changed"}
"""Errors of MySQL and MariaDB."""


def create_engine(url: str) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite:///FILE` or `mysql+aiomysql://…`.

    Its errors name no values, so that logs keep no data.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    return _mysql_engine(url)


def _mysql_engine(url: str) -> AsyncEngine:
    pool: dict[str, Any] = {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True, "pool_recycle": 1800}
    engine = create_async_engine(url, **pool, hide_parameters=True, json_deserializer=read_json)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # What a writer reads after it has waited for a row's lock must be what the holder before it left. Under
        # REPEATABLE READ it would be what stood there at the transaction's first read.
        if connection.get_execution_options().get(WRITES, False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")

    return engine


def _sqlite_engine(url: str) -> AsyncEngine:
    arguments = {"timeout": _SQLITE_BUSY_SECONDS, "isolation_level": None}
    engine = create_async_engine(url, connect_args=arguments, hide_parameters=True, json_deserializer=read_json)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver begins nothing by itself, so that reads freeze too; a writer takes the lock at once, because a
        # transaction that turns from reading to writing fails when somebody else wrote in between.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine.sync_engine, "invalidate")
    def give_up(connection: DBAPIConnection, _: ConnectionPoolEntry, __: BaseException | None) -> None:
        # A closed connection keeps its lock while a cursor of it is referred to, as the traceback of a cancelled write
        # does.
        connection.rollback()

    return engine


def read_json(text: str | bytes) -> Any:
    """What a JSON column holds."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)  # half a surrogate pair, or a number that is none: SQLite keeps what Python writes


def reason_to_repeat(error: OperationalError) -> str | None:
    """Why the database asks for the whole transaction again: `deadlock`, `lock_timeout`, `table_changed` where a
    migration rebuilt a table after the transaction began, or `busy` where SQLite's file is. None where it does not."""
    arguments: tuple[Any, ...] = error.orig.args if error.orig is not None else ()
    code = arguments[0] if arguments else None
    if code in _REPEATED:
        return _REPEATED[code]
    return "busy" if "database is locked" in str(code) else None
