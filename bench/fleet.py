"""A fleet on one machine: 1, 2 and 4 io workers and two API processes on MariaDB, Redis and S3, where every request to
the storage takes a quarter of a second. What grows with the workers is what they do while they wait for it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psutil
from PIL import Image
from sqlalchemy import func, select

from adapters.sign_in import TokenSigner
from bench.databases import mariadb_database
from bench.delay import delayed
from bench.rows import add_project
from bench.s3 import s3_bucket
from bench.servers import free_port, running
from cli.client import Client
from cli.delivery import TARGET
from cli.embedded_redis import embedded_redis
from cli.verdicts import COMPLETE
from db.database import SqlDatabase
from db.tables import uploads
from domain.models.people import User

LATENCY_SECONDS = 0.25
WORKERS, RUNS = (1, 2, 4), 3
IMAGES = 32
"""For each worker, of each run."""
_A_CALL, _PUTS_AT_ONCE = 16, 8
_READY_SECONDS = 120.0
_REQUEST = f"""
mutation ($input: RequestUploadsInput!) {{
  requestUploads(input: $input) {{ batch {{ id }} uploads {{ {TARGET} }} userErrors {{ code message field }} }}
}}
"""
_PROGRESS = """
subscription ($batchId: ID!, $after: String) {
  uploadProgress(batchId: $batchId, after: $after) { cursor batch { status verified refused } }
}
"""


@dataclass(frozen=True, slots=True)
class _Fleet:
    """What all runs share: the two API processes, and what a worker's process is told."""

    database: SqlDatabase
    apis: Sequence[Client]
    project_id: str
    environment: Mapping[str, str]
    folder: Path
    numbers: count[int]


@dataclass(frozen=True, slots=True)
class _Run:
    """Images verified a second, and how busy the machine's cores were meanwhile, 0 to 1."""

    rate: float
    busy: float


async def measure_fleet() -> None:
    """Prints the rates, and what share of linear growth they are."""
    async with mariadb_database() as database:
        if database is None:
            return
        with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
            async with _fleet(Path(name), database) as fleet:
                runs: dict[int, list[_Run]] = {workers: [] for workers in WORKERS}
                for _ in range(RUNS):
                    for workers in WORKERS:
                        runs[workers].append(await _run(fleet, workers))
    _tell(runs)


def _tell(runs: Mapping[int, Sequence[_Run]]) -> None:
    sys.stdout.write(
        f"uploads verified by io workers, two API processes, {LATENCY_SECONDS * 1000:.0f} ms a request to the storage, "
        f"medians of {RUNS} alternating runs:\n"
    )
    alone = [run.rate for run in runs[1]]
    for workers, made in runs.items():
        rates = [run.rate for run in made]
        shares = [rate / (workers * one) for rate, one in zip(rates, alone, strict=True)]
        busy = statistics.median(run.busy for run in made)
        sys.stdout.write(
            f"  {workers}: {statistics.median(rates):.1f} images a second ({min(rates):.1f} to {max(rates):.1f}), "
            f"{statistics.median(shares):.2f} of linear ({min(shares):.2f} to {max(shares):.2f}); the machine's cores "
            f"{busy:.0%} busy\n"
        )


@asynccontextmanager
async def _fleet(folder: Path, database: SqlDatabase) -> AsyncIterator[_Fleet]:
    secret = secrets.token_hex(32)
    principal, project = await add_project(database, "Fleet")
    user = User(principal.user_id, "bench", principal.email, project.created_at)
    token = TokenSigner(secret.encode()).issue(user, timedelta(hours=1))
    async with (
        embedded_redis(folder) as redis_url,
        s3_bucket(folder) as bucket,
        delayed(bucket.url, LATENCY_SECONDS) as storage,
    ):
        environment = {
            "DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
            "REDIS_URL": redis_url,
            "JWT_SECRET": secret,
            "THREADS": "1",
            **bucket.environment(storage),
        }
        with ExitStack() as processes:
            ports = [free_port(), free_port()]
            for port in ports:
                told = {**environment, "AGRIDRONE_PORT": str(port), "AGRIDRONE_DATA_DIR": str(folder / f"api-{port}")}
                processes.enter_context(running([sys.executable, "-m", "main", "api"], folder / "api.log", told))
            addresses = [f"http://127.0.0.1:{port}" for port in ports]
            for address in addresses:
                await _answers(address)
            async with Client(addresses[0], token) as first, Client(addresses[1], token) as second:
                yield _Fleet(database, (first, second), project.id, environment, folder, count())


