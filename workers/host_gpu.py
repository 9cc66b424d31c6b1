"""The GPU of this host: one holder at a time where memory is scarce, and everybody at once where it is not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.gpu_mutex import RedisGpuMutex, StaleTokenError
from adapters.settings import Settings
from domain.models.gpu import GpuHolder, GpuLease
from domain.ports import Database
from workers.claims import CrashedError
from workers.process_mark import has_ended, own_mark

_RENEWALS_A_TTL = 6
_LOOKS_A_TTL = 60
_log = structlog.get_logger(__name__)


class GpuLostError(CrashedError):
    """Somebody else has the GPU, because this holder did not renew its lease in time."""


class HostGpu(Protocol):
    def held(self, holder: GpuHolder, subject_id: str) -> AbstractAsyncContextManager[None]:
        """Waits until the GPU is free, and has it while within; `subject_id` is what for, as a job. When it is lost,
        what is within is cancelled, and GpuLostError raised."""

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
    """Fulfils HostGpu by the mutex of the host, which has the times. While Redis is away whoever holds the GPU keeps
    it, for nobody else can take it, and whoever waits waits on."""

    def __init__(self, database: Database, mutex: RedisGpuMutex) -> None:
        self._database = database
        self._mutex = mutex
        self._host = mutex.host
        self._owner = own_mark()

    @asynccontextmanager
    async def held(self, holder: GpuHolder, subject_id: str) -> AsyncIterator[None]:
        lease = await self._taken(holder, subject_id)
        watch = asyncio.timeout(None)
        renewing = asyncio.create_task(self._renew(lease, watch))
        try:
            async with watch:
                yield
        except TimeoutError as error:
            if not watch.expired():
                raise
            text = f"The GPU of {self._host} was lent to another holder while this one could not renew its lease."
            raise GpuLostError(text) from error
        finally:
            renewing.cancel()
            await asyncio.shield(self._give_back(lease.token))

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

    async def _taken(self, holder: GpuHolder, subject_id: str) -> GpuLease:
        while True:
            pause = self._mutex.ttl_seconds / _LOOKS_A_TTL
            try:
                if await self._mutex.is_free() and (lease := await self._tried(holder, subject_id)):
                    return lease
            except StaleTokenError:
                continue
            except (RedisError, OSError) as error:
                _log.warning("gpu_unknown", subject=subject_id, error=repr(error))
                pause = self._mutex.ttl_seconds / _RENEWALS_A_TTL
            await asyncio.sleep(pause)

    async def _tried(self, holder: GpuHolder, subject_id: str) -> GpuLease | None:
        token = await self._database.write(lambda uow: uow.gpu_hosts.next_fencing_token(self._host))
        try:
            return await self._mutex.acquire(token, holder, subject_id, self._owner)
        except (asyncio.CancelledError, RedisError, OSError):
            # It may have been taken all the same.
            await asyncio.shield(self._give_back(token))
            raise

    async def _renew(self, lease: GpuLease, watch: asyncio.Timeout) -> None:
        while True:
            await asyncio.sleep(self._mutex.ttl_seconds / _RENEWALS_A_TTL)
            try:
                kept = await self._mutex.renew(lease)
            except Exception as error:
                # Who stopped renewing here would keep the GPU beyond its lease.
                foreseen = isinstance(error, RedisError | OSError)
                _log.warning("gpu_not_renewed", subject=lease.subject_id, error=repr(error), exc_info=not foreseen)
                continue
            if not kept:
                _log.error("gpu_lost", holder=lease.holder, subject=lease.subject_id, token=lease.token)
                watch.reschedule(asyncio.get_running_loop().time())
                return

    async def _give_back(self, token: int) -> None:
        try:
            await self._mutex.release(token)
        except (RedisError, OSError) as error:
            _log.warning("gpu_not_given_back", token=token, error=repr(error))


def host_gpu(settings: Settings, device: str, database: Database, redis: Redis) -> HostGpu:
    """How GPU_SHARING says that holders share `device`, which is Ultralytics' name for it."""
    if settings.gpu_sharing == "auto" and device in ("cpu", "mps"):
        return SharedGpu()
    return ExclusiveGpu(database, RedisGpuMutex(redis, socket.gethostname()))
