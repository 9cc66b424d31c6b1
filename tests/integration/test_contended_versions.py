"""Versions made at once on MariaDB while others lock the same rows the other way round, hold them long, and kill."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from db.database import SqlDatabase
from db.tables import training_datasets
from domain.errors import DomainError, ErrorCode
from domain.events import project_stream
from domain.models.config import SplitConfig, VersionConfig
from domain.models.version import DatasetVersion
from domain.versions import CreateVersion, create_version
from seeds import Home, add_images, add_project, annotate, make_home, silent_database
from stack import PATIENCE

_NO_SUCH_THREAD, _LOCK_TIMEOUT, _DEADLOCK, _INTERRUPTED = 1094, 1205, 1213, 1317
_HEAVY = 200
"""Rows that a disturber writes, so that InnoDB undoes the other side of a deadlock, which wrote less."""
Disturbance = Callable[[], Awaitable[None]]


class Site:
    """Two API processes on one database, whose sessions wait a second for a lock, and the errors that they met."""

    def __init__(self, url: str) -> None:
        self.processes = [silent_database(url), silent_database(url)]
        self.errors: Counter[int] = Counter()
        # Another application's connections.
        self.others = create_async_engine(url, poolclass=NullPool)
        for process in self.processes:
            event.listen(process.engine.sync_engine, "handle_error", self._note)
            event.listen(process.engine.sync_engine, "connect", _impatient)

    @property
    def database(self) -> SqlDatabase:
        return self.processes[0]

    def _note(self, context: ExceptionContext) -> None:
        self.errors[context.original_exception.args[0]] += 1

    async def create(self, home: Home, number: int, wanted: CreateVersion) -> tuple[DatasetVersion, bool]:
        return await create_version(self.processes[number % 2], home.principal, wanted)

    async def close(self) -> None:
        for process in self.processes:
            await process.close()
        await self.others.dispose()


def _impatient(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
    cursor.close()


@pytest.fixture
async def site(migrated_mariadb_url: str) -> AsyncIterator[Site]:
    site = Site(migrated_mariadb_url)
    yield site
    await site.close()


@pytest.fixture
async def home(site: Site) -> Home:
    home = await make_home(site.database)
    await annotate(site.database, home, await add_images(site.database, home.project, ["one"]))
    return home


def command(home: Home, key: str | None = None) -> CreateVersion:
    return CreateVersion(home.project.id, key, None, None, VersionConfig())


@asynccontextmanager
async def meanwhile(disturbances: Mapping[Disturbance, float]) -> AsyncIterator[None]:
    """All of them again and again, each with so many seconds between, until the block is done."""
    over = asyncio.Event()

    async def repeat(disturb: Disturbance, breath: float) -> None:
        while not over.is_set():
            await disturb()
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), breath)

    async with asyncio.TaskGroup() as group:
        for disturb, breath in disturbances.items():
            group.create_task(repeat(disturb, breath))
        try:
            yield
        finally:
            over.set()


@contextmanager
def suffering(code: int) -> Iterator[None]:
    """The error of that code, and no other, is what the test is about."""
    try:
        yield
    except OperationalError as error:
        if error.orig is None or error.orig.args[0] != code:
            raise


async def lock_the_other_way_round(others: AsyncEngine, home: Home) -> None:
    """Takes the project's event counter and then the project, which createVersion takes the other way round."""
    stream, rows = project_stream(home.project.id), [{"stream": f"other:{number}"} for number in range(_HEAVY)]
    async with others.connect() as connection:
        await connection.execute(text("INSERT INTO EventStream (stream, seq) VALUES (:stream, 1)"), rows)
        counter = text("SELECT seq FROM EventStream WHERE stream = :stream FOR UPDATE")
        await connection.execute(counter, {"stream": stream})
        await asyncio.sleep(0.05)
        project = text("SELECT id FROM Project WHERE id = :id FOR UPDATE")
        with suffering(_DEADLOCK):
            await connection.execute(project, {"id": home.project.id})
        await connection.rollback()


async def hold_too_long(others: AsyncEngine, home: Home) -> None:
    """Holds the project's row for longer than anybody waits for it."""
    async with others.connect() as connection:
        project = text("SELECT id FROM Project WHERE id = :id FOR UPDATE")
        await connection.execute(project, {"id": home.project.id})
        await asyncio.sleep(2)
        await connection.rollback()


