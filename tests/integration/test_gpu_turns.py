"""Turns on the GPU for detections: one lease for a crowd of them, and nobody else kept waiting for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from adapters.gpu_memory import DeviceMemory
from adapters.gpu_mutex import RedisGpuMutex
from cli.embedded_redis import embedded_redis
from db.database import SqlDatabase
from domain.models.gpu import GpuHolder, GpuLease
from gpu_holding import free_room
from workers.gpu_leasing import GpuLeasing
from workers.gpu_lending import GpuLending
from workers.gpu_room import GIB, GpuBusyError, GpuRoom, MemoryTakenError
from workers.gpu_turns import LeasedTurns
from workers.host_gpu import ExclusiveGpu

HOST = "gpu-host"
TTL_SECONDS = 1.2
"""For leases that are to be lost."""
LASTING_SECONDS = 6.0
"""For those that are not, however busy the machine is."""
STRETCH_SECONDS = 0.5
PATIENCE_SECONDS = 60

MakeTurns = Callable[..., LeasedTurns]


class Card:
    """Fulfils GpuMemory: 16 GiB, all of them taken."""

    def read(self) -> list[DeviceMemory]:
        return [DeviceMemory(16 * GIB, 16 * GIB)]


@pytest.fixture(autouse=True)
async def limit() -> AsyncIterator[None]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        yield


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis


@asynccontextmanager
async def old_mutex(redis: Redis, ttl_seconds: float) -> AsyncIterator[RedisGpuMutex]:
    """As it is long after Redis' start."""
    mutex = RedisGpuMutex(redis, HOST, ttl_seconds)
    await mutex.is_free()
    await redis.delete(f"agridrone:gpu:{{{HOST}}}:quiet")
    yield mutex


@pytest.fixture
async def mutex(redis: Redis) -> AsyncIterator[RedisGpuMutex]:
    async with old_mutex(redis, LASTING_SECONDS) as mutex:
        yield mutex


@pytest.fixture
async def turns(sqlite_database: SqlDatabase, mutex: RedisGpuMutex) -> AsyncIterator[LeasedTurns]:
    turns = LeasedTurns(sqlite_database, mutex, free_room())
    yield turns
    await turns.close()


@asynccontextmanager
async def held(
    database: SqlDatabase, mutex: RedisGpuMutex, holder: GpuHolder = GpuHolder.TRAINING
) -> AsyncIterator[GpuLease]:
    """Somebody else has the GPU."""
    leasing = GpuLeasing(database, mutex)
    lease = await leasing.taken(holder, "somebody's job")
    async with leasing.kept(lease):
        yield lease


async def detected(turns: LeasedTurns, wait_seconds: float = 0.0, seconds: float = 0.0) -> None:
    async with turns.turn(wait_seconds):
        await asyncio.sleep(seconds)


async def lease_of(mutex: RedisGpuMutex) -> GpuLease:
    lease = await mutex.look()
    assert lease is not None
    return lease


async def free(mutex: RedisGpuMutex) -> None:
    while True:
        if await mutex.is_free():
            return
        await asyncio.sleep(0.02)


async def test_a_crowd_of_detections_takes_the_gpu_once(turns: LeasedTurns, mutex: RedisGpuMutex) -> None:
    crowd = asyncio.Barrier(20)

    async def detect() -> int:
        async with turns.turn(0):
            await crowd.wait()  # all are within at once
            return (await lease_of(mutex)).token

    first = await asyncio.gather(*(detect() for _ in range(20)))
    # Those that come right after them join.
    second = await asyncio.gather(*(detect() for _ in range(20)))
    assert {*first, *second} == {1}
    assert (await lease_of(mutex)).holder is GpuHolder.INFERENCE
    await free(mutex)
    await detected(turns)
    assert (await lease_of(mutex)).token == 2


async def test_detections_without_a_pause_leave_a_training_its_turn(
    sqlite_database: SqlDatabase, mutex: RedisGpuMutex
) -> None:
    turns = LeasedTurns(sqlite_database, mutex, free_room(), STRETCH_SECONDS)
    done: asyncio.Queue[None] = asyncio.Queue()

    async def detect_on_and_on() -> None:
        while True:
            await detected(turns, PATIENCE_SECONDS, 0.05)
            done.put_nowait(None)

    async with asyncio.TaskGroup() as group:
        crowd = [group.create_task(detect_on_and_on()) for _ in range(4)]
        await done.get()
        for _ in range(2):
            async with ExclusiveGpu(sqlite_database, mutex, free_room()).held(GpuHolder.TRAINING, "job"):
                while not done.empty():
                    done.get_nowait()
                await asyncio.sleep(0.3)
                assert done.empty()
            await done.get()
        for one in crowd:
            one.cancel()
    await turns.close()


