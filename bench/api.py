"""The page of a project's versions, 50 with their trainings and models: beside a server whose fields return the same
data from memory."""

from __future__ import annotations

import asyncio
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import orjson

from adapters.sign_in import TokenSigner
from bench.databases import SILENCE
from bench.rows import add_project
from bench.servers import free_port, running
from bench.trained_rows import add_trained_versions
from cli.embedded_redis import embedded_redis
from db.database import SqlDatabase
from db.engine import create_engine
from db.migrate import upgrade

VERSIONS, CLIENTS, ROUNDS, SECONDS = 50, 4, 5, 4.0
_START_SECONDS = 60.0
_PAGE = """query ($id: ID!) { project(id: $id) { versions(first: 50) {
  nodes {
    id version displayName status createdAt imageCount annotationCount
    classCounts { name annotations images }
    splitCounts { train val test }
    trainingJobs(first: 5) { nodes {
      id status epoch progress createdAt startedAt finishedAt
      config { baseModel epochs batchSize imageSize }
      model { id name createdAt deployed metrics { mAP50 mAP5095 precision recall } }
    } }
    latestModel { id name createdAt deployed metrics { mAP50 mAP5095 precision recall } }
  }
  pageInfo { hasNextPage endCursor }
} } }"""
Ask = Callable[[], Awaitable[bytes]]


async def measure_version_list() -> None:
    """Prints requests a second of both, and their ratio."""
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        folder = Path(name)
        async with embedded_redis(folder) as redis_url, _ours(folder, redis_url) as ours:
            answer = await ours()
            async with _from_memory(folder, answer) as peer:
                if orjson.loads(await peer()) != orjson.loads(answer):
                    raise RuntimeError("The two answers differ.")
                await _compare(ours, peer, len(answer))


async def _compare(ours: Ask, peer: Ask, size: int) -> None:
    mine, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(await _per_second(peer))
        mine.append(await _per_second(ours))
    ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
    sys.stdout.write(
        f"page of {VERSIONS} versions with their trainings and models, {size / 1000:.0f} kB, to {CLIENTS} clients "
        f"(SQLite): {statistics.median(mine):.1f} a second; of a server that has it in memory "
        f"{statistics.median(theirs):.1f}, "
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})\n"
    )


async def _per_second(ask: Ask) -> float:
    """Answers a second, of clients that each ask again once they have theirs."""
    await asyncio.gather(*(ask() for _ in range(CLIENTS)))
    started = time.perf_counter()

    async def client() -> int:
        count = 0
        while time.perf_counter() - started < SECONDS:
            await ask()
            count += 1
        return count

    counts = await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return sum(counts) / (time.perf_counter() - started)


@asynccontextmanager
async def _ours(folder: Path, redis_url: str) -> AsyncIterator[Ask]:
    secret, port = secrets.token_hex(32), free_port()
    url = f"sqlite+aiosqlite:///{folder / 'bench.sqlite'}"
    await upgrade(url)
    database = SqlDatabase(create_engine(url), SILENCE, SILENCE)
    principal, project = await add_project(database, "North block")
    await add_trained_versions(database, principal, project, VERSIONS)
    user = await database.read(lambda uow: uow.people.user(principal.user_id))
    await database.close()
    if user is None:
        raise RuntimeError("The user is gone.")
    environment = {
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "JWT_SECRET": secret,
        "AGRIDRONE_PORT": str(port),
        "AGRIDRONE_DATA_DIR": str(folder / "data"),
        "API_OPERATIONS_PER_MINUTE": "1000000",
    }
    token = TokenSigner(secret.encode()).issue(user, timedelta(hours=1))
    with running([sys.executable, "-m", "main", "api"], folder / "api.log", environment):
        async with _asking(port, {"id": project.id}, {"Authorization": f"Bearer {token}"}) as ask:
            yield ask


@asynccontextmanager
async def _from_memory(folder: Path, answer: bytes) -> AsyncIterator[Ask]:
    port, file = free_port(), folder / "answer.json"
    file.write_bytes(answer)
    with running([sys.executable, "-m", "bench.api_peer", str(file), str(port)], folder / "peer.log", {}):
        async with _asking(port, {"id": "north"}, {}) as ask:
            yield ask


@asynccontextmanager
async def _asking(port: int, variables: dict[str, str], headers: dict[str, str]) -> AsyncIterator[Ask]:
    """Once the server listens: asks it for the page, over connections that are kept."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as http:

        async def ask() -> bytes:
            response = await http.post("/graphql", json={"query": _PAGE, "variables": variables})
            response.raise_for_status()
            return response.content

        async with asyncio.timeout(_START_SECONDS):
            while True:
                try:
                    await ask()
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        yield ask