def locks(site: Site, home: Home) -> Mapping[Disturbance, float]:
    # Held without pause, the project's row would turn everybody away in the end, and rightly.
    return {
        partial(lock_the_other_way_round, site.others, home): 0.1,
        partial(hold_too_long, site.others, home): 5,
    }


async def numbers_stored(site: Site, home: Home) -> list[int]:
    mine = select(training_datasets.c.version).where(training_datasets.c.project_id == home.project.id)
    async with site.database.engine.connect() as connection:
        return sorted((await connection.execute(mine)).scalars())


async def test_deadlocks_and_lock_time_outs_cost_no_number_and_no_answer(site: Site, home: Home) -> None:
    async with (
        asyncio.timeout(PATIENCE),
        meanwhile(locks(site, home)),
    ):
        await asyncio.sleep(0.3)  # they hold their locks
        made = await asyncio.gather(*(site.create(home, number, command(home)) for number in range(64)))
    assert sorted(version.version for version, _ in made) == list(range(1, 65))
    assert all(created for _, created in made)
    assert len({version.id for version, _ in made}) == 64
    assert await numbers_stored(site, home) == list(range(1, 65))
    assert site.errors[_DEADLOCK] > 0, "no deadlock was met: the test is none"
    assert site.errors[_LOCK_TIMEOUT] > 0, "no lock was waited for too long: the test is none"
    head = await site.database.read(lambda uow: uow.events.head([project_stream(home.project.id)]))
    assert head == {project_stream(home.project.id): 64}, "what is undone is not told"


async def test_one_key_makes_one_version_through_deadlocks_and_lock_time_outs(site: Site, home: Home) -> None:
    beside = replace(home, project=await add_project(site.database, home.team, "East block"))
    await annotate(site.database, beside, await add_images(site.database, beside.project, ["two"]))
    async with (
        asyncio.timeout(PATIENCE),
        meanwhile(locks(site, home)),
    ):
        await asyncio.sleep(0.3)
        calls = [site.create(home, number, command(home, "key")) for number in range(100)]
        *made, outcome = await asyncio.gather(*calls, site.create(beside, 0, command(beside, "key")))
    elsewhere, made_elsewhere = outcome
    assert len({version.id for version, _ in made}) == 1
    assert sum(created for _, created in made) == 1
    assert (elsewhere.project_id, elsewhere.version, made_elsewhere) == (beside.project.id, 1, True)
    assert site.errors[_DEADLOCK] + site.errors[_LOCK_TIMEOUT] > 0
    other = replace(command(home, "key"), config=VersionConfig(splits=SplitConfig(seed=1)))
    with pytest.raises(DomainError) as refused:
        await site.create(home, 0, other)
    assert refused.value.code is ErrorCode.IDEMPOTENCY_MISMATCH
    assert "(splits.seed)" in refused.value.message
    assert await numbers_stored(site, home) == [1]


async def kill_who_waits(others: AsyncEngine) -> None:
    """Ends one statement of those that wait for the project's row."""
    async with others.connect() as connection:
        processes = "SELECT id FROM information_schema.processlist WHERE db = DATABASE()"
        waiting = text(f"{processes} AND info LIKE :statement LIMIT 1")
        found = (await connection.execute(waiting, {"statement": "SELECT `Project`.id%FOR UPDATE"})).scalar()
        if found is not None:
            with suffering(_NO_SUCH_THREAD):
                await connection.execute(text(f"KILL QUERY {found:d}"))


async def test_a_killed_call_leaves_no_hole_and_is_repeated_with_its_key(site: Site, home: Home) -> None:
    async def insist(number: int) -> tuple[DatasetVersion, int]:
        for attempt in range(50):
            with suffering(_INTERRUPTED):
                version, _ = await site.create(home, number, command(home, f"call {number}"))
                return version, attempt
        raise AssertionError("it was killed too often")

    async with (
        asyncio.timeout(PATIENCE),
        meanwhile({partial(kill_who_waits, site.others): 0.05, partial(hold_too_long, site.others, home): 5}),
    ):
        await asyncio.sleep(0.3)
        made = await asyncio.gather(*(insist(number) for number in range(64)))
    assert sum(attempts for _, attempts in made) > 0, "nothing was killed: the test is none"
    assert sorted(version.version for version, _ in made) == list(range(1, 65))
    assert await numbers_stored(site, home) == list(range(1, 65))