async def _run(fleet: _Fleet, workers: int) -> _Run:
    with ExitStack() as processes:
        for number in range(workers):
            data = str(fleet.folder / f"worker-{number}")
            command = [sys.executable, "-m", "cli", "worker", "io"]
            told = {**fleet.environment, "AGRIDRONE_DATA_DIR": data}
            processes.enter_context(running(command, fleet.folder / "workers.log", told))
        await _warm(fleet, workers)
        batch_id, ids = await _sent(fleet, workers * IMAGES)
        psutil.cpu_percent()
        began = time.perf_counter()
        await _verified(fleet, batch_id, ids)
        return _Run(len(ids) / (time.perf_counter() - began), psutil.cpu_percent() / 100)


async def _warm(fleet: _Fleet, workers: int) -> None:
    """Until each worker has verified something, and so has started what it works with."""
    batches: list[str] = []
    verified = select(func.count(uploads.c.worker.distinct())).where(uploads.c.status == "VERIFIED")
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            batch_id, ids = await _sent(fleet, workers * 4)
            batches.append(batch_id)
            await _verified(fleet, batch_id, ids)
            async with fleet.database.engine.connect() as connection:
                there = await connection.scalar(verified.where(uploads.c.batch_id.in_(batches)))
            if there == workers:
                return


async def _sent(fleet: _Fleet, images: int) -> tuple[str, list[str]]:
    """A batch whose bytes are stored, and that nobody was told to verify yet: its id, and those of its uploads."""
    contents = [_picture(next(fleet.numbers)) for _ in range(images)]
    files = [
        {
            "filename": f"{number}.jpg",
            "sizeBytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "contentType": "image/jpeg",
        }
        for number, data in enumerate(contents)
    ]
    asked = await fleet.apis[0].call(_REQUEST, input={"projectId": fleet.project_id, "files": files})
    slots = asyncio.Semaphore(_PUTS_AT_ONCE)

    async def put(target: Mapping[str, Any], data: bytes) -> None:
        headers = {header["name"]: header["value"] for header in target["headers"]}
        async with slots:
            await fleet.apis[0].put(target["url"], headers, _pieces(data), len(data))

    await asyncio.gather(*(put(target, data) for target, data in zip(asked["uploads"], contents, strict=True)))
    return asked["batch"]["id"], [target["uploadId"] for target in asked["uploads"]]


async def _verified(fleet: _Fleet, batch_id: str, ids: Sequence[str]) -> None:
    """Has the uploads verified by calls to both APIs in turn, and waits for the last one's event."""

    async def follow() -> None:
        async for event in fleet.apis[1].follow(_PROGRESS, batchId=batch_id):
            if event["batch"]["refused"]:
                raise AssertionError("A picture of ours was refused.")

    following = asyncio.create_task(follow())
    for number, start in enumerate(range(0, len(ids), _A_CALL)):
        wanted = {"projectId": fleet.project_id, "uploadIds": ids[start : start + _A_CALL]}
        await fleet.apis[number % 2].call(COMPLETE, input=wanted)
    await following


def _picture(number: int) -> bytes:
    """A JPEG of 640 × 480 pixels and about 20 kB, another one for each number."""
    chance = random.Random(number)  # noqa: S311 - the same pictures every time
    coarse = Image.frombytes("RGB", (64, 48), chance.randbytes(64 * 48 * 3))
    file = io.BytesIO()
    coarse.resize((640, 480), Image.Resampling.BILINEAR).save(file, "JPEG", quality=80)
    return file.getvalue()


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _answers(address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as http, asyncio.timeout(_READY_SECONDS):
        while True:
            try:
                if (await http.get("/readyz")).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
