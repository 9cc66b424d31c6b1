"""The GPU for SAM3 over the GPU host's HTTP face: call by call, and by the client that docs/gpu-sharing.md shows."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from adapters.local_store import LocalStore
from cli.embedded_redis import embedded_redis
from db.database import SqlDatabase
from domain.models.gpu import GpuHolder
from gpu_faces import PATIENCE, SECRET, Face, running_face
from workers.gpu_room import GIB

TTL_SECONDS = 2.5
ACQUIRE, RENEW, RELEASE = "gpu/acquire", "gpu/renew", "gpu/release"
PAGE = Path(__file__).parents[2] / "docs" / "gpu-sharing.md"


@pytest.fixture(autouse=True)
async def limit() -> AsyncIterator[None]:
    async with asyncio.timeout(PATIENCE):
        yield


@pytest.fixture
async def face(sqlite_database: SqlDatabase, store: LocalStore, redis_url: str, tmp_path: Path) -> AsyncIterator[Face]:
    async with (
        Redis.from_url(redis_url) as redis,
        running_face(sqlite_database, store, redis, tmp_path / "host", TTL_SECONDS) as face,
    ):
        yield face


async def test_sam3_takes_renews_and_returns_the_gpu(face: Face) -> None:
    terms = await face.told(ACQUIRE, waitSeconds=30)
    assert (terms["ttlSeconds"], terms["renewSeconds"]) == (TTL_SECONDS, TTL_SECONDS / 6)
    lease = await face.mutex.look()
    assert lease is not None
    assert (lease.holder, lease.token) == (GpuHolder.SAM3, terms["token"])
    for _ in range(8):
        await asyncio.sleep(TTL_SECONDS / 5)
        assert await face.told(RENEW, token=lease.token) == terms
    assert await face.mutex.look() == lease
    assert await face.told(RELEASE, token=lease.token) == {}
    assert await face.mutex.look() is None
    for path in (RENEW, RELEASE):
        assert (await face.refused(path, 409, token=lease.token))["code"] == "GPU_LOST"
    for wrong in ({}, {"token": "1"}, {"token": 0}, {"token": 2**64}, {"token": True}):
        assert (await face.refused(RENEW, 400, **wrong))["code"] == "INVALID"
    assert (await face.refused(ACQUIRE, 400, waitSeconds=31))["code"] == "INVALID"


async def test_a_gpu_whose_memory_is_taken_is_not_lent(face: Face) -> None:
    face.memory.used = 3 * GIB
    error = await face.refused(ACQUIRE, 503)
    assert (error["code"], "3.0 of 16.0 GiB" in error["message"]) == ("MEMORY_TAKEN", True)
    assert await face.mutex.look() is None
    face.memory.used = GIB
    await face.told(ACQUIRE)


async def test_who_left_while_it_waited_gets_no_gpu(face: Face) -> None:
    asks = partial(face.http.post, f"/api/v1/{ACQUIRE}", json={"waitSeconds": 30})
    async with face.held_by(GpuHolder.TRAINING, "job"):
        with pytest.raises(httpx.ReadTimeout):
            await asks(timeout=0.5)
        staying = asyncio.create_task(asks())
        await asyncio.sleep(0.1)
    token = (await staying).json()["token"]
    await face.told(RELEASE, token=token)
    await asyncio.sleep(TTL_SECONDS / 2)
    assert await face.mutex.look() is None


async def test_who_still_waits_when_the_worker_ends_gets_no_gpu(face: Face) -> None:
    async with face.held_by(GpuHolder.TRAINING, "job"):
        waiting = asyncio.create_task(face.http.post(f"/api/v1/{ACQUIRE}", json={"waitSeconds": 30}))
        await asyncio.sleep(0.3)
        face.serving.cancel()
        await asyncio.wait([face.serving, waiting])
    await asyncio.sleep(TTL_SECONDS / 10)
    assert await face.mutex.is_free()


async def test_without_redis_nobody_can_tell(sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    async with AsyncExitStack() as server:
        url = await server.enter_async_context(embedded_redis(tmp_path))
        redis = await server.enter_async_context(Redis.from_url(url))
        async with running_face(sqlite_database, store, redis, tmp_path / "host", TTL_SECONDS) as face:
            token = (await face.told(ACQUIRE))["token"]
            await server.aclose()
            for path in (RENEW, RELEASE):
                assert (await face.refused(path, 503, token=token))["code"] == "UNAVAILABLE"
            assert (await face.refused(ACQUIRE, 409))["holder"] is None


@pytest.fixture
def client(face: Face) -> Iterator[Callable[..., Any]]:
    """Makes the page's client, given what frees memory."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    made: list[Any] = []
    exec(compile(code, str(PAGE), "exec"), names)

    def make(free_memory: Callable[[], None]) -> Any:
        made.append(names["Gpu"](face.address, SECRET, free_memory))
        return made[-1]

    yield make
    for gpu in made:
        gpu.http.close()


async def test_it_takes_renews_and_returns_the_gpu_and_unloads(face: Face, client: Callable[..., Any]) -> None:
    freed = threading.Event()
    gpu = client(freed.set)
    held = gpu.held()
    lost = await asyncio.to_thread(held.__enter__)
    lease = await face.mutex.look()
    assert lease is not None
    assert lease.holder is GpuHolder.SAM3
    await face.refused("gpu/acquire", 409)
    unloading = asyncio.create_task(asyncio.to_thread(gpu.unload))
    await asyncio.sleep(1.5 * TTL_SECONDS)
    assert await face.mutex.look() == lease
    assert not lost.is_set()
    assert not freed.is_set(), "it is at work"
    await asyncio.to_thread(held.__exit__, None, None, None)
    await unloading
    assert freed.is_set()
    assert await face.mutex.look() is None


async def test_it_hears_that_the_gpu_is_lost(face: Face, client: Callable[..., Any]) -> None:
    held = client(lambda: None).held()
    lost = await asyncio.to_thread(held.__enter__)
    lease = await face.mutex.look()
    assert lease is not None
    await face.mutex.release(lease.token)  # as `gpu unlock --force` does
    async with face.held_by(GpuHolder.TRAINING, "job") as training:
        assert await asyncio.to_thread(lost.wait, PATIENCE)
        await asyncio.to_thread(held.__exit__, None, None, None)
        assert await face.mutex.look() == training


async def test_it_stops_when_nobody_answers_any_more(face: Face, client: Callable[..., Any]) -> None:
    held = client(lambda: None).held()
    lost = await asyncio.to_thread(held.__enter__)
    face.serving.cancel()
    assert await asyncio.to_thread(lost.wait, PATIENCE)
    with pytest.raises(httpx.TransportError):
        await asyncio.to_thread(held.__exit__, None, None, None)
    async with face.held_by(GpuHolder.TRAINING, "job"):
        pass
