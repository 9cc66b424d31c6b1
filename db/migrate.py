"""Brings a database to this release's tables, and adopts one that AgriDrone Ops made before there were revisions.

Several processes may start at once, and each of them upgrades first. One at a time does so:

- MySQL and MariaDB by GET_LOCK, which belongs to the session: it outlives the commits that each ALTER TABLE implies,
  needs no table that might not exist yet, and goes when the session goes, however it ends.
- SQLite by BEGIN IMMEDIATE around the whole upgrade: its DDL is transactional, so that an upgrade that fails leaves
  nothing behind, and who comes second waits for the commit and then finds nothing left to do. A lock file would add a
  second truth beside the database's own lock.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa
import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from db import legacy
from db.tables import metadata

BASELINE = "20261123_baseline"
LOCK_SECONDS = 300
# An ALTER TABLE that waits for a long transaction holds up all who come after it: rather fail, and be asked again.
ALTER_SECONDS = 60

_log = structlog.get_logger(__name__)

# Alembic's `op` and `context` are globals, so that within a process, too, only one can run.
_one_at_a_time = asyncio.Lock()


class MigrationError(Exception):
    """The database cannot be brought to this release's tables. The message says what to do."""


class LegacyMismatchError(MigrationError):
    """The database is not shaped as the baseline; `differences` has a sentence for each way in which it is not."""

    def __init__(self, differences: list[str]) -> None:
        self.differences = tuple(differences)
        lines = "\n".join(f"- {difference}" for difference in differences)
        super().__init__(
            "This database cannot be adopted as it is; nothing was changed. Mend the following and try again"
            f" (docs/legacy.md lists all that is needed):\n{lines}"
        )


def config() -> Config:
    """Alembic's configuration, without an ini file. `alembic.command.revision(config(), "…")` starts a new revision."""
    configuration = Config()
    configuration.set_main_option("script_location", "db:migrations")
    return configuration


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at the app's (async) SQLAlchemy URL up to `revision`; does nothing where it is there already.

    Raises MigrationError where the database has tables but no history, or a history this release does not know, and
    where another process holds the lock for more than five minutes.
    """
    async with _exclusive(url) as connection:
        await connection.run_sync(_upgrade, revision)


async def downgrade(url: str, revision: str) -> None:
    """Take revisions back until `revision` ("base" for none at all). Raises MigrationError as `upgrade` does."""
    async with _exclusive(url) as connection:
        await connection.run_sync(_downgrade, revision)


async def current(url: str) -> str | None:
    """The revision the database is at; None where it has no history."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        return await connection.run_sync(_current)


async def require_head(url: str) -> None:
    """Raises MigrationError unless the database has the tables of this release. Changes nothing.

    A newer release may have migrated it further: revisions only add, so this one goes on working, as it must while its
    processes are replaced one by one. That nothing is missing is looked up then, not taken on trust.
    """
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_require_head)


def _require_head(connection: sa.Connection) -> None:
    found = _current(connection)
    if found == _history().get_current_head():
        return
    if found is None or _is_known(found):
        text = f"The database is at {found or 'no revision'}, not at this release's; run `agridrone migrate` first."
        raise MigrationError(text)
    if missing := _missing(connection):
        raise MigrationError(
            f"A newer release migrated this database, to revision {found}, and took away what this one needs:"
            f" {', '.join(missing)}. Start the newer release."
        )
    _log.warning("database_is_newer", revision=found)


@cache
def _history() -> ScriptDirectory:
    return ScriptDirectory.from_config(config())


def _is_known(revision: str) -> bool:
    return any(one.revision == revision for one in _history().walk_revisions())


def _missing(connection: sa.Connection) -> list[str]:
    """Tables and columns of this release that the database does not have."""
    inspector = sa.inspect(connection)
    present = set(inspector.get_table_names())
    missing = sorted(set(metadata.tables) - present)
    for table in sorted(set(metadata.tables) & present):
        there = {column["name"] for column in inspector.get_columns(table)}
        missing += [f"{table}.{column.name}" for column in metadata.tables[table].c if column.name not in there]
    return missing


