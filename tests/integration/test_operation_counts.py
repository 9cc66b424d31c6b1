"""Operations counted in Redis: for each caller, over all processes, and never in the way while Redis is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from adapters.rate_limit import RedisRateLimiter
from domain.ids import new_id


@pytest.fixture(params=["embedded", "of its own"])
def server(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("embedded_redis_url" if request.param == "embedded" else "redis_url")
    return url


@pytest.fixture
async def redis(server: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(server) as client:
        yield client


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def admitted(limiter: RedisRateLimiter, caller: str, tries: int) -> int:
    """How many operations were let through, of so many at once."""
    return [seconds == 0 for seconds in await asyncio.gather(*(limiter.admit(caller) for _ in range(tries)))].count(
        True
    )


@pytest.mark.parametrize("most", [1, 7, 1_000])
async def test_a_caller_has_so_many_operations_a_minute(redis: Redis, most: int) -> None:
    limiter, caller = RedisRateLimiter(redis, most), new_id()
    assert await admitted(limiter, caller, most + 20) == most
    assert 1 <= await limiter.admit(caller) <= 60
    assert await limiter.admit(new_id()) == 0


async def test_processes_share_what_a_caller_has(redis: Redis) -> None:
    caller, most = new_id(), 500
    limiters = [RedisRateLimiter(redis, most) for _ in range(4)]
    given = await asyncio.gather(*(admitted(limiter, caller, most) for limiter in limiters))
    assert sum(given) == most
    assert await RedisRateLimiter(redis, most).admit(caller) > 0


async def test_the_count_ends_with_its_minute(redis: Redis) -> None:
    clock, caller = Clock(), new_id()
    limiter = RedisRateLimiter(redis, 3, clock)
    assert await admitted(limiter, caller, 5) == 3
    (key,) = [key async for key in redis.scan_iter(f"*{caller}")]
    assert 0 < await redis.pttl(key) <= 60_000
    await redis.delete(key)  # as the end of its minute does
    assert await limiter.admit(caller) > 0, "what it knows holds to the end of the minute"
    clock.now += 61
    assert await admitted(limiter, caller, 5) == 3


async def test_a_count_that_never_ends_is_given_an_end(redis: Redis) -> None:
    caller = new_id()
    await RedisRateLimiter(redis, 5).admit(caller)
    (key,) = [key async for key in redis.scan_iter(f"*{caller}")]
    await redis.persist(key)
    await RedisRateLimiter(redis, 5).admit(caller)
    assert 0 < await redis.pttl(key) <= 60_000


async def test_a_flood_asks_redis_little(redis: Redis) -> None:
    limiter, caller = RedisRateLimiter(redis, 1_000), new_id()
    asked = 0
    count = limiter._count

    async def counting(**given: Any) -> object:
        nonlocal asked
        asked += 1
        return await count(**given)

    limiter._count = counting  # type: ignore[assignment]
    assert await admitted(limiter, caller, 3_000) == 1_000
    assert asked == 101


async def test_without_redis_everybody_is_let_through(tmp_path: Path) -> None:
    clock = Clock()
    async with Redis(unix_socket_path=str(tmp_path / "nobody.sock")) as redis:
        limiter = RedisRateLimiter(redis, 5, clock)
        with capture_logs() as logged:
            for _ in range(30):
                assert await admitted(limiter, "somebody", 10) == 10
                clock.now += 1.5
    assert [entry["event"] for entry in logged] == ["operations_not_counted"], "at most once a minute"


async def test_a_redis_that_hangs_holds_nobody_up() -> None:
    """It is asked once for all, and then left alone for a while."""
    connections = 0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        clock = Clock()
        async with Redis(host="127.0.0.1", port=port) as redis:
            limiter = RedisRateLimiter(redis, 1, clock)
            assert await admitted(limiter, "somebody", 50) == 50
            assert connections == 1
            assert await admitted(limiter, "somebody", 50) == 50
            assert connections == 1
            clock.now += 6
            assert await admitted(limiter, "somebody", 50) == 50
            assert connections == 2


async def test_it_counts_again_once_redis_is_back(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, caller = Clock(), new_id()
    limiter = RedisRateLimiter(redis, 3, clock)

    async def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("Connection refused")

    with monkeypatch.context() as away:
        away.setattr(limiter, "_count", refuse)
        assert await admitted(limiter, caller, 10) == 10
    clock.now += 6
    assert await admitted(limiter, caller, 10) == 3
