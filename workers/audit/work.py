"""Work that waits: somebody must come for it, or there is nobody to come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

from arq.connections import ArqRedis

from adapters.presence import PREVIEWS, is_present
from adapters.queue import IO_QUEUE, QUEUE_OF
from domain.jobs import HEARTBEAT_SECONDS, LEASE_SECONDS, JobKind
from domain.models.audit import FreeWork, Portion
from domain.ports import Database, UnitOfWork
from workers.audit.check import Check, Suspicion
from workers.audit.finding import Finding

TAKEN_UP, WORKERS = "work-taken-up", "workers-present"
PATIENCE = timedelta(seconds=LEASE_SECONDS + 3 * HEARTBEAT_SECONDS)
"""An idle worker looks for work every few seconds, and one that was put off sleeps for half a lease."""


class Work(Check):
    """Finished work is nobody's, and work that a worker's heart beats for is in hand, however long it takes. What is
    free for longer than PATIENCE is looked at: while a worker of its kind is busy with other rows of that kind it has
    to wait; while none is there, one finding tells of all that waits; else a worker is idle and does not take it up."""

    def __init__(self, database: Database, redis: ArqRedis | None) -> None:
        super().__init__({TAKEN_UP: "rows of work", WORKERS: "kinds of work"})
        self._database = database
        self._redis = redis

    async def suspicions(self) -> AsyncIterator[Suspicion]:
        for kind in JobKind:
            self.looked_at[WORKERS] += 1
            self.looked_at[TAKEN_UP] += await self._database.read(partial(_count, kind=kind))
            overdue = await self._database.read(partial(_first_overdue, kind=kind))
            if overdue is None:
                continue
            if not await self._present(kind):
                yield Suspicion(_unattended(kind, overdue), partial(self._unattended, kind))
                continue
            portion = Portion()
            while waiting := await self._database.read(partial(_idly_left, kind=kind, portion=portion)):
                for one in waiting:
                    if _overdue(one):
                        yield Suspicion(_left_alone(kind, one), partial(self._left_alone, kind, one.id))
                portion = replace(portion, after=waiting[-1].id)

    async def _unattended(self, kind: JobKind) -> Finding | None:
        overdue = await self._database.read(partial(_first_overdue, kind=kind))
        if overdue is None or await self._present(kind):
            return None
        return _unattended(kind, overdue)

    async def _left_alone(self, kind: JobKind, id_: str) -> Finding | None:
        waiting = await self._database.read(partial(_idly_left, kind=kind, portion=Portion(ids=(id_,))))
        if not waiting or not _overdue(waiting[0]) or not await self._present(kind):
            return None
        return _left_alone(kind, waiting[0])

    async def _present(self, kind: JobKind) -> bool:
        """A worker of the kind was heard of: by a row that it holds, or as it says itself, a GPU worker in the database
        and an io worker in Redis."""
        if await self._database.read(partial(_heard_of, queue=QUEUE_OF[kind])):
            return True
        io = QUEUE_OF[kind] == IO_QUEUE
        return io and self._redis is not None and await is_present(self._redis, PREVIEWS)


def _unattended(kind: JobKind, one: FreeWork) -> Finding:
    worker = "io" if QUEUE_OF[kind] == IO_QUEUE else "gpu"
    message = (
        f"{kind.value} {one.id} waits for {_minutes(one)}, perhaps with others, and no {worker} worker was heard of; "
        f"start one with `agridrone worker {worker}`, or all parts with `agridrone up`."
    )
    return Finding(WORKERS, f"work of kind {kind.value}", message)


def _left_alone(kind: JobKind, one: FreeWork) -> Finding:
    message = (
        f"It waits for {_minutes(one)} although a worker of its kind is there and at nothing of that kind; see that "
        "worker's log, and start it anew."
    )
    return Finding(TAKEN_UP, f"{kind.value} {one.id}", message)


def _overdue(one: FreeWork) -> bool:
    return one.now - one.since > PATIENCE


def _minutes(one: FreeWork) -> str:
    seconds = (one.now - one.since).total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"


async def _count(uow: UnitOfWork, kind: JobKind) -> int:
    return await uow.audit.work_count(kind)


async def _first_overdue(uow: UnitOfWork, kind: JobKind) -> FreeWork | None:
    portion = Portion()
    while waiting := await uow.audit.free(kind, portion):
        found = next((one for one in waiting if _overdue(one)), None)
        if found is not None:
            return found
        portion = replace(portion, after=waiting[-1].id)
    return None


async def _idly_left(uow: UnitOfWork, kind: JobKind, portion: Portion) -> list[FreeWork]:
    """What is free of a kind of which no worker holds anything."""
    running = {one.kind: one.running for one in await uow.claims.backlog()}
    return [] if running[kind] else list(await uow.audit.free(kind, portion))


async def _heard_of(uow: UnitOfWork, queue: str) -> bool:
    """A worker that listens to the queue holds some row, or is a GPU worker that says it is alive."""
    held = any(one.running for one in await uow.claims.backlog() if QUEUE_OF[one.kind] == queue)
    return held or (queue != IO_QUEUE and any(host.alive for host in await uow.gpu_hosts.all()))
