"""Holds the GPU of a host in a process of its own, until it is killed or has lost it.

It writes a line for what happens: `held`, `lost`.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from adapters.gpu_memory import NoMemory
from adapters.gpu_mutex import RedisGpuMutex
from adapters.logs import configure_logs
from domain.models.gpu import GpuHolder
from seeds import silent_database
from workers.gpu_leasing import GpuLostError
from workers.gpu_room import GpuRoom
from workers.host_gpu import ExclusiveGpu


def free_room() -> GpuRoom:
    """The memory of a GPU that nobody else uses."""
    return GpuRoom(NoMemory(), None, 0)


@dataclass(frozen=True)
class HoldingProcess:
    _process: Process

    async def line(self) -> str:
        """What it says next; empty when it has ended."""
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode().strip()

    def suspend(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """Returns when it is gone."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def holding_process(
    redis_url: str, database_url: str, host: str, ttl_seconds: float, holder: GpuHolder = GpuHolder.TRAINING
) -> AsyncIterator[HoldingProcess]:
    """A process that has the GPU."""
    arguments = [redis_url, database_url, host, str(ttl_seconds), holder.value]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gpu_holding", *arguments, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": _path()}
    )
    holding = HoldingProcess(process)
    try:
        assert await holding.line() == "held"
        yield holding
    finally:
        await holding.kill()


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _path() -> str:
    return ":".join(place for place in sys.path if place)


async def _hold(redis_url: str, database_url: str, host: str, ttl_seconds: str, holder: str) -> None:
    database = silent_database(database_url)
    async with Redis.from_url(redis_url) as redis:
        gpu = ExclusiveGpu(database, RedisGpuMutex(redis, host, float(ttl_seconds)), free_room())
        try:
            async with gpu.held(GpuHolder(holder), "the job of another process"):
                _say("held")
                await asyncio.Event().wait()
        except GpuLostError:
            _say("lost")
    await database.close()


if __name__ == "__main__":
    configure_logs("error")
    asyncio.run(_hold(*sys.argv[1:]))
