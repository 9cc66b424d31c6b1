"""One job's events to many subscribers of one API process; and to fewer, beside a relay that does nothing else."""

from __future__ import annotations

import asyncio
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import orjson
from redis.asyncio import Redis

from adapters.doorbell import RedisDoorbell
from adapters.sign_in import TokenSigner
from bench.databases import SILENCE
from bench.listeners import Listener, listen
from bench.relay import CHANNEL
from bench.rows import add_images, add_project, annotate
from bench.servers import free_port, running
from cli.embedded_redis import embedded_redis
from db.database import SqlDatabase
from db.engine import create_engine
from db.migrate import upgrade
from domain.events import tell_training_log
from domain.models.config import VersionConfig
from domain.models.people import User
from domain.models.training import TrainingConfig, TrainingJob, TrainingJobStatus
from domain.models.version import DatasetStatus, Manifest
from domain.ports import UnitOfWork
from domain.training import StartTraining, start_training
from domain.versions import CreateVersion, create_version

MANY, FEW, RUNS, EVENTS = 1_000, 200, 5, 12
_PAUSES = {MANY: 2.0, FEW: 0.5}
"""Seconds between two events."""
_ALL_THERE_SECONDS = 60.0
_PROGRESS = """subscription ($id: ID!) { trainingProgress(jobId: $id) {
  cursor kind status epoch epochs progress etaSeconds message job { id status epoch } } }"""
Tell = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class _Ears:
    """What all listeners together heard."""

    expected: int
    delays: list[float] = field(default_factory=list)
    """Seconds from before the event was written until it was heard."""
    all_there: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, text: bytes) -> None:
        _, found, rest = text.partition(b"told at ")
        if found:
            self.delays.append(time.monotonic() - float(rest.split(b"!")[0]))
            if len(self.delays) == self.expected:
                self.all_there.set()


async def measure_fan_out() -> None:
    """Prints what arrived and how late, and the ratio to the relay."""
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        async with embedded_redis(Path(name)) as redis_url, _ours(Path(name), redis_url) as ours:
            delays = await ours(MANY)
            sys.stdout.write(
                f"{EVENTS} events of one job to {MANY:,} subscribers of one API process: {len(delays):,} of "
                f"{EVENTS * MANY:,} arrived, p50 {_percent(delays, 50):.3f} s, p99 {_percent(delays, 99):.3f} s\n"
            )
            async with _relay(redis_url) as relay:
                await _compare(ours, relay)


async def _compare(
    ours: Callable[[int], Awaitable[list[float]]], relay: Callable[[int], Awaitable[list[float]]]
) -> None:
    mine, floor = [], []
    for _ in range(RUNS):
        floor.append(_percent(await relay(FEW), 99))
        mine.append(_percent(await ours(FEW), 99))
    median, of_relay = statistics.median(mine), statistics.median(floor)
    sys.stdout.write(
        f"the same to {FEW} subscribers, p99, medians of {RUNS} alternating runs: {median * 1000:.0f} ms; a relay from "
        f"Redis to as many WebSockets {of_relay * 1000:.0f} ms, ratio {median / of_relay:.2f}\n"
    )


