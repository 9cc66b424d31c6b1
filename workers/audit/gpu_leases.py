"""Who has a GPU in Redis must be alive, and have it under a token that the database drew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from arq.connections import ArqRedis

from adapters.gpu_mutex import RedisGpuMutex, leased_hosts
from domain.jobs import JobKind
from domain.models.gpu import GpuHolder, GpuLease
from domain.ports import Database, UnitOfWork
from workers.audit.check import Check, Suspicion
from workers.audit.finding import Finding
from workers.gpu_turns import DETECTIONS_SUBJECT
from workers.process_mark import has_ended

LEASES = "gpu-leases"
_LOOK_SECONDS = 0.25
_MARGIN_SECONDS = 1.0


class GpuLeases(Check):
    """A lease ends by itself when its holder dies, so that one of a dead holder is looked at until it must have ended:
    a violation is a lease that is renewed all the same, or that never ends."""

    def __init__(self, database: Database, redis: ArqRedis | None) -> None:
        super().__init__({LEASES: "GPUs"})
        self._database = database
        self._redis = redis
        if redis is None:
            self.left_out[LEASES] = "there is no Redis to ask"

    async def suspicions(self) -> AsyncIterator[Suspicion]:
        if self._redis is None:
            return
        known = await self._database.read(lambda uow: uow.audit.fencing_tokens())
        for host in sorted({*known, *await leased_hosts(self._redis)}):
            self.looked_at[LEASES] += 1
            mutex = RedisGpuMutex(self._redis, host)
            if (finding := await self._finding(mutex)) is not None:
                yield Suspicion(finding, partial(self._again, mutex))

    async def _again(self, mutex: RedisGpuMutex) -> Finding | None:
        """Returns when the lease should have ended, or has, or its holder turns out to be alive."""
        loop = asyncio.get_running_loop()
        lease = await mutex.look()
        if lease is None:
            return None
        deadline = loop.time() + (await mutex.ends_in(lease.token) or 0) + _MARGIN_SECONDS
        while True:
            finding = await self._finding(mutex, lease.token)
            if finding is None or loop.time() >= deadline:
                return finding
            await asyncio.sleep(_LOOK_SECONDS)

    async def _finding(self, mutex: RedisGpuMutex, token: int | None = None) -> Finding | None:
        """What is wrong with the lease there is, where it is the one under `token`, if that is given."""
        lease = await mutex.look()
        if lease is None or token not in (None, lease.token):
            return None
        fault = await self._database.read(partial(_fault, lease=lease))
        if fault is None:
            return None
        message = (
            f"{lease.holder} ({lease.subject_id}) has it since {lease.since:%Y-%m-%d %H:%M:%S} UTC under token "
            f"{lease.token:,}, but {fault}. Look for who renews the lease, then: `agridrone gpu unlock {lease.host}`."
        )
        return Finding(LEASES, f"GPU of {lease.host}", message)


async def _fault(uow: UnitOfWork, lease: GpuLease) -> str | None:
    drawn = (await uow.audit.fencing_tokens()).get(lease.host, 0)
    if lease.token > drawn:
        return f"the highest token that the database drew is {drawn:,}, as if it were an older one"
    if lease.holder is GpuHolder.SAM3:
        return None  # no process of ours
    if has_ended(lease.owner):
        return "the process that took it has ended"
    if lease.holder is GpuHolder.TRAINING:
        held = await uow.claims.held(JobKind.TRAINING, lease.subject_id)
        return None if held else "no worker is at that training"
    if lease.subject_id != DETECTIONS_SUBJECT:
        held = await uow.claims.held(JobKind.EVALUATION, lease.subject_id)
        return None if held else "no worker is at that evaluation"
    alive = any(host.alive and host.host == lease.host for host in await uow.gpu_hosts.all())
    return None if alive else "that host's GPU worker was not heard of"