async def stamp_baseline(url: str) -> None:
    """Adopt an existing AgriDrone Ops database: from now on it counts as being at the baseline.

    Raises LegacyMismatchError, having changed nothing, where its tables are not what the baseline would have made, and
    MigrationError where it has a history already.
    """
    async with _exclusive(url) as connection:
        await connection.run_sync(_stamp_baseline)


@asynccontextmanager
async def _exclusive(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction, which alone may change the tables. Closing it gives the lock back."""
    engine = create_async_engine(url, poolclass=NullPool, connect_args=_connect_args(url))
    if engine.dialect.name == "sqlite":
        _begin_immediate(engine)
    async with _one_at_a_time, engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            await _take_mysql_lock(connection)
        if not connection.in_transaction():
            await connection.begin()
        yield connection
        await connection.commit()


def _connect_args(url: str) -> dict[str, Any]:
    return {"timeout": LOCK_SECONDS} if sa.make_url(url).get_backend_name() == "sqlite" else {}


def _begin_immediate(engine: AsyncEngine) -> None:
    """The driver begins no transaction before DDL, so we do. Foreign keys are off: see the expand revision."""

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _take_mysql_lock(connection: AsyncConnection) -> None:
    # Lock names are global to the server and at most 64 characters long.
    database = connection.engine.url.database or ""
    name = f"agridrone-migrate-{hashlib.sha256(database.encode()).hexdigest()[:32]}"
    taken = await connection.scalar(
        sa.text("SELECT GET_LOCK(:name, :seconds)"), {"name": name, "seconds": LOCK_SECONDS}
    )
    if taken != 1:
        raise MigrationError(
            f"Another process has been migrating {database} for more than {LOCK_SECONDS} seconds. Let it finish, or"
            " stop it, then try again."
        )
    await connection.execute(sa.text(f"SET SESSION lock_wait_timeout = {ALTER_SECONDS:d}"))


def _configured(connection: sa.Connection) -> Config:
    configuration = config()
    configuration.attributes["connection"] = connection
    return configuration


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown_history(connection: sa.Connection) -> None:
    at = _current(connection)
    if at is not None and not _is_known(at):
        raise MigrationError(
            f"This database is at revision {at}, which this release does not know: a newer one migrated it."
            " Start that release, or restore the backup made before it."
        )


def _refuse_foreign_tables(connection: sa.Connection) -> None:
    # The history's own table comes first: where it is, a missing revision means an upgrade that was cut off.
    present = set(sa.inspect(connection).get_table_names())
    if "alembic_version" not in present and (clashing := sorted(present & set(metadata.tables))):
        raise MigrationError(
            f"This database has the tables {', '.join(clashing)}, but no history of revisions. If AgriDrone Ops made"
            " them, adopt it with `agridrone migrate --stamp-baseline`; if not, use a database of its own."
        )


def _check_foreign_keys(connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise MigrationError(
            f"After the migration {len(broken)} rows of {tables} would refer to rows that do not exist; nothing was"
            " changed. Delete those rows (`PRAGMA foreign_key_check` lists them), then try again."
        )


def _upgrade(connection: sa.Connection, revision: str) -> None:
    _refuse_foreign_tables(connection)
    _refuse_unknown_history(connection)
    command.upgrade(_configured(connection), revision)
    _check_foreign_keys(connection)


def _downgrade(connection: sa.Connection, revision: str) -> None:
    _refuse_unknown_history(connection)
    command.downgrade(_configured(connection), revision)
    _check_foreign_keys(connection)


def _stamp_baseline(connection: sa.Connection) -> None:
    at = _current(connection)
    if at is not None:
        raise MigrationError(
            f"This database has been adopted already: it is at revision {at}. Run `agridrone migrate`."
        )
    differences = legacy.differences(connection)
    if differences:
        raise LegacyMismatchError(differences)
    command.stamp(_configured(connection), BASELINE)
