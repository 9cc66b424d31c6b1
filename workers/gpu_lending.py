"""The host's GPU for SAM3, which takes it, renews it and gives it back by HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from adapters.gpu_mutex import RedisGpuMutex
from adapters.metrics.work import waiting_for_gpu
from domain.models.gpu import GpuHolder, GpuLease
from domain.ports import Database
from workers.gpu_leasing import GpuLeasing, GpuLostError
from workers.gpu_room import GpuBusyError, GpuRoom

_OWNER = "sam3"
_RENEWALS_A_TTL = 6
_LOOKS_A_TTL = 300


class GpuLending:
    """Leases that somebody else renews. Calls raise RedisError and OSError as the mutex does, but for `acquire`."""

    def __init__(self, database: Database, mutex: RedisGpuMutex, room: GpuRoom) -> None:
        self._leasing = GpuLeasing(database, mutex, _OWNER)
        self._mutex = mutex
        self._room = room
        self._lent: int | None = None
        self.ttl_seconds = mutex.ttl_seconds
        self.renew_seconds = mutex.ttl_seconds / _RENEWALS_A_TTL

    async def acquire(self, wait_seconds: float) -> GpuLease:
        """The GPU, once our models are unloaded and there is memory. Raises GpuBusyError when others have it for longer
        than `wait_seconds`, MemoryTakenError when its memory does not come free."""
        with waiting_for_gpu(GpuHolder.SAM3):
            lease = await self._taken(wait_seconds)
        try:
            async with self._leasing.renewed(lease):
                await self._room.make(GpuHolder.SAM3)
        except GpuLostError as error:
            raise GpuBusyError(str(error)) from error
        except BaseException:
            await asyncio.shield(self._leasing.give_back(lease.token))
            raise
        self._room.sam3_loaded = True
        self._lent = lease.token
        return lease

    async def look(self) -> GpuLease | None:
        """Who has the GPU."""
        return await self._mutex.look()

    async def renew(self, token: int) -> bool:
        """Holds the GPU for another `ttl_seconds`; False when it is somebody else's."""
        lease = await self._mutex.look()
        if lease is None or (token == self._lent and lease.token < token):
            # It ran out, or Redis forgot it and believes somebody of before; the mutex knows whether anybody had the
            # GPU since. A token that was never drawn would look like the newest.
            if self._lent not in (None, token):
                return False
            lease = GpuLease(self._mutex.host, GpuHolder.SAM3, token, _OWNER, _OWNER, datetime.now(UTC))
        return _is(lease, token) and await self._mutex.renew(lease)

    async def release(self, token: int) -> bool:
        """Gives the GPU back; False when it was not held under that token."""
        lease = await self._mutex.look()
        return lease is not None and _is(lease, token) and await self._mutex.release(token)

    async def _taken(self, wait_seconds: float) -> GpuLease:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_seconds
        while True:
            try:
                return await self._leasing.taken_now(GpuHolder.SAM3, _OWNER)
            except GpuBusyError:
                if loop.time() >= deadline:
                    raise
            await asyncio.sleep(self._mutex.ttl_seconds / _LOOKS_A_TTL)


def _is(lease: GpuLease, token: int) -> bool:
    """A training's token is not SAM3's, however it came by it."""
    return lease.token == token and lease.holder is GpuHolder.SAM3