def _percent(delays: Sequence[float], percent: int) -> float:
    return sorted(delays)[max(len(delays) * percent // 100 - 1, 0)]


@asynccontextmanager
async def _ours(folder: Path, redis_url: str) -> AsyncIterator[Callable[[int], Awaitable[list[float]]]]:
    secret, port = secrets.token_hex(32), free_port()
    url = f"sqlite+aiosqlite:///{folder / 'bench.sqlite'}"
    await upgrade(url)
    redis = Redis.from_url(redis_url)
    database = SqlDatabase(create_engine(url), RedisDoorbell(redis), SILENCE)
    user, job = await _add_job(database)
    token = TokenSigner(secret.encode()).issue(user, timedelta(hours=1))
    environment = {
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "JWT_SECRET": secret,
        "AGRIDRONE_PORT": str(port),
        "AGRIDRONE_DATA_DIR": str(folder / "data"),
    }

    async def tell() -> None:
        await database.write(partial(_told, job_id=job.id, message=f"told at {time.monotonic()}!"))

    async def subscribe(heard: Callable[[bytes], None]) -> Listener:
        acknowledged = asyncio.Event()

        def listened(text: bytes) -> None:
            if b"connection_ack" in text:
                acknowledged.set()
            heard(text)

        listener = await listen(f"http://127.0.0.1:{port}/graphql", "graphql-transport-ws", listened)
        payload = {"Authorization": f"Bearer {token}"}
        listener.send(orjson.dumps({"type": "connection_init", "payload": payload}))
        await acknowledged.wait()
        operation = {"query": _PROGRESS, "variables": {"id": job.id}}
        listener.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": operation}))
        return listener

    async def measured(count: int) -> list[float]:
        return await _heard(count, subscribe, tell)

    with running([sys.executable, "-m", "main", "api"], folder / "api.log", environment):
        await _answers(port)
        yield measured
    await database.close()
    await redis.aclose()


async def _told(uow: UnitOfWork, job_id: str, message: str) -> None:
    tell_training_log(uow, job_id, TrainingJobStatus.QUEUED, 0, message)


@asynccontextmanager
async def _relay(redis_url: str) -> AsyncIterator[Callable[[int], Awaitable[list[float]]]]:
    port, redis = free_port(), Redis.from_url(redis_url)

    async def tell() -> None:
        await redis.publish(CHANNEL, f"told at {time.monotonic()}!" + " " * 200)

    async def subscribe(heard: Callable[[bytes], None]) -> Listener:
        return await listen(f"http://127.0.0.1:{port}/relay", "relay", heard)

    async def measured(count: int) -> list[float]:
        return await _heard(count, subscribe, tell)

    with running([sys.executable, "-m", "bench.relay", redis_url, str(port)], Path(os.devnull), {}):
        await _listens(port)
        yield measured
    await redis.aclose()


async def _heard(
    count: int, subscribe: Callable[[Callable[[bytes], None]], Awaitable[Listener]], tell: Tell
) -> list[float]:
    """The delays of all events at all listeners, once they have all come or the time is over."""
    ears = _Ears(count * EVENTS)
    listeners = [await subscribe(ears.heard) for _ in range(count)]
    await asyncio.sleep(_PAUSES[count] * 2)
    ears.delays.clear()  # of what was told before
    for _ in range(EVENTS):
        await tell()
        await asyncio.sleep(_PAUSES[count])
    try:
        async with asyncio.timeout(_ALL_THERE_SECONDS):
            await ears.all_there.wait()
    except TimeoutError:
        sys.stdout.write(f"{ears.expected - len(ears.delays):,} events did not come.\n")
    for listener in listeners:
        listener.close()
    await asyncio.sleep(1)
    return ears.delays


async def _answers(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http, asyncio.timeout(_ALL_THERE_SECONDS):
        while True:
            try:
                if (await http.get("/readyz")).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def _listens(port: int) -> None:
    async with asyncio.timeout(_ALL_THERE_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


async def _add_job(database: SqlDatabase) -> tuple[User, TrainingJob]:
    """A training that nobody takes up, of a version that nobody froze."""
    principal, project = await add_project(database, "Fan-out")
    await database.write(lambda uow: uow.projects.update(project.id, dataset_versions=True))
    await annotate(database, principal, await add_images(database, project, 1), "wattle")
    version, _ = await create_version(database, principal, CreateVersion(project.id, None, None, None, VersionConfig()))
    frozen = {"status": DatasetStatus.READY, "manifest": Manifest("none", "0" * 64, 1), "image_count": 1}
    await database.write(lambda uow: uow.versions.update(version.id, **frozen))
    job = await start_training(
        database, principal, StartTraining(version.id, TrainingConfig(epochs=10), None, True, None)
    )
    return User(principal.user_id, "bench", principal.email, job.created_at), job