@pytest.mark.parametrize(
    ("holder", "named"),
    [
        (GpuHolder.TRAINING, "A training has the GPU of gpu-host."),
        (GpuHolder.INFERENCE, "A detection or evaluation has the GPU of gpu-host."),
        (GpuHolder.SAM3, "SAM3 has the GPU of gpu-host."),
    ],
)
async def test_who_comes_second_waits_as_long_as_it_likes(
    holder: GpuHolder, named: str, sqlite_database: SqlDatabase, turns: LeasedTurns, mutex: RedisGpuMutex
) -> None:
    async with held(sqlite_database, mutex, holder) as lease:
        assert not await turns.is_free()
        with pytest.raises(GpuBusyError, match=f"^{named}$") as busy:
            await detected(turns)
        assert busy.value.lease == lease
        with pytest.raises(GpuBusyError):
            await detected(turns, 0.2)
        patient = [asyncio.create_task(detected(turns, PATIENCE_SECONDS)) for _ in range(3)]
        impatient = asyncio.create_task(detected(turns, PATIENCE_SECONDS))
        await asyncio.sleep(0.1)
        impatient.cancel()
        await asyncio.wait([impatient])
        assert await mutex.look() == lease
    await asyncio.gather(*patient)
    assert await turns.is_free()


async def test_detections_whose_gpu_is_lost_stop_and_say_so(sqlite_database: SqlDatabase, redis: Redis) -> None:
    async with old_mutex(redis, TTL_SECONDS) as mutex:
        turns = LeasedTurns(sqlite_database, mutex, free_room())
        crowd = [asyncio.create_task(detected(turns, 0, PATIENCE_SECONDS)) for _ in range(3)]
        while await mutex.look() is None:  # noqa: ASYNC110 - Redis tells nobody of it
            await asyncio.sleep(0.02)
        await mutex.release((await lease_of(mutex)).token)  # as `gpu unlock --force` does
        async with held(sqlite_database, mutex, GpuHolder.SAM3) as thief:
            for one in crowd:
                with pytest.raises(GpuBusyError, match="lent to somebody else meanwhile"):
                    await one
            with pytest.raises(GpuBusyError, match="SAM3 has"):
                await detected(turns)
            assert await mutex.look() == thief
        await detected(turns, PATIENCE_SECONDS)
        await turns.close()


async def test_what_fails_or_is_cancelled_within_a_turn_is_its_own_matter(
    turns: LeasedTurns, mutex: RedisGpuMutex
) -> None:
    beside = asyncio.create_task(detected(turns, 0, 0.3))
    with pytest.raises(TimeoutError, match="its own"):
        async with turns.turn(0):
            raise TimeoutError("its own")
    cancelled = asyncio.create_task(detected(turns, 0, PATIENCE_SECONDS))
    await asyncio.sleep(0.05)
    cancelled.cancel()
    await asyncio.wait([cancelled])
    assert cancelled.cancelled()
    await beside
    await free(mutex)


async def test_who_ends_gives_the_gpu_back_at_once(turns: LeasedTurns, mutex: RedisGpuMutex) -> None:
    await detected(turns)
    assert await mutex.look() is not None
    await turns.close()
    assert await mutex.look() is None
    await turns.close()


async def test_a_gpu_whose_memory_is_taken_is_given_back(sqlite_database: SqlDatabase, mutex: RedisGpuMutex) -> None:
    for wait_seconds in (0.0, 0.3):
        turns = LeasedTurns(sqlite_database, mutex, GpuRoom(Card(), None, 0, wait_seconds))
        with pytest.raises(MemoryTakenError, match=r"16\.0 of 16\.0 GiB"):
            await detected(turns)
        assert await mutex.is_free()


async def test_is_free_means_at_nobody_s_cost(sqlite_database: SqlDatabase, mutex: RedisGpuMutex) -> None:
    room = free_room()
    turns = LeasedTurns(sqlite_database, mutex, room)
    assert await turns.is_free()
    await detected(turns)
    assert await turns.is_free(), "it is these detections' own"
    await turns.close()
    room.sam3_loaded = True
    assert not await turns.is_free()


async def test_without_redis_nobody_knows_whose_turn_it_is(sqlite_database: SqlDatabase, tmp_path: Path) -> None:
    async with AsyncExitStack() as server:
        url = await server.enter_async_context(embedded_redis(tmp_path))
        async with Redis.from_url(url) as redis:
            turns = LeasedTurns(sqlite_database, RedisGpuMutex(redis, HOST, LASTING_SECONDS), free_room())
            with pytest.raises(GpuBusyError, match="Redis has just started"):
                await detected(turns)
            await detected(turns, PATIENCE_SECONDS)
            async with turns.turn(0):
                await server.aclose()
                # They go on: nobody else can get the GPU either.
                await asyncio.sleep(LASTING_SECONDS / 3)
            await turns.close()
            assert not await turns.is_free()
            with pytest.raises(GpuBusyError, match="cannot be reached"):
                await detected(turns)


async def test_a_redis_that_forgot_gives_sam3_the_gpu_back_that_it_lent_to_a_holder_of_before(
    sqlite_database: SqlDatabase, redis: Redis, mutex: RedisGpuMutex
) -> None:
    lending = GpuLending(sqlite_database, mutex, free_room())
    training = await GpuLeasing(sqlite_database, mutex).taken(GpuHolder.TRAINING, "a training that slept")
    await mutex.release(training.token)
    sam3 = await lending.acquire(0)
    await redis.delete(*[key async for key in redis.scan_iter(f"agridrone:gpu:{{{HOST}}}:*")])
    assert await mutex.renew(training), "it is the first that Redis hears of"
    assert await lending.renew(sam3.token)
    assert (await lease_of(mutex)).token == sam3.token
    assert not await mutex.renew(training)
