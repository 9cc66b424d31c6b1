"""One GPU, many who want it, some stopped past their lease, workers that start beside them, and a Redis that starts
again empty: no two of them write.

`GPU_CHAOS_ROUNDS=500` is the long form, with one stop in ten rounds and ten starts of Redis.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.gpu_mutex import RedisGpuMutex
from adapters.local_store import LocalStore
from cli.embedded_redis import embedded_redis
from domain.models.gpu import GpuHolder, GpuLease
from fenced_journal import Entry, FencedJournal
from gpu_budget import GpuBudget
from gpu_contenders import Arena, contenders
from gpu_faces import HOST, SECRET, Face, running_face
from sam3_server import Sam3Process, running_sam3
from seeds import silent_database
from wakefulness import watched_wakefulness
from workers.gpu_room import GIB
from workers.host_gpu import ExclusiveGpu

_ROUNDS = int(os.environ.get("GPU_CHAOS_ROUNDS", "40"))
_STOPS, _STARTS = max(_ROUNDS // 10, 3), max(_ROUNDS // 50, 2)
_TRAININGS, _DETECTIONS = [f"job {number}" for number in range(5)], ["detections 0", "detections 1"]
_TTL_SECONDS = 1.5
_AWAKE_SECONDS = _TTL_SECONDS / 12
"""Whoever never sleeps longer renews its lease in time, also with a Redis that has just started: in a sixth of a
lease's time and a little, where Redis waits for a third."""
_LONG_SECONDS, _MOMENT_SECONDS, _LOOK_SECONDS = 2 * _TTL_SECONDS, 0.05, 0.01
_PATIENCE_SECONDS = 60 + _ROUNDS


@dataclass
class Span:
    """One had the GPU for a while, as it saw it. `gap` is for how long it slept at most; `heard` is whether any of its
    writes was accepted."""

    token: int
    name: str
    began: float
    ended: float = 0.0
    gap: float = 0.0
    heard: bool = False


class Fight:
    """SAM3 and the contenders `pids` are at it until enough was seen."""

    def __init__(
        self, redis: Redis, journal: FencedJournal, sam3: Sam3Process, face: Face, pids: Sequence[int]
    ) -> None:
        self._redis = redis
        self._mutex = RedisGpuMutex(redis, HOST, _TTL_SECONDS)
        self._journal = journal
        self._sam3 = sam3
        self._face = face
        self._pids = pids
        self.workers_started = 0
        self._sam3_seconds = _MOMENT_SECONDS
        self._chance = random.Random()

    async def fought(self) -> list[Entry]:
        """What was written until then."""
        async with asyncio.TaskGroup() as group:
            endless = [group.create_task(one) for one in (self._sam3_computes(), self._workers_start())]
            await asyncio.gather(self._stops(), self._starts())
            while self._rounds(entries := await self._journal.entries()) < _ROUNDS:  # noqa: ASYNC110
                await asyncio.sleep(_MOMENT_SECONDS)
            for one in endless:
                one.cancel()
        return entries

    def _rounds(self, entries: Sequence[Entry]) -> int:
        return len({entry.token for entry in entries if entry.word == "LEFT" and entry.accepted})

    async def _sam3_computes(self) -> None:
        while True:
            await self._sam3.computed(self._face.address, SECRET, self._sam3_seconds, wait_seconds=30)

    async def _workers_start(self) -> None:
        """Each frees what a dead one of this host left, of which there is none here."""
        while True:
            await ExclusiveGpu(self._face.database, self._mutex, self._face.room).free_left_over()
            self.workers_started += 1
            await asyncio.sleep(_MOMENT_SECONDS)

    async def _stops(self) -> None:
        """Most often it is the holder that is stopped until its lease has run out; but never SAM3. Until somebody has
        written who had lost the GPU meanwhile."""
        stops = 0
        while stops < _STOPS or all(entry.accepted for entry in await self._journal.entries()):
            stops += 1
            await asyncio.sleep(self._chance.random() * _TTL_SECONDS)
            pid = self._chance.choice(self._pids)
            if self._chance.random() < 0.8:
                lease = await self._lease(GpuHolder.TRAINING, GpuHolder.INFERENCE)
                pid = int(lease.owner.split()[1])
                if pid not in self._pids:
                    continue
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(self._chance.uniform(1.1, 1.5) * _TTL_SECONDS)
            os.kill(pid, signal.SIGCONT)

    async def _starts(self) -> None:
        """Redis ends and starts empty: while SAM3 has the GPU, and at any time, by turns."""
        for number in range(_STARTS):
            if number % 2 == 0:
                self._sam3_seconds = _LONG_SECONDS
                await self._lease(GpuHolder.SAM3)
            with suppress(RedisError, OSError):
                await self._redis.shutdown(nosave=True)
            await self._lease(*GpuHolder)
            self._sam3_seconds = _MOMENT_SECONDS
            await asyncio.sleep(self._chance.random() * _TTL_SECONDS)

    async def _lease(self, *holders: GpuHolder) -> GpuLease:
        """The GPU's, as soon as one of these has it."""
        while True:
            with suppress(RedisError, OSError):
                if (lease := await self._mutex.look()) and lease.holder in holders:
                    return lease
            await asyncio.sleep(_LOOK_SECONDS)


