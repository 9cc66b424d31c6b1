"""What tests of every kind stand on: databases of their own, and a corner of Redis."""

from __future__ import annotations

import os
import pickle
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

import pytest
import structlog
from filelock import FileLock
from playwright.async_api import Browser
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from adapters.local_store import LocalStore
from adapters.object_store import open_object_store
from adapters.settings import Settings
from chromium import running_chromium
from cli.embedded_redis import embedded_redis
from db import migrate
from db.database import SqlDatabase
from db.tables import metadata
from domain.ports import ObjectStore
from faulty_server import FaultyServer
from live.server import LiveServer, live_server
from s3_server import S3Server, running_s3
from secret_watch import pytest_runtest_makereport as pytest_runtest_makereport
from seeds import silent_database
from stack import Stack, kept_sandbox, running_api
from trained_detectors import TILED, Detector, train_detector

# Hundreds of processes are started here: what one has compiled, the next ones need not compile again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

BACKENDS = ["sqlite", "mariadb"]
# The gate brings no MySQL: where MYSQL_URL names one, the tests of the tables' history run on it too.
HISTORY_BACKENDS = [*BACKENDS, "mysql"] if os.environ.get("MYSQL_URL") else BACKENDS

_LONGEST_FIRST = ("chaos", "docs", "e2e", "web", "packaging", "integration")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders whose files take longest come first, so that the processes of a run end together."""
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return _LONGEST_FIRST.index(folder) if folder in _LONGEST_FIRST else len(_LONGEST_FIRST)

    items.sort(key=place)


def absent(what: str, address: str, why: Exception) -> NoReturn:
    """A server that is not there: skips by name, except in CI, where everything has to run."""
    cause = why.orig if isinstance(why, DBAPIError) else why
    message = f"{what} is not reachable at {address}: {cause}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


async def _on_server(server: URL, statement: str) -> None:
    engine = create_async_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))


async def _reachable(what: str, url: str) -> URL:
    server = make_url(url).set(drivername="mysql+aiomysql", database=None)
    try:
        await _on_server(server, "SELECT 1")
    except (DBAPIError, OSError) as error:
        absent(what, f"{server.host}:{server.port or 3306}", error)
    return server


@pytest.fixture(scope="session")
async def mariadb_server() -> URL:
    """The MariaDB at MARIADB_URL, by default the one on this machine, without a database chosen."""
    return await _reachable("MariaDB", os.environ.get("MARIADB_URL", "mysql+aiomysql://root@127.0.0.1:3306"))


@pytest.fixture(scope="session")
async def mysql_server() -> URL:
    """The MySQL at MYSQL_URL, without a database chosen."""
    return await _reachable("MySQL", os.environ["MYSQL_URL"])


@asynccontextmanager
async def _database_on(server: URL) -> AsyncIterator[str]:
    name = f"agridrone_test_{secrets.token_hex(6)}"
    await _on_server(server, f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        await _on_server(server, f"DROP DATABASE `{name}`")


@pytest.fixture
async def mariadb_url(mariadb_server: URL) -> AsyncIterator[str]:
    """A fresh, empty database; dropped afterwards."""
    async with _database_on(mariadb_server) as url:
        yield url


@pytest.fixture
async def mysql_url(mysql_server: URL) -> AsyncIterator[str]:
    """As `mariadb_url`, on MySQL."""
    async with _database_on(mysql_server) as url:
        yield url


@pytest.fixture(scope="session")
async def _migrated_mariadb(mariadb_server: URL) -> AsyncIterator[str]:
    async with _database_on(mariadb_server) as url:
        await migrate.upgrade(url)
        yield url


@pytest.fixture
async def migrated_mariadb_url(_migrated_mariadb: str) -> AsyncIterator[str]:
    """A migrated database without rows. Emptied, not dropped, afterwards: leave its tables as they are."""
    yield _migrated_mariadb
    engine = create_async_engine(_migrated_mariadb, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("SET foreign_key_checks = 0"))
        for table in metadata.tables.values():
            await connection.execute(table.delete())


@pytest.fixture
async def redis_url() -> AsyncIterator[str]:
    """An empty database of the Redis at REDIS_URL, by default the one on this machine; emptied again afterwards."""
    server = urlsplit(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    address = f"{server.hostname}:{server.port or 6379}"
    try:
        url = await _claim_redis_database(server)
    except (RedisError, OSError) as error:
        absent("Redis", address, error)
    if url is None:
        pytest.fail(f"The Redis at {address} has no empty database among 1 to 15: empty one that is old.")
    yield url
    async with Redis.from_url(url) as client:
        await client.flushdb()


async def _claim_redis_database(server: SplitResult) -> str | None:
    """Takes a database that holds nothing, so that all that is in it later is the test's to delete."""
    for number in range(15, 0, -1):
        url = server._replace(path=f"/{number}").geturl()
        async with Redis.from_url(url) as client:
            if await client.dbsize() == 0 and await client.set("agridrone-test", os.getpid(), nx=True):
                return url
    return None


