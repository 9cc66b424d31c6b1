"""Leases of the dead, which nobody need wait for."""

from __future__ import annotations

import psutil
from sqlalchemy import Table, update

from db.engine import WRITES, create_engine
from db.types import database_now
from domain.jobs import LEASE_SECONDS
from live.server import LiveServer


async def lease_runs_out(server: LiveServer, table: Table, dead: psutil.Process) -> None:
    """As if the worker, which is dead, had last been heard of longer ago than a lease lasts."""
    engine = create_engine(server.database_url)
    async with engine.connect() as raw:
        connection = await raw.execution_options(**{WRITES: True})
        async with connection.begin():
            held = update(table).where(table.c.worker.contains(f":{dead.pid}:"))
            await connection.execute(held.values(heartbeat_at=database_now(LEASE_SECONDS + 1)))
    await engine.dispose()
