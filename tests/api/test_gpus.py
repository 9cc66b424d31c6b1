"""The GPU hosts as the API shows them: each team's own, and of other teams' no more than that there is something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from worlds import World, make_world

from adapters.gpu_mutex import RedisGpuMutex
from adapters.presence import announce, gpu_host_presence
from adapters.queue import gpu_host_queue
from db.tables import gpu_hosts
from domain.models.gpu import GpuHolder, GpuHost
from domain.models.people import TeamRole
from seeds import add_user
from stack import Stack
from workers.process import Served, queue_worker

GPUS = """{ gpus { host device memoryTotal memoryUsed holder fencingToken heldSince trainingJob { id }
  loadedModel { id } sam3Loaded workerAlive } }"""
LOAD = """mutation($id: ID!, $host: String) { loadModel(modelId: $id, host: $host) { gpu { host }
  userErrors { code message field } } }"""
UNLOAD = "mutation($host: String) { unloadModel(host: $host) { gpu { host } userErrors { code field } } }"
GIB = 2**30


@pytest.fixture
async def ours(api: Stack) -> World:
    return await make_world(api, "ours")


@pytest.fixture
async def theirs(api: Stack) -> World:
    return await make_world(api, "theirs")


async def beat(api: Stack, name: str, *loaded: str, used: int = GIB) -> None:
    host = GpuHost(name, "Tesla T4", True, 16 * GIB, used, loaded, False, True)
    await api.database.write(lambda uow: uow.gpu_hosts.beat(host))


async def silence(api: Stack, name: str) -> None:
    await api.database.write(lambda uow: uow.gpu_hosts.gone(name))


async def lend(api: Stack, name: str, holder: GpuHolder, subject: str) -> int:
    """The token under which the GPU is held."""
    token = await api.database.write(lambda uow: uow.gpu_hosts.next_fencing_token(name))
    mutex = RedisGpuMutex(api.services.redis, name, ttl_seconds=3)
    async with asyncio.timeout(30):
        while not await mutex.is_free():  # noqa: ASYNC110 - Redis tells nobody of it
            await asyncio.sleep(0.05)
    assert await mutex.acquire(token, holder, subject, "test") is not None
    return token


async def test_a_host_shows_who_has_it_and_what_is_loaded(api: Stack, ours: World, theirs: World) -> None:
    await beat(api, "field", theirs.ids["model"], ours.ids["model"])
    token = await lend(api, "field", GpuHolder.TRAINING, ours.ids["job"])
    (gpu,) = await api.caller(ours.members[TeamRole.VIEWER]).data(GPUS)
    assert gpu.pop("heldSince") is not None
    assert gpu == {
        "host": "field",
        "device": "Tesla T4",
        "memoryTotal": 16 * GIB,
        "memoryUsed": GIB,
        "holder": "TRAINING",
        "fencingToken": token,
        "trainingJob": {"id": ours.ids["job"]},
        "loadedModel": {"id": ours.ids["model"]},
        "sam3Loaded": False,
        "workerAlive": True,
    }
    (seen,) = await api.caller(theirs.home.owner).data(GPUS)
    assert (seen["holder"], seen["trainingJob"]) == ("TRAINING", None)
    assert seen["loadedModel"] == {"id": theirs.ids["model"]}
    assert await api.caller(await add_user(api.database)).data(GPUS) == []


async def test_a_host_without_a_heartbeat_stays_on_the_list(api: Stack, ours: World) -> None:
    await beat(api, "ended", ours.ids["model"])
    await silence(api, "ended")
    await beat(api, "lost")
    async with api.database.engine.begin() as connection:
        long_ago = sa.update(gpu_hosts).where(gpu_hosts.c.host == "lost")
        await connection.execute(long_ago.values(heartbeat_at=sa.func.datetime("now", "-1 hour")))
    gpus = await api.caller(ours.home.owner).data(GPUS)
    assert [(gpu["host"], gpu["workerAlive"], gpu["loadedModel"]) for gpu in gpus] == [
        ("ended", False, None),
        ("lost", False, None),
    ]


@asynccontextmanager
async def serving(api: Stack, host: str, answer: Callable[..., dict[str, Any]]) -> AsyncIterator[list[Any]]:
    """A host that answers what it is told; yields what that was."""
    told: list[Any] = []

    async def load(_: dict[Any, Any], model: dict[str, Any]) -> dict[str, Any]:
        told.append(("load", model["id"]))
        return answer()

    async def unload(_: dict[Any, Any]) -> dict[str, Any]:
        told.append(("unload",))
        return answer()

    functions = [Served("load", load, 60, 1), Served("unload", unload, 60, 1)]
    queue = queue_worker(api.services.redis, gpu_host_queue(host), functions, 0.01)
    task = asyncio.create_task(queue.main())
    await announce(api.services.redis, gpu_host_presence(host))
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_model_is_loaded_where_there_is_most_room(api: Stack, ours: World) -> None:
    manager = api.caller(ours.members[TeamRole.MANAGER])
    await beat(api, "full", used=15 * GIB)
    await beat(api, "roomy")
    async with serving(api, "roomy", dict) as roomy, serving(api, "full", dict) as full:
        assert (await manager.done(LOAD, id=ours.ids["model"]))["gpu"] == {"host": "roomy"}
        assert (await manager.done(LOAD, id=ours.ids["model"], host="full"))["gpu"] == {"host": "full"}
        assert (roomy, full) == ([("load", ours.ids["model"])], [("load", ours.ids["model"])])
        unnamed = await manager.data(UNLOAD)
        assert [(error["code"], error["field"]) for error in unnamed["userErrors"]] == [("INVALID", ["host"])]
        assert (await manager.done(UNLOAD, host="full"))["gpu"] == {"host": "full"}
        assert full[-1] == ("unload",)


async def test_what_the_host_refuses_is_said(api: Stack, ours: World) -> None:
    manager = api.caller(ours.members[TeamRole.MANAGER])
    nobody = await manager.data(LOAD, id=ours.ids["model"])
    assert [error["code"] for error in nobody["userErrors"]] == ["UNAVAILABLE"]
    await beat(api, "field")
    refusal = {"error": "GPU_BUSY", "message": "A training has the GPU."}
    async with serving(api, "field", lambda: refusal):
        busy = await manager.data(LOAD, id=ours.ids["model"])
        assert [(error["code"], error["message"]) for error in busy["userErrors"]] == [tuple(refusal.values())]
    unknown = await manager.ask(LOAD, id=ours.ids["model"], host="nowhere")
    assert unknown["errors"][0]["extensions"]["code"] == "NOT_FOUND"
