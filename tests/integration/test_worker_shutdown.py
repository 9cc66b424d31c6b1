"""A worker that is told to stop: it takes nothing more up, ends what it has at hand in the time it is given, and hands
the rest back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters.doorbell import RedisDoorbell
from adapters.presence import PREVIEWS, is_present
from adapters.queue import ArqQueue, connect_queue
from adapters.settings import Settings
from db.database import SqlDatabase
from db.engine import create_engine
from db.tables import training_datasets
from domain.events import version_stream
from domain.jobs import Claim, JobKind
from domain.models.version import DatasetStatus, DatasetVersion
from domain.ports import ObjectStore
from gate import Gate
from live.part import Part, running_part
from seeds import Home, add_images, annotate, make_home, reload, request_version, take
from stack import PATIENCE, SECRET
from versions_made import in_status, train
from workers.claims import ClaimLoops
from workers.snapshot import Snapshot


@asynccontextmanager
async def loud_database(database_url: str, redis_url: str) -> AsyncIterator[SqlDatabase]:
    """What is written there wakes workers."""
    redis = await connect_queue(redis_url)
    database = SqlDatabase(create_engine(database_url), RedisDoorbell(redis), ArqQueue(redis))
    try:
        while not await is_present(redis, PREVIEWS):  # noqa: ASYNC110 - a worker comes
            await asyncio.sleep(0.05)
        yield database
    finally:
        await database.close()
        await redis.aclose()


@asynccontextmanager
async def at_work(
    settings: Settings, database_url: str, redis_url: str, folder: Path, seconds: int
) -> AsyncIterator[tuple[Part, Gate, SqlDatabase, DatasetVersion]]:
    """An io worker process on a version whose manifest it cannot store yet. `seconds` is how long it may take to
    leave."""
    async with asyncio.timeout(PATIENCE), Gate(settings.s3_endpoint_url).standing() as gate:
        words = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "JWT_SECRET": SECRET,
            "S3_BUCKET": settings.s3_bucket,
            "S3_ENDPOINT_URL": gate.url,
            "S3_ACCESS_KEY_ID": settings.s3_access_key_id.get_secret_value(),
            "S3_SECRET_ACCESS_KEY": settings.s3_secret_access_key.get_secret_value(),
            "SHUTDOWN_SECONDS": str(seconds),
        }
        async with running_part(folder, "worker", "io", **words) as part, loud_database(database_url, redis_url) as db:
            home = await make_home(db)
            await annotate(db, home, await add_images(db, home.project, ["one", "two", "three"]))
            gate.shut()
            version = await request_version(db, home)
            while "UPLOADING" not in await stages(db, version):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.02)
            yield part, gate, db, version


async def stages(database: SqlDatabase, version: DatasetVersion) -> list[str]:
    told = await database.read(lambda uow: uow.events.after(version_stream(version.id), 0, 100))
    return [event.payload["stage"] for event in told]


async def attempts(database: SqlDatabase, version: DatasetVersion) -> int:
    table = training_datasets
    async with database.engine.connect() as connection:
        return int((await connection.execute(select(table.c.attempt).where(table.c.id == version.id))).scalar_one())


async def test_what_is_done_in_time_is_done_once(
    s3_settings: Settings, migrated_mariadb_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with at_work(s3_settings, migrated_mariadb_url, redis_url, tmp_path, 50) as (part, gate, database, version):
        part.tell()
        while "worker_leaves" not in part.log:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
        gate.open()
        assert await part.ended() == 0
        done = (await reload(database, version)).status, await attempts(database, version)
    assert done == (DatasetStatus.READY, 1)
    assert "worker_hands_back" not in part.log


async def test_what_is_not_done_in_time_goes_on_at_another_worker_at_once(
    s3_settings: Settings, s3_store: ObjectStore, migrated_mariadb_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with at_work(s3_settings, migrated_mariadb_url, redis_url, tmp_path, 1) as (part, _, database, version):
        part.tell()
        assert await part.ended() == 0
        claim = await take(database, JobKind.SNAPSHOT)
        assert (claim.id, claim.attempt, claim.strikes) == (version.id, 2, 1)
        await Snapshot(database, s3_store, tmp_path).run(claim)
        assert (await reload(database, version)).status is DatasetStatus.READY
    (line,) = (line for line in part.log.splitlines() if "worker_hands_back" in line)
    assert version.id in line


class Standing:
    """Work that goes on until it may end."""

    slots = 1

    def __init__(self, kind: JobKind) -> None:
        self.kind = kind
        self.claims: list[Claim] = []
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()

    async def run(self, claim: Claim) -> None:
        self.claims.append(claim)
        self.begun.set()
        await self.may_end.wait()

    async def fail(self, claim: Claim, reason: str) -> None:
        raise AssertionError(reason)


@pytest.fixture
async def home(sqlite_database: SqlDatabase) -> Home:
    home = await make_home(sqlite_database)
    await annotate(sqlite_database, home, await add_images(sqlite_database, home.project, ["one"]))
    return home


async def test_a_worker_that_leaves_takes_nothing_more_up(sqlite_database: SqlDatabase, home: Home) -> None:
    work = Standing(JobKind.SNAPSHOT)
    loops = ClaimLoops(sqlite_database, "leaving", [work])
    first = await request_version(sqlite_database, home)
    running = asyncio.create_task(loops.run())
    await work.begun.wait()
    loops.leave()
    other = await make_home(sqlite_database, "Another block")
    await annotate(sqlite_database, other, await add_images(sqlite_database, other.project, ["two"]))
    waiting = await request_version(sqlite_database, other)
    assert loops.at_work() == [f"SNAPSHOT {first.id}"]
    work.may_end.set()
    async with asyncio.timeout(PATIENCE):
        await running
    assert [claim.id for claim in work.claims] == [first.id]
    assert (await take(sqlite_database, JobKind.SNAPSHOT)).id == waiting.id


async def test_a_training_is_handed_back_at_once_and_costs_no_strike(sqlite_database: SqlDatabase, home: Home) -> None:
    job = await train(sqlite_database, home, await in_status(sqlite_database, home, DatasetStatus.READY))
    training, other = Standing(JobKind.TRAINING), Standing(JobKind.SNAPSHOT)
    await request_version(sqlite_database, home)
    loops = ClaimLoops(sqlite_database, "leaving", [training, other])
    running = asyncio.create_task(loops.run())
    await training.begun.wait()
    await other.begun.wait()
    loops.leave()
    async with asyncio.timeout(PATIENCE):
        while len(loops.at_work()) > 1:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
        again = await take(sqlite_database, JobKind.TRAINING)
        assert (again.id, again.attempt, again.strikes) == (job.id, 2, 1)
        assert not running.done()
        other.may_end.set()
        await running
