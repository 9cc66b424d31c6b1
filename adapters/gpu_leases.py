"""Who has which GPU, for those who only want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.gpu_mutex import RedisGpuMutex
from domain.models.gpu import GpuLease
from domain.ports import WorkerUnavailableError


class RedisGpuLeases:
    """Fulfils domain.ports.GpuLeases."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def of_hosts(self, hosts: Iterable[str]) -> dict[str, GpuLease]:
        names = list(hosts)
        try:
            leases = await asyncio.gather(*(RedisGpuMutex(self._redis, name).look() for name in names))
        except (RedisError, OSError) as error:
            text = "Redis, which knows who has the GPU, cannot be reached; try again."
            raise WorkerUnavailableError(text) from error
        return {name: lease for name, lease in zip(names, leases, strict=True) if lease is not None}
