"""One GPU, one holder: contended for, held by the stopped and the dead, and with a Redis that forgets.

`GPU_ROUNDS=500` makes contention as long as it is before a release.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.gpu_mutex import RedisGpuMutex, StaleTokenError
from cli.embedded_redis import embedded_redis
from db.database import SqlDatabase
from domain.models.gpu import GpuHolder, GpuLease
from gpu_holding import free_room, holding_process
from seeds import silent_database
from workers.claims import CrashedError
from workers.gpu_leasing import GpuLostError
from workers.host_gpu import ExclusiveGpu
from workers.process_mark import own_mark

HOST = "gpu-host"
CONTENDERS = 8
ROUNDS = int(os.environ.get("GPU_ROUNDS", "80"))
TTL_SECONDS = 1.2
"""For leases that are to run out."""
LASTING_SECONDS = 6.0
"""For those that are not, however busy the machine is."""
NEVER_SECONDS = 600.0
"""For those whose holder is killed."""
PATIENCE_SECONDS = 60


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis


@pytest.fixture
async def mutex(redis: Redis) -> RedisGpuMutex:
    """As it is long after Redis' start."""
    mutex = RedisGpuMutex(redis, HOST, TTL_SECONDS)
    await mutex.is_free()
    await redis.delete(f"agridrone:gpu:{{{HOST}}}:quiet")
    return mutex


@pytest.fixture
def gpu(sqlite_database: SqlDatabase, mutex: RedisGpuMutex) -> ExclusiveGpu:
    return ExclusiveGpu(sqlite_database, mutex, free_room())


@pytest.fixture(autouse=True)
async def limit() -> AsyncIterator[None]:
    async with asyncio.timeout(PATIENCE_SECONDS + ROUNDS):
        yield


async def free(mutex: RedisGpuMutex) -> None:
    while True:
        if await mutex.is_free():
            return
        await asyncio.sleep(0.02)


async def lease_under(mutex: RedisGpuMutex, token: int) -> GpuLease:
    """The GPU when it is free, for somebody who does not renew it."""
    await free(mutex)
    lease = await mutex.acquire(token, GpuHolder.TRAINING, "somebody's job", "")
    assert lease is not None
    return lease


@asynccontextmanager
async def held_in_a_task(gpu: ExclusiveGpu, subject_id: str) -> AsyncIterator[asyncio.Task[None]]:
    """Somebody who has the GPU until the task is cancelled."""
    has_it = asyncio.Event()

    async def hold() -> None:
        async with gpu.held(GpuHolder.TRAINING, subject_id):
            has_it.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    try:
        await has_it.wait()
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_tokens_only_grow_whoever_draws_them(database: SqlDatabase, database_url: str) -> None:
    draws = 10
    others = [silent_database(database_url) for _ in range(CONTENDERS - 1)]

    async def draw(own: SqlDatabase) -> list[int]:
        return [await own.write(lambda uow: uow.gpu_hosts.next_fencing_token(HOST)) for _ in range(draws)]

    drawn = await asyncio.gather(*(draw(own) for own in (database, *others)))
    for tokens in drawn:
        assert tokens == sorted(tokens)
    assert sorted(token for tokens in drawn for token in tokens) == list(range(1, CONTENDERS * draws + 1))
    assert await database.write(lambda uow: uow.gpu_hosts.next_fencing_token("another host")) == 1
    for other in others:
        await other.close()


