"""What this host says of its GPU, every few seconds, for all to see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NoReturn

import structlog

from domain.models.gpu import GpuHost
from domain.ports import Database
from workers.gpu_room import GpuRoom

_BEAT_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class HostReport:
    """`device` is what people call it; `loaded` tells which models are loaded, by their ids."""

    def __init__(
        self,
        database: Database,
        host: str,
        device: str,
        exclusive: bool,
        room: GpuRoom,
        loaded: Callable[[], tuple[str, ...]],
    ) -> None:
        self._database = database
        self._host = host
        self._device = device
        self._exclusive = exclusive
        self._room = room
        self._loaded = loaded

    def facts(self) -> GpuHost:
        """How it is now. Memory is that of all its GPUs together."""
        devices = self._room.memory.read()
        return GpuHost(
            host=self._host,
            device=self._device,
            exclusive=self._exclusive,
            memory_total=sum(one.total for one in devices) if devices else None,
            memory_used=sum(one.used for one in devices) if devices else None,
            loaded_model_ids=self._loaded(),
            sam3_loaded=self._room.sam3_loaded,
            alive=True,
        )

    async def keep(self) -> NoReturn:
        while True:
            await self.tell()
            await asyncio.sleep(_BEAT_SECONDS)

    async def tell(self) -> None:
        """Says it once. A database that is away hears it the next time."""
        facts = self.facts()
        try:
            await self._database.write(lambda uow: uow.gpu_hosts.beat(facts))
        except Exception:
            _log.exception("host_not_reported")

    async def end(self) -> None:
        """The worker ends: nobody need wait for its heartbeat to grow old."""
        try:
            await self._database.write(lambda uow: uow.gpu_hosts.gone(self._host))
        except Exception:
            _log.exception("host_not_reported")
