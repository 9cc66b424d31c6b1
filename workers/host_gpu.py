"""The GPU of this host for trainings and evaluations: one holder at a time where memory is scarce, and everybody at
once where it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from adapters.gpu_mutex import RedisGpuMutex
from adapters.metrics.work import waiting_for_gpu
from adapters.tracing import span
from domain.models.gpu import GpuHolder
from domain.ports import Database
from workers.claims import PostponedError
from workers.gpu_leasing import GpuLeasing
from workers.gpu_room import GpuRoom, MemoryTakenError
from workers.process_mark import has_ended

_log = structlog.get_logger(__name__)


class HostGpu(Protocol):
    def held(self, holder: GpuHolder, subject_id: str) -> AbstractAsyncContextManager[None]:
        """Waits until the GPU is free, and has it while within; `subject_id` is what for, as a job. When it is lost,
        what is within is cancelled, and GpuLostError raised. Raises PostponedError when its memory does not come
        free."""

    async def free_left_over(self) -> None:
        """Frees what a worker of this host held that is dead. For the start, before anything is held."""


class SharedGpu:
    """Fulfils HostGpu where there is no memory of its own to run out of."""

    @asynccontextmanager
    async def held(self, holder: GpuHolder, subject_id: str) -> AsyncIterator[None]:
        yield

    async def free_left_over(self) -> None:
        return


class ExclusiveGpu:
    """Fulfils HostGpu by the mutex of the host, which has the times."""

    def __init__(self, database: Database, mutex: RedisGpuMutex, room: GpuRoom) -> None:
        self._leasing = GpuLeasing(database, mutex)
        self._mutex = mutex
        self._room = room

    @asynccontextmanager
    async def held(self, holder: GpuHolder, subject_id: str) -> AsyncIterator[None]:
        with waiting_for_gpu(holder), span("waiting for the GPU", holder=holder.value):
            lease = await self._leasing.taken(holder, subject_id)
        async with self._leasing.kept(lease):
            try:
                await self._room.make(holder)
            except MemoryTakenError as error:
                raise PostponedError(str(error)) from error
            yield

    async def free_left_over(self) -> None:
        try:
            lease = None if await self._mutex.is_free() else await self._mutex.look()
            # SAM3 is no worker; its lease ends with its own heartbeat.
            if lease is None or lease.holder is GpuHolder.SAM3 or not has_ended(lease.owner):
                return
            if await self._mutex.release(lease.token):
                _log.warning("gpu_freed", holder=lease.holder, subject=lease.subject_id, token=lease.token)
        except (RedisError, OSError) as error:
            _log.warning("gpu_not_freed", error=repr(error))
