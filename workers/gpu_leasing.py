"""Leases of the host's GPU: taken, renewed for as long as they last, and given back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from redis.exceptions import RedisError

from adapters.gpu_mutex import RedisGpuMutex, StaleTokenError
from domain.models.gpu import GpuHolder, GpuLease
from domain.ports import Database
from workers.claims import CrashedError
from workers.gpu_room import GpuBusyError
from workers.process_mark import own_mark

_RENEWALS_A_TTL = 6
_LOOKS_A_TTL = 60
_NAMES = {GpuHolder.TRAINING: "A training", GpuHolder.INFERENCE: "A detection or evaluation", GpuHolder.SAM3: "SAM3"}
_log = structlog.get_logger(__name__)


class GpuLostError(CrashedError):
    """Somebody else has the GPU, because this holder did not renew its lease in time."""


class GpuLeasing:
    """The leases of one process, `owner` in its own words. While Redis is away whoever holds the GPU keeps it, for
    nobody else can take it, and whoever waits waits on."""

    def __init__(self, database: Database, mutex: RedisGpuMutex, owner: str | None = None) -> None:
        self._database = database
        self._mutex = mutex
        self._owner = owner or own_mark()

    async def taken(self, holder: GpuHolder, subject_id: str) -> GpuLease:
        """A lease, when it is this holder's turn."""
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

    async def taken_now(self, holder: GpuHolder, subject_id: str) -> GpuLease:
        """A lease, if the GPU is free. Raises GpuBusyError."""
        host = self._mutex.host
        try:
            while True:
                if await self._mutex.is_free():
                    with suppress(StaleTokenError):
                        if lease := await self._tried(holder, subject_id):
                            return lease
                    continue
                held = await self._mutex.look()
                # Where nobody has it, the lease has ended since it was asked, or Redis waits for whoever had it.
                if held is not None or not await self._mutex.is_free():
                    break
        except (RedisError, OSError) as error:
            text = f"Redis, which knows who has the GPU of {host}, cannot be reached."
            raise GpuBusyError(text) from error
        if held is None:
            raise GpuBusyError(f"Redis has just started and asks who has the GPU of {host}; try again.")
        raise GpuBusyError(f"{_NAMES[held.holder]} has the GPU of {host}.", held)

    @asynccontextmanager
    async def kept(self, lease: GpuLease) -> AsyncIterator[None]:
        """Renews the lease within, and gives it back afterwards. When it is lost, what is within is cancelled, and
        GpuLostError raised."""
        try:
            async with self.renewed(lease):
                yield
        finally:
            await asyncio.shield(self.give_back(lease.token))

    @asynccontextmanager
    async def renewed(self, lease: GpuLease) -> AsyncIterator[None]:
        """As `kept`, but the lease lasts on."""
        watch = asyncio.timeout(None)
        renewing = asyncio.create_task(self._renew(lease, watch))
        try:
            async with watch:
                yield
        except TimeoutError as error:
            if not watch.expired():
                raise
            text = f"The GPU of {lease.host} was lent to another holder while this one could not renew its lease."
            raise GpuLostError(text) from error
        finally:
            renewing.cancel()

    async def give_back(self, token: int) -> None:
        try:
            await self._mutex.release(token)
        except (RedisError, OSError) as error:
            _log.warning("gpu_not_given_back", token=token, error=repr(error))

    async def _tried(self, holder: GpuHolder, subject_id: str) -> GpuLease | None:
        token = await self._database.write(lambda uow: uow.gpu_hosts.next_fencing_token(self._mutex.host))
        try:
            return await self._mutex.acquire(token, holder, subject_id, self._owner)
        except (asyncio.CancelledError, RedisError, OSError):
            # It may have been taken all the same.
            await asyncio.shield(self.give_back(token))
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
