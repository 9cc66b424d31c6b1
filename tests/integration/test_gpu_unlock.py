"""`agridrone gpu unlock`: what is freed, what is left alone, and how it says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from redis.asyncio import Redis
from typer.testing import CliRunner

from adapters.gpu_mutex import RedisGpuMutex
from cli.embedded_redis import embedded_redis
from cli.gpu.app import gpu
from db.database import SqlDatabase
from domain.models.gpu import GpuHolder, GpuHost, GpuLease
from workers.gpu_leasing import GpuLeasing

HOST = "gpu-host"
TTL_SECONDS = 1.5
PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
async def limit() -> AsyncIterator[None]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        yield


@pytest.fixture
async def mutex(redis_url: str, sqlite_database: SqlDatabase) -> AsyncIterator[RedisGpuMutex]:
    """Of a host whose worker was heard of, long after Redis' start."""
    known = GpuHost(HOST, "Tesla T4", True, None, None, (), None, True)
    await sqlite_database.write(lambda uow: uow.gpu_hosts.beat(known))
    async with Redis.from_url(redis_url) as redis:
        mutex = RedisGpuMutex(redis, HOST, TTL_SECONDS)
        await mutex.is_free()
        await redis.delete(f"agridrone:gpu:{{{HOST}}}:quiet")
        yield mutex


@pytest.fixture(autouse=True)
def environment(redis_url: str, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.chdir(tmp_path)


async def unlocked(*words: str, code: int) -> str:
    """What the command said."""
    try:
        done: Any = await asyncio.to_thread(CliRunner().invoke, gpu, ["unlock", *words])
    finally:
        structlog.reset_defaults()  # the command wrote its log to a stream that is closed by now
    assert done.exit_code == code, done.output
    return str(done.output)


@asynccontextmanager
async def held(database: SqlDatabase, mutex: RedisGpuMutex, holder: GpuHolder, subject: str) -> AsyncIterator[GpuLease]:
    """Somebody has the GPU and renews the lease, as long as it can."""
    leasing = GpuLeasing(database, mutex)
    lease = await leasing.taken(holder, subject)
    renewing = asyncio.create_task(_renewed(leasing, lease))
    try:
        yield lease
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        await leasing.give_back(lease.token)


async def _renewed(leasing: GpuLeasing, lease: GpuLease) -> None:
    async with leasing.renewed(lease):
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("holder", "named"), [(GpuHolder.TRAINING, "The training job-7 has"), (GpuHolder.SAM3, "SAM3 has")]
)
async def test_a_living_holder_is_named_and_left_alone(
    sqlite_database: SqlDatabase, mutex: RedisGpuMutex, holder: GpuHolder, named: str
) -> None:
    async with held(sqlite_database, mutex, holder, "job-7") as lease:
        said = await unlocked(HOST, code=1)
        assert f"{named} the GPU of {HOST} since {lease.since:%Y-%m-%d %H:%M:%S} UTC, and lives" in said
        assert await mutex.look() == lease


async def test_a_lease_that_nobody_renews_is_waited_out(sqlite_database: SqlDatabase, mutex: RedisGpuMutex) -> None:
    await GpuLeasing(sqlite_database, mutex).taken(GpuHolder.TRAINING, "job-7")
    said = await unlocked(HOST, code=0)
    assert "Unless it renews its lease" in said
    assert f"The lease was not renewed, or was given back. The GPU of {HOST} is free." in said
    assert await mutex.look() is None


async def test_force_takes_it_from_the_living_who_cannot_take_it_back(
    sqlite_database: SqlDatabase, mutex: RedisGpuMutex
) -> None:
    async with held(sqlite_database, mutex, GpuHolder.TRAINING, "job-7") as lease:
        said = await unlocked(HOST, "--force", code=0)
        assert f"the token {lease.token} is worth nothing" in said
        assert "it stops that training" in said
        assert not await mutex.renew(lease)
        assert await mutex.is_free()


async def test_what_is_free_stays_so_and_a_name_that_nobody_knows_is_refused(mutex: RedisGpuMutex) -> None:
    assert f"Nobody has the GPU of {HOST}." in await unlocked(HOST, code=0)
    assert f"Nobody has the GPU of {HOST}." in await unlocked(HOST, "--force", code=0)
    assert f"ever heard of on a host gpu-hosts. Those that were: {HOST}." in await unlocked("gpu-hosts", code=2)


async def test_without_its_redis_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:the-password@127.0.0.1:1/0")
    said = await unlocked(HOST, code=2)
    assert "Redis, which knows who has the GPU, cannot be reached" in said
    assert "password" not in said
    monkeypatch.setenv("REDIS_URL", "")
    assert "REDIS_URL" in await unlocked(HOST, "--data-dir", str(tmp_path), code=2)


async def test_the_redis_of_up_is_found(
    sqlite_database: SqlDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REDIS_URL", "")
    async with embedded_redis(tmp_path) as url, Redis.from_url(url) as redis:
        other = RedisGpuMutex(redis, HOST, TTL_SECONDS)
        async with held(sqlite_database, other, GpuHolder.SAM3, "sam3"):
            assert "worth nothing any more" in await unlocked(HOST, "--force", "--data-dir", str(tmp_path), code=0)