@pytest.fixture
async def journal(redis_url: str) -> AsyncIterator[FencedJournal]:
    async with Redis.from_url(redis_url) as redis:
        yield FencedJournal(redis)


async def test_whatever_happens_one_holder_at_a_time_is_heard(
    migrated_mariadb_url: str, redis_url: str, store: LocalStore, journal: FencedJournal, tmp_path: Path
) -> None:
    database = silent_database(migrated_mariadb_url)
    budget = GpuBudget(tmp_path / "memory.json", 16 * GIB)
    async with asyncio.timeout(_PATIENCE_SECONDS), embedded_redis(tmp_path) as url, Redis.from_url(url) as redis:
        arena = Arena(url, migrated_mariadb_url, redis_url, HOST, _TTL_SECONDS)
        async with (
            watched_wakefulness() as awake,
            running_face(database, store, redis, tmp_path / "host", _TTL_SECONDS) as face,
            running_sam3(budget, GIB, redis_url) as sam3,
            contenders(arena, _TRAININGS, _DETECTIONS) as pids,
        ):
            fight = Fight(redis, journal, sam3, face, pids)
            entries = await fight.fought()
            report = await sam3.report()
    await database.close()
    assert (report.disturbed, budget.overdrawn()) == (0, [])
    # A host that was kept from the processor for half a lease could not renew it, whatever SAM3 did.
    assert report.stolen == 0 or awake.longest_gap > _TTL_SECONDS / 2
    _check_fenced(entries)
    spans = _spans(entries)
    _check_apart(spans)
    slept = [span for span in spans if span.gap > _AWAKE_SECONDS]
    refused = [entry for entry in entries if not entry.accepted]
    print(  # noqa: T201
        f"{len({span.token for span in spans})} leases, {report.computed} of SAM3, which lost {report.lost}; "
        f"{len(slept)} of {len(spans)} holders slept, {len(refused)} writes refused; "
        f"{fight.workers_started} workers started"
    )
    assert report.computed > 0


def _check_fenced(entries: Sequence[Entry]) -> None:
    """A token is one holder's, and none is accepted after a higher one."""
    names: dict[int, str] = {}
    for entry in entries:
        assert names.setdefault(entry.token, entry.name) == entry.name
    accepted = [entry.token for entry in entries if entry.accepted]
    assert accepted == sorted(accepted)


def _spans(entries: Sequence[Entry]) -> list[Span]:
    """In the order of their begins."""
    spans: list[Span] = []
    latest: dict[str, Span] = {}
    for entry in entries:
        if entry.word == "ENTERED":
            latest[entry.name] = Span(entry.token, entry.name, entry.at)
            spans.append(latest[entry.name])
        span = latest[entry.name]
        span.ended, span.gap = entry.at, max(span.gap, entry.gap)
        span.heard = span.heard or entry.accepted
    return spans


def _check_apart(spans: Sequence[Span]) -> None:
    """Of two who had the GPU at once, the older one had slept, or was not heard."""
    for number, span in enumerate(spans):
        for other in spans[number + 1 :]:
            if other.began < span.ended and other.token != span.token:
                older = min(span, other, key=lambda one: one.token)
                assert older.gap > _AWAKE_SECONDS or not older.heard, (span, other)
