"""Processes that want the GPU of one host again and again, for trainings and for detections, until they are killed.

`python -m gpu_contenders` forks one for each name, says its number, and ends them when its input ends. While one has
the GPU it writes to the journal (fenced_journal), under its lease's token.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.gpu_mutex import RedisGpuMutex
from adapters.logs import configure_logs
from domain.models.gpu import GpuHolder
from fenced_journal import FencedJournal
from gpu_holding import free_room
from seeds import silent_database
from wakefulness import Wakefulness, watched_wakefulness
from workers.gpu_leasing import GpuLostError
from workers.gpu_room import GpuBusyError
from workers.gpu_turns import LeasedTurns
from workers.host_gpu import ExclusiveGpu
from workers.process_mark import own_mark

_PAUSE_SECONDS, _MOST_WRITES, _PATIENCE_SECONDS, _STRETCH_SECONDS = 0.02, 4, 5.0, 0.2


@dataclass(frozen=True)
class Arena:
    """What they contend for, and where they write."""

    redis_url: str
    database_url: str
    journal_url: str
    host: str
    ttl_seconds: float


@asynccontextmanager
async def contenders(arena: Arena, trainings: Sequence[str], detections: Sequence[str]) -> AsyncIterator[list[int]]:
    """The numbers of their processes, one for each name."""
    places = [arena.redis_url, arena.database_url, arena.journal_url, arena.host, str(arena.ttl_seconds)]
    names = [f"{holder}={name}" for holder, all_ in (("T", trainings), ("D", detections)) for name in all_]
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gpu_contenders", *places, *names,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": ":".join(place for place in sys.path if place)},
    )  # fmt: skip
    assert launcher.stdin is not None
    assert launcher.stdout is not None
    try:
        yield [int(await launcher.stdout.readline()) for _ in names]
    finally:
        launcher.stdin.close()
        await launcher.wait()


class _Contender:
    """It works in the name of a training, or of detections."""

    def __init__(self, arena: Arena, name: str, trains: bool, redis: Redis, journal: FencedJournal) -> None:
        database = silent_database(arena.database_url)
        self._name = name
        self._mutex = RedisGpuMutex(redis, arena.host, arena.ttl_seconds)
        self._journal = journal
        self._within: Callable[[], AbstractAsyncContextManager[None]] = (
            partial(ExclusiveGpu(database, self._mutex, free_room()).held, GpuHolder.TRAINING, name)
            if trains
            else partial(LeasedTurns(database, self._mutex, free_room(), _STRETCH_SECONDS).turn, _PATIENCE_SECONDS)
        )

    async def contend(self) -> None:
        async with watched_wakefulness() as wakefulness:
            while True:
                await self._round(wakefulness)
                await asyncio.sleep(_PAUSE_SECONDS * random.random())

    async def _round(self, wakefulness: Wakefulness) -> None:
        token = 0
        try:
            async with self._within():
                wakefulness.start_over()
                token = await self._own_token()
                if token:
                    await self._work(token, wakefulness)
        except (GpuLostError, GpuBusyError):
            if token:
                await self._journal.write(token, self._name, "LOST", wakefulness.longest_gap)

    async def _work(self, token: int, wakefulness: Wakefulness) -> None:
        await self._journal.write(token, self._name, "ENTERED")
        for _ in range(random.randint(1, _MOST_WRITES)):
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._journal.write(token, self._name, "WROTE", wakefulness.longest_gap)
        await self._journal.write(token, self._name, "LEFT", wakefulness.longest_gap)

    async def _own_token(self) -> int:
        """0 when somebody else has the GPU already."""
        while True:
            with suppress(RedisError, OSError):
                if lease := await self._mutex.look():
                    return lease.token if lease.owner == own_mark() else 0
            await asyncio.sleep(_PAUSE_SECONDS)


async def _contend(arena: Arena, name: str, trains: bool) -> None:
    async with Redis.from_url(arena.redis_url) as redis, Redis.from_url(arena.journal_url) as journal:
        await _Contender(arena, name, trains, redis, FencedJournal(journal)).contend()


def _forked(arena: Arena, name: str, trains: bool) -> int:
    pid = os.fork()
    if pid == 0:
        random.seed(name)
        asyncio.run(_contend(arena, name, trains))
    return pid


def _launch(arena: Arena, names: Sequence[str]) -> None:
    pids = []
    for one in names:
        holder, _, name = one.partition("=")
        pids.append(_forked(arena, name, holder == "T"))
        sys.stdout.write(f"{pids[-1]}\n")
        sys.stdout.flush()
    sys.stdin.read()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    configure_logs("critical")
    redis_url, database_url, journal_url, host, ttl_seconds, *names = sys.argv[1:]
    _launch(Arena(redis_url, database_url, journal_url, host, float(ttl_seconds)), names)
