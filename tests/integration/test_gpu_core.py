"""The shared GPU's core: SAM3 again while it is resident, failures on the way, detections in a row."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from adapters.gpu_memory import DeviceMemory, NoMemory
from adapters.gpu_mutex import RedisGpuMutex
from db.database import SqlDatabase
from workers.gpu_lending import GpuLending
from workers.gpu_room import GIB, GpuBusyError, GpuRoom, MemoryTakenError
from workers.gpu_turns import LeasedTurns

HOST = "gpu-host"
SAM3_BYTES = 14 * 10**9


class Card:
    """A GPU of 15 GiB."""

    def __init__(self) -> None:
        self.used = 0

    def read(self) -> list[DeviceMemory]:
        return [DeviceMemory(15 * GIB, self.used)]


@pytest.fixture(autouse=True)
async def limit() -> AsyncIterator[None]:
    async with asyncio.timeout(60):
        yield


@pytest.fixture
async def mutex(redis_url: str) -> AsyncIterator[RedisGpuMutex]:
    async with Redis.from_url(redis_url) as redis:
        mutex = RedisGpuMutex(redis, HOST, 6.0)
        await mutex.is_free()
        await redis.delete(f"agridrone:gpu:{{{HOST}}}:quiet")
        yield mutex


async def free(mutex: RedisGpuMutex) -> None:
    while True:
        if await mutex.is_free():
            return
        await asyncio.sleep(0.05)


class EndingMutex(RedisGpuMutex):
    """Each lease that keeps somebody from the GPU ends before that one has asked whose it is."""

    async def is_free(self) -> bool:
        free = await super().is_free()
        if not free and (lease := await self.look()):
            await self.release(lease.token)
        return free


async def test_a_lease_that_ends_as_it_is_looked_at_keeps_nobody_waiting(
    sqlite_database: SqlDatabase, mutex: RedisGpuMutex, redis_url: str
) -> None:
    room = GpuRoom(NoMemory(), None, 0)
    await GpuLending(sqlite_database, mutex, room).acquire(0)
    async with Redis.from_url(redis_url) as redis:
        turns = LeasedTurns(sqlite_database, EndingMutex(redis, HOST, 6.0), room)
        async with turns.turn(0):
            assert not await mutex.is_free()
        await turns.close()


async def test_sam3_that_stays_resident_gets_the_gpu_again(sqlite_database: SqlDatabase, mutex: RedisGpuMutex) -> None:
    card = Card()
    lending = GpuLending(sqlite_database, mutex, GpuRoom(card, None, SAM3_BYTES, wait_seconds=0.2))
    lease = await lending.acquire(0)
    card.used = SAM3_BYTES
    assert await lending.release(lease.token)
    assert await lending.release((await lending.acquire(0)).token)


async def test_what_others_left_in_memory_is_not_sam3_s_own(sqlite_database: SqlDatabase, mutex: RedisGpuMutex) -> None:
    card = Card()
    card.used = 6 * GIB
    lending = GpuLending(sqlite_database, mutex, GpuRoom(card, None, SAM3_BYTES, wait_seconds=0.2))
    with pytest.raises(MemoryTakenError):
        await lending.acquire(0)
    assert await mutex.look() is None


async def test_whatever_keeps_our_models_from_unloading_sam3_s_lease_is_given_back(
    sqlite_database: SqlDatabase, mutex: RedisGpuMutex
) -> None:
    room = GpuRoom(NoMemory(), None, SAM3_BYTES)

    async def fails() -> None:
        raise RuntimeError("CUDA error")

    room.unload_ours = fails
    with pytest.raises(RuntimeError, match="CUDA"):
        await GpuLending(sqlite_database, mutex, room).acquire(0)
    assert await mutex.look() is None


async def test_a_detection_that_comes_as_the_gpu_is_given_back_is_not_told_that_others_have_it(
    sqlite_database: SqlDatabase, mutex: RedisGpuMutex
) -> None:
    turns = LeasedTurns(sqlite_database, mutex, GpuRoom(NoMemory(), None, 0), longest_seconds=0.3)
    for _ in range(6):
        async with turns.turn(0):
            await asyncio.sleep(0.35)
    await turns.close()
    assert await mutex.look() is None


async def test_detections_that_come_when_a_stretch_is_over_wait_for_its_end(
    sqlite_database: SqlDatabase, mutex: RedisGpuMutex
) -> None:
    turns = LeasedTurns(sqlite_database, mutex, GpuRoom(NoMemory(), None, 0), longest_seconds=0.2)

    async def detect(seconds: float) -> None:
        async with turns.turn(5):
            await asyncio.sleep(seconds)

    long = asyncio.create_task(detect(0.8))
    await asyncio.sleep(0.4)
    await asyncio.gather(long, *(detect(0) for _ in range(8)))
    await turns.close()
    assert await mutex.look() is None


async def test_an_attempt_that_nobody_waits_for_any_more_is_no_defect(
    sqlite_database: SqlDatabase, mutex: RedisGpuMutex
) -> None:
    heard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    card = Card()
    card.used = 15 * GIB
    turns = LeasedTurns(sqlite_database, mutex, GpuRoom(card, None, 0, wait_seconds=2))
    with pytest.raises(GpuBusyError, match="being freed"):
        async with turns.turn(0):
            pass
    await free(mutex)
    card.used = 0
    async with turns.turn(0):
        pass
    await turns.close()
    gc.collect()
    assert not heard


async def test_a_made_up_token_revives_nothing(sqlite_database: SqlDatabase, mutex: RedisGpuMutex) -> None:
    lending = GpuLending(sqlite_database, mutex, GpuRoom(NoMemory(), None, 0))
    lease = await lending.acquire(0)
    await lending.release(lease.token)
    assert not await lending.renew(10**6)
    assert not await lending.renew(lease.token)
    assert await mutex.look() is None
