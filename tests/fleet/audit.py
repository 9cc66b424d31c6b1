"""Whether all is as it has to be, soon after whatever happened."""

from __future__ import annotations

import asyncio
import time

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from adapters.gpu_mutex import RedisGpuMutex
from fleet.books import Books
from fleet.fleet import Fleet
from fleet.violation import Violation
from workers.process import worker_name
from workers.process_mark import has_ended

RECOVERY_SECONDS = 40
"""Processes start again, leases of 6 s run out, and three heartbeats pass: a few seconds on a machine with nothing else
to do, of which this has hundreds of starts of processes."""
_AGAIN_SECONDS = 1


class Audit:
    def __init__(self, fleet: Fleet, books: Books) -> None:
        self._fleet = fleet
        self._books = books

    async def clean(self, read_back: bool = False) -> None:
        """Looks until there is nothing to find. What is really lost stays so: raises Violation for what is still found
        after 40 s."""
        began = time.monotonic()
        while found := await self._found(read_back):
            if time.monotonic() - began > RECOVERY_SECONDS:
                raise Violation("\n".join(found[:20]))
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _found(self, read_back: bool) -> list[str]:
        found = [f"{one} has outlived the part that it came from." for one in self._fleet.orphans()]
        found += await self._dead_holder()
        try:
            found += await self._books.faults()
        except DBAPIError as error:
            found.append(f"The database could not be asked: {error}")
        return found or await self._fleet.auditor.findings(read_back)

    async def _dead_holder(self) -> list[str]:
        host = worker_name("gpu").partition(":")[0]
        try:
            async with Redis.from_url(self._fleet.redis_url) as redis:
                lease = await RedisGpuMutex(redis, host).look()
        except (RedisError, OSError) as error:
            return [f"Redis could not be asked: {error!r}"]
        if lease is None or not has_ended(lease.owner):
            return []
        return [f"{lease.owner}, which has ended, has the GPU for {lease.holder} {lease.subject_id}."]