@pytest.fixture(params=HISTORY_BACKENDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables: each test runs on SQLite and MariaDB, and on MySQL where MYSQL_URL names one."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=[backend for backend in HISTORY_BACKENDS if backend != "sqlite"])
def empty_server_url(request: pytest.FixtureRequest) -> str:
    """As `empty_database_url`, without SQLite."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """A command that a test ran in this process has logs go to a file that is closed by now."""
    _plain_logs()
    yield
    _plain_logs()


def _plain_logs() -> None:
    """As structlog has them by itself; but to draw one exception in colours takes it a second."""
    structlog.reset_defaults()
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.fixture(scope="session")
async def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: copying is quicker than migrating."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    await migrate.upgrade(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite database."""
    file = shutil.copy(migrated_sqlite, tmp_path / "agridrone.db")
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database without rows: each test runs on SQLite and on MariaDB, and leaves the tables as they are."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "migrated_mariadb_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[SqlDatabase]:
    """The product's database, whose events and wakes nobody hears."""
    database = silent_database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[SqlDatabase]:
    """As `database`, where one kind is enough."""
    database = silent_database(sqlite_url)
    yield database
    await database.close()


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "objects", "http://127.0.0.1:8000", b"a secret of the tests")


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server for all tests; each makes a bucket of its own."""
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
async def s3_settings(s3_server: S3Server) -> Settings:
    """The product's settings for an empty bucket."""
    return s3_server.settings(await s3_server.new_bucket())


@pytest.fixture
async def s3_store(s3_settings: Settings) -> AsyncIterator[ObjectStore]:
    """The bucket of `s3_settings`."""
    async with open_object_store(s3_settings) as store:
        yield store


@pytest.fixture
async def faulty_s3(s3_server: S3Server) -> AsyncIterator[FaultyServer]:
    """A second way to the S3 server, with faults as a test wants them."""
    async with FaultyServer(s3_server.url).running() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def any_store(request: pytest.FixtureRequest) -> ObjectStore:
    """An empty object store: each test runs on a folder and on S3."""
    store: ObjectStore = request.getfixturevalue("store" if request.param == "folder" else "s3_store")
    return store


@pytest.fixture(scope="session")
async def embedded_redis_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The Redis that `up` brings along; what tests write there is named by ids that no other test knows."""
    async with embedded_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
async def _sandbox() -> AsyncIterator[None]:
    async with kept_sandbox():
        yield


@pytest.fixture
async def api(sqlite_url: str, embedded_redis_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    """The running API on its embedded parts."""
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url) as stack:
        yield stack


@pytest.fixture(params=BACKENDS)
def servers(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A migrated database without rows and its Redis: the embedded parts, then MariaDB with Redis."""
    names = {"sqlite": ("sqlite_url", "embedded_redis_url"), "mariadb": ("migrated_mariadb_url", "redis_url")}
    database, redis = (request.getfixturevalue(name) for name in names[request.param])
    return database, redis


@pytest.fixture
async def any_api(servers: tuple[str, str], tmp_path: Path) -> AsyncIterator[Stack]:
    """The running API: each test runs on the embedded parts, and on MariaDB with Redis."""
    async with running_api(tmp_path / "data", *servers) as stack:
        yield stack


@pytest.fixture(scope="session")
async def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """It finds the plants of plant_scenes, on tiles. Trained once for all tests, by whichever process is first."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "detector"
    with FileLock(f"{folder}.lock"):
        known = folder / "detector.pickle"
        if not known.exists():
            known.write_bytes(pickle.dumps(await train_detector(folder, TILED, epochs=10)))
        found: Detector = pickle.loads(known.read_bytes())
    return found


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, for the built pages."""
    async with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """`agridrone up` on a folder of the module's own."""
    with live_server() as server:
        yield server
