"""Freeing a host's GPU that nobody gives back, as its operator asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.gpu_mutex import RedisGpuMutex
from domain.models.gpu import GpuHolder, GpuLease
from domain.ports import Database

_LOOK_SECONDS = 0.25
_NAMES = {GpuHolder.TRAINING: "The training", GpuHolder.INFERENCE: "A detection or evaluation", GpuHolder.SAM3: "SAM3"}
_LATER = "Whoever is next may find its memory taken until then."
_CONSEQUENCES = {
    GpuHolder.TRAINING: "If its worker lives, it stops that training at its next renewal, within seconds, and goes on "
    f"from its last state when it has the GPU again. {_LATER}",
    GpuHolder.INFERENCE: f"If its worker lives, what it computes fails at its next renewal, within seconds. {_LATER}",
    GpuHolder.SAM3: "SAM3 hears of it at its next renewal, and may go on computing until then, or for as long as it "
    f"does not ask. {_LATER}",
}


class HolderLivesError(Exception):
    """The GPU is held by somebody who renews the lease; the message names them."""


class GpuUnknownError(Exception):
    """Nobody can tell who has that GPU; the message says why."""


class GpuUnlock:
    """The GPU of one host. What is found out on the way is told to `say`, in sentences. Calls raise GpuUnknownError."""

    def __init__(self, database: Database, mutex: RedisGpuMutex, say: Callable[[str], None]) -> None:
        self._database = database
        self._mutex = mutex
        self._say = say

    async def when_dead(self) -> None:
        """Returns when the GPU is free, or somebody else's: its holder's lease ran out or was given back. Raises
        HolderLivesError as soon as the lease is renewed."""
        async with self._redis_there():
            lease = await self._held()
            if lease is None:
                return
            left = await self._mutex.ends_in(lease.token)
            if left is not None:
                self._say(f"{_who(lease)}. Unless it renews its lease within {left:.0f} s, it is dead; watching.")
            while left is not None:
                await asyncio.sleep(_LOOK_SECONDS)
                now = await self._mutex.ends_in(lease.token)
                if now is not None and now > left:
                    text = f"{_who(lease)}, and lives: it has just renewed its lease. The GPU was not taken from it."
                    raise HolderLivesError(text)
                left = now
            await self._tell_outcome("The lease was not renewed, or was given back.")

    async def by_force(self) -> None:
        """Takes the GPU from whoever holds it."""
        async with self._redis_there():
            lease = await self._held()
            if lease is None:
                return
            if not await self._mutex.release(lease.token):
                await self._tell_outcome("It was given back meanwhile.")
                return
            self._say(f"{_who(lease)}. It was taken from it: the token {lease.token} is worth nothing any more.")
            self._say(_CONSEQUENCES[lease.holder])

    async def _held(self) -> GpuLease | None:
        """The lease; without one it says so. Raises GpuUnknownError for a host that nobody ever heard of."""
        lease = await self._mutex.look()
        if lease is None:
            names = [host.host for host in await self._database.read(lambda uow: uow.gpu_hosts.all())]
            if self._mutex.host not in names:
                heard = f"Those that were: {', '.join(names)}." if names else "None was."
                raise GpuUnknownError(f"No GPU worker was ever heard of on a host {self._mutex.host}. {heard}")
            self._say(f"Nobody has the GPU of {self._mutex.host}.")
        return lease

    async def _tell_outcome(self, why: str) -> None:
        lease = await self._mutex.look()
        self._say(f"{why} " + (f"{_who(lease)}." if lease else f"The GPU of {self._mutex.host} is free."))

    @asynccontextmanager
    async def _redis_there(self) -> AsyncIterator[None]:
        try:
            yield
        except (RedisError, OSError) as error:
            text = "Redis, which knows who has the GPU, cannot be reached; see REDIS_URL."
            raise GpuUnknownError(text) from error


@asynccontextmanager
async def open_gpu_unlock(
    database: Database, redis_url: str, host: str, say: Callable[[str], None]
) -> AsyncIterator[GpuUnlock]:
    async with Redis.from_url(redis_url) as redis:
        yield GpuUnlock(database, RedisGpuMutex(redis, host), say)


def _who(lease: GpuLease) -> str:
    subject = f" {lease.subject_id}" if lease.holder is GpuHolder.TRAINING else ""
    return f"{_NAMES[lease.holder]}{subject} has the GPU of {lease.host} since {lease.since:%Y-%m-%d %H:%M:%S} UTC"
