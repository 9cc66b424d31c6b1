"""Hosts with a GPU: what their workers say of them, and the fencing tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import and_, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from db.repository import json_ready
from db.tables import gpu_hosts
from db.types import database_now
from domain.models.gpu import GpuHost

_ALIVE_SECONDS = 15
_FACTS = ("device", "exclusive", "memory_total", "memory_used", "loaded_model_ids", "sam3_loaded")


class SqlGpuHosts:
    """Fulfils domain.ports.GpuHosts."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def next_fencing_token(self, host: str) -> int:
        await self._write({"host": host, "fencing_token": 1}, {"fencing_token": gpu_hosts.c.fencing_token + 1})
        statement = select(gpu_hosts.c.fencing_token).where(gpu_hosts.c.host == host)
        return int((await self._connection.execute(statement)).scalar_one())

    async def beat(self, host: GpuHost) -> None:
        facts = {name: json_ready(value) for name, value in asdict(host).items() if name in _FACTS}
        said = {**facts, "heartbeat_at": database_now()}
        await self._write({"host": host.host, **said}, said)

    async def gone(self, host: str) -> None:
        # A second before it would be taken for dead anyway: that it was there once stays on record.
        ended = {"heartbeat_at": database_now(_ALIVE_SECONDS + 1), "loaded_model_ids": []}
        await self._connection.execute(update(gpu_hosts).where(gpu_hosts.c.host == host).values(ended))

    async def all(self) -> Sequence[GpuHost]:
        heard = and_(gpu_hosts.c.heartbeat_at.is_not(None), gpu_hosts.c.device.is_not(None))
        alive = (gpu_hosts.c.heartbeat_at >= database_now(_ALIVE_SECONDS)).label("alive")
        columns = [gpu_hosts.c[name].label(name) for name in ("host", *_FACTS)]
        rows = await self._connection.execute(select(*columns, alive).where(heard).order_by(gpu_hosts.c.host))
        return [
            GpuHost(**{**row, "alive": bool(row["alive"]), "loaded_model_ids": tuple(row["loaded_model_ids"] or ())})
            for row in rows.mappings()
        ]

    async def _write(self, new: dict[str, Any], changes: dict[str, Any]) -> None:
        """Inserts the host's row, or changes the one that is there."""
        if self._connection.dialect.name == "sqlite":
            statement = sqlite.insert(gpu_hosts).values(new).on_conflict_do_update(set_=changes)
            await self._connection.execute(statement)
        else:
            await self._connection.execute(mysql.insert(gpu_hosts).values(new).on_duplicate_key_update(**changes))
