"""Databases for one measurement: migrated, empty at first, gone afterwards; nobody hears of what happens in them."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db.database import SqlDatabase
from db.engine import create_engine
from db.migrate import upgrade
from domain.jobs import JobKind
from domain.ports import Ring


class _Silence:
    """Nobody watches a benchmark."""

    async def ring(self, ring: Ring) -> None: ...

    async def wake(self, kind: JobKind, ids: Sequence[str]) -> None: ...


SILENCE = _Silence()


@asynccontextmanager
async def sqlite_database() -> AsyncIterator[SqlDatabase]:
    """A file of its own."""
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        async with _migrated(f"sqlite+aiosqlite:///{Path(name) / 'bench.sqlite'}") as database:
            yield database


@asynccontextmanager
async def mariadb_database() -> AsyncIterator[SqlDatabase | None]:
    """A database of its own on the server at MARIADB_URL, by default the one on this machine. None, after a line that
    says so, when that server does not answer."""
    given = make_url(os.environ.get("MARIADB_URL", "mysql+aiomysql://root@127.0.0.1:3306"))
    server = given.set(drivername="mysql+aiomysql", database=None)
    name = f"agridrone_bench_{secrets.token_hex(6)}"
    try:
        await _on_server(server, f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    except (DBAPIError, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        sys.stdout.write(
            f"MariaDB is not reachable at {server.host}:{server.port or 3306} ({cause}): not measured on it. Start it, "
            "or name another in MARIADB_URL.\n"
        )
        yield None
        return
    try:
        async with _migrated(server.set(database=name).render_as_string(hide_password=False)) as database:
            yield database
    finally:
        await _on_server(server, f"DROP DATABASE `{name}`")


@asynccontextmanager
async def _migrated(url: str) -> AsyncIterator[SqlDatabase]:
    await upgrade(url)
    database = SqlDatabase(create_engine(url), SILENCE, SILENCE)
    try:
        yield database
    finally:
        await database.close()


async def _on_server(server: URL, statement: str) -> None:
    engine = create_async_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
