"""Work that nobody takes up, and GPUs that nobody alive holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from arq.connections import ArqRedis
from sqlalchemy import update

from adapters.gpu_mutex import RedisGpuMutex
from adapters.presence import PREVIEWS, announce
from adapters.queue import connect_queue
from db.database import SqlDatabase
from db.tables import event_log, metadata, uploads
from domain.jobs import HEARTBEAT_SECONDS, LEASE_SECONDS, JobKind
from domain.models.asset import UploadState
from domain.models.gpu import GpuHolder, GpuHost, GpuLease
from domain.models.version import DatasetStatus
from domain.uploads import complete_uploads
from seeds import Home, add_batch, add_images, add_project, add_uploads, annotate, make_home, request_version, take
from versions_made import heart_beat_ago, in_status, train
from workers.audit.check import Check
from workers.audit.gpu_leases import LEASES, GpuLeases
from workers.audit.work import TAKEN_UP, WORKERS, Work
from workers.gpu_turns import DETECTIONS_SUBJECT
from workers.process_mark import own_mark

JUST_FREE = LEASE_SECONDS + 5
TOO_LONG = 2 * LEASE_SECONDS + 3 * HEARTBEAT_SECONDS + 5
"""Seconds since the last heartbeat: a row of the first is free as it may be, one of the second for too long."""
HOURS_AGO = datetime.now(UTC) - timedelta(hours=2)
HOST = "gpu-host"
TTL_SECONDS = 1.0


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["one"]))
    return home


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[ArqRedis]:
    pool = await connect_queue(redis_url)
    yield pool
    await pool.aclose()


async def confirmed(check: Check) -> list[tuple[str, str]]:
    """Invariants and subjects."""
    return [(one.invariant, one.subject) async for first in check.suspicions() if (one := await first.again())]


async def idle(database: SqlDatabase, redis: ArqRedis | None = None) -> list[tuple[str, str]]:
    """What is told of work."""
    return await confirmed(Work(database, redis))


async def leased(database: SqlDatabase, redis: ArqRedis) -> list[tuple[str, str]]:
    """What is told of GPUs."""
    return await confirmed(GpuLeases(database, redis))


async def heard_of(database: SqlDatabase, table: str, id_: str, seconds: int) -> None:
    """As if a row that was made hours ago had last been held so long ago."""
    await heart_beat_ago(database, table, id_, seconds)
    rows = metadata.tables[table]
    async with database.engine.begin() as connection:
        await connection.execute(update(rows).where(rows.c.id == id_).values(created_at=HOURS_AGO))


async def gpu_worker_is_there(database: SqlDatabase) -> None:
    host = GpuHost(HOST, "Tesla T4", True, None, None, (), None, True)
    await database.write(lambda uow: uow.gpu_hosts.beat(host))


async def test_work_that_no_worker_is_there_for_is_told_of_once_it_waits_for_long(
    database: SqlDatabase, home: Home
) -> None:
    version = await request_version(database, home)
    assert await idle(database) == []
    await heard_of(database, "TrainingDataset", version.id, JUST_FREE)
    assert await idle(database) == []
    await heard_of(database, "TrainingDataset", version.id, TOO_LONG)
    assert await idle(database) == [(WORKERS, "work of kind SNAPSHOT")]


async def test_work_that_an_idle_worker_leaves_alone_is_told_of_and_what_waits_its_turn_is_not(
    sqlite_database: SqlDatabase, redis: ArqRedis
) -> None:
    database = sqlite_database
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["one"]))
    first, second = [await request_version(database, home) for _ in range(2)]
    for version in (first, second):
        await heard_of(database, "TrainingDataset", version.id, TOO_LONG)
    await announce(redis, PREVIEWS)
    assert await idle(database, redis) == [(TAKEN_UP, f"SNAPSHOT {first.id}")]
    busy = await add_project(database, home.team, "South block")
    await annotate(database, home, await add_images(database, busy, ["two"]), project=busy)
    other = await request_version(database, home, project=busy)
    await heard_of(database, "TrainingDataset", other.id, 0)
    assert await idle(database, redis) == [], "its worker is busy"


async def test_a_training_waits_for_a_busy_gpu_worker_and_is_told_of_when_that_is_idle_or_gone(
    database: SqlDatabase, home: Home
) -> None:
    version = await in_status(database, home, DatasetStatus.READY)
    waiting, running = [await train(database, home, version) for _ in range(2)]
    await heard_of(database, "TrainingJob", waiting.id, TOO_LONG)
    await heard_of(database, "TrainingJob", running.id, 0)
    assert await idle(database) == []
    await heard_of(database, "TrainingJob", running.id, JUST_FREE)
    assert await idle(database) == [(WORKERS, "work of kind TRAINING")]
    await gpu_worker_is_there(database)
    assert await idle(database) == [(TAKEN_UP, f"TRAINING {waiting.id}")]


async def test_a_file_waits_from_when_it_was_completed_not_from_when_it_was_announced(
    database: SqlDatabase, home: Home
) -> None:
    batch = await add_batch(database, home.project)
    (upload,) = await add_uploads(database, home.project, batch, ["one"], UploadState.OPEN)
    async with database.engine.begin() as connection:
        await connection.execute(update(uploads).values(created_at=HOURS_AGO))
    await complete_uploads(database, home.principal, home.project.id, [upload.id])
    assert await idle(database) == []
    async with database.engine.begin() as connection:
        await connection.execute(update(event_log).values(at=HOURS_AGO))
    assert await idle(database) == [(WORKERS, "work of kind UPLOAD")]


# ── GPUs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def mutex(redis: ArqRedis) -> RedisGpuMutex:
    """Long after Redis' start."""
    mutex = RedisGpuMutex(redis, HOST, TTL_SECONDS)
    await mutex.is_free()
    await redis.delete(f"agridrone:gpu:{{{HOST}}}:quiet")
    return mutex