async def test_of_many_contenders_one_has_the_gpu(
    sqlite_database: SqlDatabase, redis_url: str, mutex: RedisGpuMutex
) -> None:
    inside: list[str] = []
    tokens: list[int] = []

    async def contend(name: str, own: Redis) -> None:
        gpu = ExclusiveGpu(sqlite_database, RedisGpuMutex(own, HOST, LASTING_SECONDS), free_room())
        for _ in range(ROUNDS // CONTENDERS):
            async with gpu.held(GpuHolder.TRAINING, name):
                inside.append(name)
                lease = await mutex.look()
                assert lease is not None
                tokens.append(lease.token)
                assert (inside, lease.subject_id, lease.holder) == ([name], name, GpuHolder.TRAINING)
                await asyncio.sleep(0.005)
                inside.remove(name)

    async with AsyncExitStack() as clients, asyncio.TaskGroup() as group:
        for number in range(CONTENDERS):
            own = await clients.enter_async_context(Redis.from_url(redis_url))
            group.create_task(contend(f"job {number}", own))
    assert len(tokens) == ROUNDS // CONTENDERS * CONTENDERS
    assert tokens == sorted(set(tokens))
    assert await mutex.look() is None


async def test_who_slept_through_its_lease_has_lost_the_gpu(
    redis_url: str, sqlite_url: str, mutex: RedisGpuMutex, gpu: ExclusiveGpu
) -> None:
    async with holding_process(redis_url, sqlite_url, HOST, TTL_SECONDS) as sleeper:
        old = await mutex.look()
        assert old is not None
        sleeper.suspend()
        async with held_in_a_task(gpu, "the next job") as task:
            sleeper.resume()
            assert await sleeper.line() == "lost"
            assert await sleeper.line() == ""
            new = await mutex.look()
            assert new is not None
            assert (new.subject_id, new.token > old.token) == ("the next job", True)
            assert not await mutex.renew(old)
            assert not await mutex.release(old.token)
            assert await mutex.look() == new
            assert not task.done()


async def test_a_lease_ends_unless_it_is_renewed(mutex: RedisGpuMutex, gpu: ExclusiveGpu) -> None:
    await lease_under(mutex, 1)
    await free(mutex)
    async with held_in_a_task(gpu, "job") as task:
        before = await mutex.look()
        await asyncio.sleep(2 * TTL_SECONDS)
        assert not task.done()
        assert await mutex.look() == before


async def test_a_lease_that_ran_out_is_renewed_while_nobody_had_the_gpu(mutex: RedisGpuMutex) -> None:
    lease = await lease_under(mutex, 1)
    await free(mutex)
    assert await mutex.renew(lease)
    assert await mutex.look() == lease
    assert await mutex.release(lease.token)
    # As when it was still on its way when the GPU was given back.
    assert not await mutex.renew(lease)
    assert await mutex.look() is None


async def test_a_lease_that_ran_out_is_lost_when_somebody_had_the_gpu_since(mutex: RedisGpuMutex) -> None:
    lease = await lease_under(mutex, 1)
    await lease_under(mutex, 2)
    assert await mutex.release(2)
    assert not await mutex.renew(lease)
    assert await mutex.look() is None


async def test_a_redis_that_forgot_believes_the_newest_of_those_who_say_that_they_have_the_gpu(
    mutex: RedisGpuMutex, redis: Redis
) -> None:
    sleeper, holder = await lease_under(mutex, 1), await lease_under(mutex, 2)
    await redis.delete(*[key async for key in redis.scan_iter(f"agridrone:gpu:{{{HOST}}}:*")])
    assert await mutex.renew(sleeper)
    assert await mutex.renew(holder)
    assert not await mutex.renew(sleeper)
    assert await mutex.look() == holder


async def test_a_token_that_was_passed_gets_nothing(mutex: RedisGpuMutex) -> None:
    lease = await lease_under(mutex, 5)
    for token in (4, 6):
        assert not await mutex.release(token)
    assert await mutex.look() == lease
    # As when somebody who waited had drawn a number already, and was stopped.
    assert await mutex.renew(lease)
    assert await mutex.acquire(7, GpuHolder.TRAINING, "job", "") is None
    assert await mutex.release(5)
    for token in (4, 5, 6):
        with pytest.raises(StaleTokenError):
            await mutex.acquire(token, GpuHolder.TRAINING, "job", "")
    assert await mutex.is_free()


async def _flush(redis: Redis) -> None:
    await redis.flushall()


async def _restart(redis: Redis) -> None:
    with suppress(RedisError, OSError):
        await redis.shutdown(nosave=True)


@pytest.mark.parametrize("forget", [_flush, _restart])
async def test_a_redis_that_forgets_lends_the_gpu_to_nobody_else(
    forget: Callable[[Redis], Awaitable[None]], sqlite_database: SqlDatabase, tmp_path: Path
) -> None:
    async with embedded_redis(tmp_path) as url, Redis.from_url(url) as redis:
        mutex = RedisGpuMutex(redis, HOST, LASTING_SECONDS)
        gpu = ExclusiveGpu(sqlite_database, mutex, free_room())
        async with held_in_a_task(gpu, "job") as task:
            before = await mutex.look()
            waiting = asyncio.create_task(_hold_a_moment(ExclusiveGpu(sqlite_database, mutex, free_room())))
            await forget(redis)
            while await _seen(mutex) != before:
                assert not waiting.done()
                await asyncio.sleep(0.02)
            await asyncio.sleep(LASTING_SECONDS / 3)
            assert (task.done(), waiting.done()) == (False, False)
        await waiting


async def _seen(mutex: RedisGpuMutex) -> GpuLease | None:
    with suppress(RedisError, OSError):
        return await mutex.look()
    return None


async def test_while_redis_is_away_the_holder_goes_on(sqlite_database: SqlDatabase, tmp_path: Path) -> None:
    async with AsyncExitStack() as server:
        url = await server.enter_async_context(embedded_redis(tmp_path))
        async with Redis.from_url(url) as redis:
            gpu = ExclusiveGpu(sqlite_database, RedisGpuMutex(redis, HOST, TTL_SECONDS), free_room())
            async with gpu.held(GpuHolder.TRAINING, "job"):
                await server.aclose()
                await asyncio.sleep(2 * TTL_SECONDS)


class _Stumbling(RedisGpuMutex):
    """Its first renewal fails as none should."""

    stumbled = False

    async def renew(self, lease: GpuLease) -> bool:
        if not self.stumbled:
            self.stumbled = True
            raise RuntimeError("a defect")
        return await super().renew(lease)


async def test_a_renewal_that_fails_unforeseen_is_not_the_last(sqlite_database: SqlDatabase, redis: Redis) -> None:
    mutex = _Stumbling(redis, HOST, TTL_SECONDS)
    async with held_in_a_task(ExclusiveGpu(sqlite_database, mutex, free_room()), "job") as task:
        before = await mutex.look()
        await asyncio.sleep(2 * TTL_SECONDS)
        assert mutex.stumbled
        assert not task.done()
        assert await mutex.look() == before


async def test_a_dead_predecessor_s_gpu_is_free_at_once(
    redis_url: str, sqlite_url: str, sqlite_database: SqlDatabase, redis: Redis, mutex: RedisGpuMutex, gpu: ExclusiveGpu
) -> None:
    async with holding_process(redis_url, sqlite_url, HOST, NEVER_SECONDS) as predecessor:
        await gpu.free_left_over()
        assert await mutex.look() is not None, "its holder lives"
        await predecessor.kill()
        await ExclusiveGpu(sqlite_database, RedisGpuMutex(redis, "another host"), free_room()).free_left_over()
        assert await mutex.look() is not None, "another host's"
        await gpu.free_left_over()
        assert await mutex.is_free()


async def test_what_sam3_or_an_unknown_process_holds_is_left_alone(
    redis_url: str, sqlite_url: str, mutex: RedisGpuMutex, gpu: ExclusiveGpu
) -> None:
    async with holding_process(redis_url, sqlite_url, HOST, NEVER_SECONDS, GpuHolder.SAM3) as sam3:
        await sam3.kill()
    await gpu.free_left_over()
    lease = await mutex.look()
    assert lease is not None
    assert lease.holder is GpuHolder.SAM3
    await mutex.release(lease.token)
    place, _, process = own_mark().partition(" ")
    for number, owner in enumerate(("", "no mark", f"another boot:{place} {process}")):
        assert await mutex.acquire(lease.token + 1 + number, GpuHolder.TRAINING, "job", owner)
        await gpu.free_left_over()
        assert await mutex.release(lease.token + 1 + number)


async def test_whoever_fails_or_is_cancelled_gives_the_gpu_back(mutex: RedisGpuMutex, gpu: ExclusiveGpu) -> None:
    with pytest.raises(TimeoutError, match="its own"):
        async with gpu.held(GpuHolder.INFERENCE, "model"):
            raise TimeoutError("its own")
    assert await mutex.is_free()
    async with held_in_a_task(gpu, "job") as task:
        waiting = asyncio.create_task(_hold_a_moment(gpu))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        assert not task.done()
    assert task.cancelled()
    assert await mutex.is_free()


async def _hold_a_moment(gpu: ExclusiveGpu) -> None:
    async with gpu.held(GpuHolder.TRAINING, "job"):
        pass


async def test_who_loses_the_gpu_is_cancelled_and_may_try_again(mutex: RedisGpuMutex, gpu: ExclusiveGpu) -> None:
    cancelled = asyncio.Event()

    async def work() -> None:
        async with gpu.held(GpuHolder.TRAINING, "job"):
            lease = await mutex.look()
            assert lease is not None
            await mutex.release(lease.token)
            await mutex.acquire(lease.token + 1, GpuHolder.SAM3, "sam3", "")
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

    with pytest.raises(GpuLostError, match=HOST) as lost:
        await work()
    assert cancelled.is_set()
    assert isinstance(lost.value, CrashedError)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    holder = await mutex.look()
    assert holder is not None
    assert holder.holder is GpuHolder.SAM3
