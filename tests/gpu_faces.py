"""The HTTP face of a GPU host whose parts run within the test's own process, on the CPU, and callers of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis

from adapters.gpu_memory import DeviceMemory
from adapters.gpu_mutex import RedisGpuMutex
from db.database import SqlDatabase
from domain.models.gpu import GpuHolder, GpuLease
from domain.ports import ObjectStore
from inference_hosts import InferenceHost, inference_host
from secret_watch import keep_out_of_logs
from workers.engine import Engine
from workers.gpu_http import gpu_host_app
from workers.gpu_leasing import GpuLeasing
from workers.gpu_lending import GpuLending
from workers.gpu_report import HostReport
from workers.gpu_room import GIB, GpuRoom
from workers.gpu_turns import LeasedTurns
from workers.http_server import serve_http

HOST = "gpu-host"
SECRET = keep_out_of_logs("the secret of a GPU host of the tests", "GPU_HTTP_SECRET")
PATIENCE = 60.0
"""Seconds that a test waits for what must come."""


class Memory:
    """Fulfils workers.gpu_room.GpuMemory: a GPU of 16 GiB, `used` bytes of which are taken."""

    used = 0

    def read(self) -> Sequence[DeviceMemory]:
        return [DeviceMemory(16 * GIB, self.used)]


@dataclass(frozen=True)
class Face:
    """`serving` is what the worker runs; `database` and `mutex` are the host's."""

    address: str
    http: httpx.AsyncClient
    host: InferenceHost
    mutex: RedisGpuMutex
    memory: Memory
    room: GpuRoom
    database: SqlDatabase
    serving: asyncio.Task[None]

    async def told(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        """The answer to a call, which must have that status."""
        answer = await self.http.post(f"/api/v1/{path}", json=body)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def refused(self, path: str, status: int, **body: Any) -> dict[str, Any]:
        """The error of a call, which must have that status."""
        found: dict[str, Any] = (await self.told(path, status, **body))["error"]
        assert found["message"].endswith(".")
        return found

    @asynccontextmanager
    async def held_by(self, holder: GpuHolder, subject: str) -> AsyncIterator[GpuLease]:
        """Somebody else has the host's GPU."""
        leasing = GpuLeasing(self.database, self.mutex)
        lease = await leasing.taken(holder, subject)
        async with leasing.kept(lease):
            yield lease


@asynccontextmanager
async def running_face(
    database: SqlDatabase,
    store: ObjectStore,
    redis: Redis,
    folder: Path,
    ttl_seconds: float,
    room: GpuRoom | None = None,
    engine: Engine | None = None,
) -> AsyncIterator[Face]:
    """A host whose GPU is lent to one holder at a time, long after Redis' start. `memory` is that of its GPU unless a
    room is given."""
    mutex, memory = RedisGpuMutex(redis, HOST, ttl_seconds), Memory()
    await mutex.is_free()
    await redis.delete(f"agridrone:gpu:{{{HOST}}}:quiet")
    room = room or GpuRoom(memory, None, 14 * GIB, wait_seconds=0.2)
    turns = LeasedTurns(database, mutex, room)
    host = inference_host(database, store, folder, turns, engine=engine)
    room.unload_ours = host.inference.unload
    lending = GpuLending(database, mutex, room)
    report = HostReport(database, HOST, "Tesla T4", True, room, host.inference.loaded)
    port = free_port()
    app = gpu_host_app(SECRET, database, store, host.inference, lending, report)
    serving = asyncio.create_task(serve_http(app, "127.0.0.1", port, "GPU_HTTP_PORT"))
    address = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"Bearer {SECRET}"}
    try:
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=PATIENCE, trust_env=False) as http:
            await _answers(http, serving)
            yield Face(address, http, host, mutex, memory, room, database, serving)
    finally:
        serving.cancel()
        await asyncio.wait([serving])
        await turns.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def _answers(http: httpx.AsyncClient, serving: asyncio.Task[None]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not serving.done():
            with suppress(httpx.ConnectError):
                await http.get("/")
                return
            await asyncio.sleep(0.02)
    serving.result()