async def lent(
    database: SqlDatabase, mutex: RedisGpuMutex, holder: GpuHolder, subject: str, owner: str = "somebody"
) -> GpuLease:
    token = await database.write(lambda uow: uow.gpu_hosts.next_fencing_token(HOST))
    lease = await mutex.acquire(token, holder, subject, owner)
    assert lease is not None
    return lease


async def never_ends(redis: ArqRedis) -> None:
    assert await redis.persist(f"agridrone:gpu:{{{HOST}}}:lease")


@asynccontextmanager
async def renewed(mutex: RedisGpuMutex, lease: GpuLease) -> AsyncIterator[None]:
    async def renew() -> None:
        while True:
            assert await mutex.renew(lease)
            await asyncio.sleep(TTL_SECONDS / 6)

    task = asyncio.create_task(renew())
    yield
    task.cancel()
    await asyncio.wait([task])


FINDING = [(LEASES, f"GPU of {HOST}")]


async def test_a_training_s_lease_is_its_worker_s_or_somebody_dead_renews_it(
    sqlite_database: SqlDatabase, redis: ArqRedis, mutex: RedisGpuMutex
) -> None:
    database = sqlite_database
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["one"]))
    job = await train(database, home, await in_status(database, home, DatasetStatus.READY))
    await take(database, JobKind.TRAINING)
    lease = await lent(database, mutex, GpuHolder.TRAINING, job.id)
    async with renewed(mutex, lease):
        assert await leased(database, redis) == []
        await heard_of(database, "TrainingJob", job.id, JUST_FREE)
        assert await leased(database, redis) == FINDING
    assert await leased(database, redis) == [], "it has ended by itself, or does within a second"


@pytest.mark.parametrize(("holder", "subject"), [("INFERENCE", DETECTIONS_SUBJECT), ("INFERENCE", "evaluation")])
async def test_a_lease_that_never_ends_is_told_of_while_its_holder_is_not_heard_of(
    sqlite_database: SqlDatabase, redis: ArqRedis, mutex: RedisGpuMutex, holder: str, subject: str
) -> None:
    await lent(sqlite_database, mutex, GpuHolder(holder), subject)
    await never_ends(redis)
    assert await leased(sqlite_database, redis) == FINDING
    await gpu_worker_is_there(sqlite_database)
    assert await leased(sqlite_database, redis) == ([] if subject == DETECTIONS_SUBJECT else FINDING)


async def test_a_lease_of_a_process_that_has_ended_is_told_of_and_sam3_s_is_its_own_affair(
    sqlite_database: SqlDatabase, redis: ArqRedis, mutex: RedisGpuMutex
) -> None:
    await gpu_worker_is_there(sqlite_database)
    ended = f"{own_mark().rpartition(' ')[0]} 0"
    lease = await lent(sqlite_database, mutex, GpuHolder.INFERENCE, DETECTIONS_SUBJECT, ended)
    await never_ends(redis)
    assert await leased(sqlite_database, redis) == FINDING
    await mutex.release(lease.token)
    await lent(sqlite_database, mutex, GpuHolder.SAM3, "sam3")
    await never_ends(redis)
    assert await leased(sqlite_database, redis) == []


async def test_a_lease_under_a_token_that_the_database_never_drew_is_told_of(
    sqlite_database: SqlDatabase, redis: ArqRedis, mutex: RedisGpuMutex
) -> None:
    assert await mutex.acquire(7, GpuHolder.SAM3, "sam3", "sam3") is not None
    await never_ends(redis)
    assert await leased(sqlite_database, redis) == FINDING
