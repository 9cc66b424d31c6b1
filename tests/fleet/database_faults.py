"""What happens to the database, and in it."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from fleet.fleet import Fleet

_SECONDS = 4.0
_HOLD_SECONDS = 0.05
_TABLES = ("TrainingDataset", "TrainingJob", "Upload", "VersionExport", "VersionCheck", "ModelEvaluation")
_MORE_TABLES = ("ModelDeployment", "DetectionJob")


async def killed(fleet: Fleet, chance: random.Random) -> str:
    """As when the power fails."""
    await fleet.database.restart(signal.SIGKILL)
    return "by SIGKILL"


async def restarted(fleet: Fleet, chance: random.Random) -> str:
    """As its operator does."""
    await fleet.database.restart(signal.SIGTERM, chance.uniform(0, 2))
    return "by SIGTERM"


async def connections_killed(fleet: Fleet, chance: random.Random) -> str:
    """All of them, twice."""
    ended = 0
    async with _connected(fleet) as connection:
        for _ in range(2):
            found = await connection.exec_driver_sql(
                "SELECT id FROM information_schema.processlist WHERE db = 'agridrone' AND id != CONNECTION_ID()"
            )
            for (number,) in found.all():
                with suppress(DBAPIError):  # it has ended by itself
                    await connection.exec_driver_sql(f"KILL {number}")
                    ended += 1
            await asyncio.sleep(chance.random())
    return f"{ended} connections"


async def clock_ahead(fleet: Fleet, chance: random.Random) -> str:
    """Leases are judged by the database's clock: by one that jumps an hour ahead every one of them has run out. Which
    is done to the rows, since nobody can turn the clock without turning this machine's."""
    aged = 0
    async with _connected(fleet) as connection:
        for table in (*_TABLES, *_MORE_TABLES):
            done = await connection.exec_driver_sql(
                f"UPDATE {table} SET heartbeatAt = heartbeatAt - INTERVAL 1 HOUR "
                "WHERE heartbeatAt > UTC_TIMESTAMP(6) - INTERVAL 10 SECOND"
            )
            aged += done.rowcount
    return f"{aged} leases"


async def deadlocks(fleet: Fleet, chance: random.Random) -> str:
    """The locks that every writer takes, taken the other way round."""
    tries, lost = 0, 0
    ends = time.monotonic() + _SECONDS
    async with _connected(fleet) as connection:
        while time.monotonic() < ends:
            tries += 1
            try:
                await connection.exec_driver_sql("START TRANSACTION")
                await connection.exec_driver_sql("SELECT * FROM EventStream ORDER BY seq DESC LIMIT 5 FOR UPDATE")
                await asyncio.sleep(_HOLD_SECONDS)
                await connection.exec_driver_sql("SELECT * FROM Project FOR UPDATE")
                await connection.exec_driver_sql("SELECT id FROM TrainingDataset FOR UPDATE")
            except DBAPIError:
                lost += 1
            await connection.exec_driver_sql("ROLLBACK")
            await asyncio.sleep(_HOLD_SECONDS * chance.random())
    return f"{tries} transactions, of which {lost} gave way"


async def lock_timeouts(fleet: Fleet, chance: random.Random) -> str:
    """Somebody holds the project for longer than others wait."""
    async with _connected(fleet) as connection:
        await connection.exec_driver_sql("START TRANSACTION")
        await connection.exec_driver_sql("SELECT * FROM Project FOR UPDATE")
        await asyncio.sleep(_SECONDS)
        await connection.exec_driver_sql("ROLLBACK")
    return f"for {_SECONDS:.0f} s"


@asynccontextmanager
async def _connected(fleet: Fleet) -> AsyncIterator[AsyncConnection]:
    """By a connection of the suite's own."""
    engine = create_async_engine(fleet.database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        yield connection
