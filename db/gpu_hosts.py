"""Fencing tokens of the hosts' GPUs."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from db.tables import gpu_hosts


class SqlGpuHosts:
    """Fulfils domain.ports.GpuHosts."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def next_fencing_token(self, host: str) -> int:
        values = {"host": host, "fencing_token": 1}
        raised = gpu_hosts.c.fencing_token + 1
        if self._connection.dialect.name == "sqlite":
            await self._connection.execute(
                sqlite.insert(gpu_hosts).values(values).on_conflict_do_update(set_={"fencing_token": raised})
            )
        else:
            await self._connection.execute(
                mysql.insert(gpu_hosts).values(values).on_duplicate_key_update(fencing_token=raised)
            )
        statement = select(gpu_hosts.c.fencing_token).where(gpu_hosts.c.host == host)
        return int((await self._connection.execute(statement)).scalar_one())
