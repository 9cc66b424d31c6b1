"""What workers tell Prometheus of their jobs, and of what they wait for."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from adapters.gpu_memory import NoMemory
from adapters.gpu_mutex import RedisGpuMutex
from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.engine import create_engine
from db.tables import import_jobs
from db.types import database_now
from domain.errors import ClaimLostError
from domain.ids import new_id
from domain.jobs import LEASE_SECONDS, Backlog, Claim, JobKind
from domain.models.gpu import GpuHolder
from domain.models.imports import ImportJob
from domain.ports import UnitOfWork
from scrapes import of_this_process
from seeds import (
    Home,
    Silence,
    add_file,
    add_images,
    add_import,
    annotate,
    freeze,
    make_home,
    request_version,
    take,
)
from stack import PATIENCE
from versions_made import heart_beat_ago
from workers.claims import ClaimLoops, PermanentError, PostponedError
from workers.gpu_room import GpuRoom
from workers.host_gpu import ExclusiveGpu

ATTEMPTS = "agridrone_job_attempts_total"
SECONDS = "agridrone_job_seconds_count"
WAITS, WAITING = "agridrone_gpu_wait_seconds_count", "agridrone_gpu_waiting"
TTL_SECONDS = 0.9


@pytest.fixture(autouse=True)
async def limit() -> AsyncIterator[None]:
    async with asyncio.timeout(PATIENCE):
        yield


async def add_work(database: SqlDatabase, home: Home) -> ImportJob:
    """A row of the kind IMPORT that waits."""
    return await add_import(database, await add_file(database, home.project, f"{new_id()}.json"))


class Scripted:
    """Goes through with its rows as it is told to, one after the other."""

    kind = JobKind.IMPORT
    slots = 1

    def __init__(self, *script: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._script = list(script)

    async def run(self, claim: Claim) -> None:
        await self._script.pop(0)()

    async def fail(self, claim: Claim, reason: str) -> None:
        """Nothing of the row is looked at."""


def raising(error: Exception) -> Callable[[], Coroutine[Any, Any, None]]:
    async def run() -> None:
        raise error

    return run


@asynccontextmanager
async def working(database: SqlDatabase, *script: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    loops = asyncio.create_task(ClaimLoops(database, "test", [Scripted(*script)]).run())
    try:
        yield
    finally:
        loops.cancel()
        await asyncio.gather(loops, return_exceptions=True)


def attempts() -> dict[str, float]:
    """How many attempts at imports have ended how."""
    return {outcome: value for (outcome,), value in of_this_process().series(ATTEMPTS, kind="IMPORT").items()}


async def grown(before: dict[str, float], *outcomes: str) -> None:
    """Waits until each of those outcomes counts one more, and the others no more than before."""
    while (now := attempts()) != {**before, **{one: before[one] + 1 for one in outcomes}}:
        assert sum(now.values()) <= sum(before.values()) + len(outcomes), now
        await asyncio.sleep(0.02)


async def test_attempts_are_counted_by_what_became_of_them(sqlite_database: SqlDatabase) -> None:
    home = await make_home(sqlite_database)
    for _ in range(5):
        await add_work(sqlite_database, home)
    finished = of_this_process().value(SECONDS, kind="IMPORT")

    async def done() -> None:
        return

    ClaimLoops(sqlite_database, "test", [Scripted()])  # has its counters begin at 0
    before = attempts()
    assert set(before) == {"completed", "failed", "retried", "postponed", "handed_back", "claim_lost"}
    script = (
        done,
        raising(PermanentError("It has no images.")),
        raising(OSError(errno.EIO, "")),
        raising(ClaimLostError("Somebody else has it.")),
        raising(PostponedError("The store is away.")),
    )
    async with working(sqlite_database, *script):
        await grown(before, "completed", "failed", "retried", "claim_lost", "postponed")
    assert of_this_process().value(SECONDS, kind="IMPORT") == finished + 1


async def test_what_a_worker_hands_back_is_counted(sqlite_database: SqlDatabase) -> None:
    await add_work(sqlite_database, await make_home(sqlite_database))
    begun, before = asyncio.Event(), attempts()

    async def long() -> None:
        begun.set()
        await asyncio.sleep(PATIENCE)

    async with working(sqlite_database, long):
        await begun.wait()
    await grown(before, "handed_back")


async def made_ago(database: SqlDatabase, job: ImportJob, seconds: int) -> None:
    """As if the row had been made so long ago."""
    async with database.engine.begin() as connection:
        made = update(import_jobs).where(import_jobs.c.id == job.id)
        await connection.execute(made.values(created_at=database_now(seconds)))


async def backlogs(database: SqlDatabase) -> dict[JobKind, Backlog]:
    found = await database.read(lambda uow: uow.claims.backlog())
    assert [one.kind for one in found] == list(JobKind)
    return {one.kind: one for one in found}


async def test_the_backlog_is_what_waits_what_runs_and_for_how_long(database: SqlDatabase) -> None:
    home = await make_home(database)
    first, left, fresh = [await add_work(database, home) for _ in range(3)]
    held = await take(database, JobKind.IMPORT)
    await made_ago(database, left, 2 * 3600)
    await heart_beat_ago(database, "ImportJob", left.id, 600)
    found = await backlogs(database)
    imports = found.pop(JobKind.IMPORT)
    assert (held.id, imports.waiting, imports.running) == (first.id, 2, 1)
    assert 600 <= imports.oldest_seconds < 600 + PATIENCE, "it waits from when a worker was last heard of at it"
    assert set(found.values()) == {Backlog(kind, 0, 0, 0) for kind in found}
    await made_ago(database, fresh, 3600)
    await heart_beat_ago(database, "ImportJob", held.id, LEASE_SECONDS + 1)
    imports = (await backlogs(database))[JobKind.IMPORT]
    assert (imports.waiting, imports.running) == (3, 0)
    assert 3600 <= imports.oldest_seconds < 3600 + PATIENCE


async def test_stages_of_a_snapshot_are_timed(sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    def timed() -> dict[tuple[str, ...], float]:
        return of_this_process().series("agridrone_job_stage_seconds_count", kind="SNAPSHOT")

    before = timed()
    home = await make_home(sqlite_database)
    await annotate(sqlite_database, home, await add_images(sqlite_database, home.project, ["one"]))
    await freeze(sqlite_database, store, tmp_path, await request_version(sqlite_database, home))
    stages = ("selecting",), ("freezing",), ("uploading",)
    assert timed() == {stage: before.get(stage, 0) + 1 for stage in stages}


async def test_who_waits_for_the_gpu_is_told_and_how_long_they_waited(
    sqlite_database: SqlDatabase, embedded_redis_url: str
) -> None:
    async with Redis.from_url(embedded_redis_url) as redis:
        mutex = RedisGpuMutex(redis, f"host-{new_id()}", TTL_SECONDS)
        gpu = ExclusiveGpu(sqlite_database, mutex, GpuRoom(NoMemory(), None, 0))
        before = of_this_process().value(WAITS, holder="TRAINING")

        async def train() -> None:
            async with gpu.held(GpuHolder.TRAINING, "job"):
                assert of_this_process().value(WAITING, holder="TRAINING") == 0

        async with gpu.held(GpuHolder.INFERENCE, "evaluation"):
            training = asyncio.create_task(train())
            while of_this_process().value(WAITING, holder="TRAINING") == 0:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)
            assert of_this_process().value(WAITS, holder="TRAINING") == before
        await training
    assert of_this_process().value(WAITS, holder="TRAINING") == before + 1


async def test_who_gives_up_waiting_waits_no_more(sqlite_database: SqlDatabase, embedded_redis_url: str) -> None:
    async with Redis.from_url(embedded_redis_url) as redis:
        mutex = RedisGpuMutex(redis, f"host-{new_id()}", 60.0)  # which lends nothing for the first 20 s
        gpu = ExclusiveGpu(sqlite_database, mutex, GpuRoom(NoMemory(), None, 0))
        before = of_this_process().value(WAITS)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1), gpu.held(GpuHolder.TRAINING, "job"):
                pytest.fail("the GPU was lent")
    assert of_this_process().value(WAITING) == 0
    assert of_this_process().value(WAITS) == before


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ((1213, "Deadlock found"), "deadlock"),
        ((1205, "Lock wait timeout exceeded"), "lock_timeout"),
        (("database is locked",), "busy"),
    ],
)
async def test_transactions_that_are_run_again_are_told(sqlite_url: str, fault: tuple[Any, ...], reason: str) -> None:
    heard: list[str] = []
    database = SqlDatabase(create_engine(sqlite_url), Silence(), Silence(), on_repeat=heard.append)
    faults = [OperationalError("UPDATE …", {}, Exception(*fault))] * 2

    async def work(_: UnitOfWork) -> str:
        if faults:
            raise faults.pop()
        return "done"

    assert await database.write(work) == "done"
    assert heard == [reason] * 2
    await database.close()
