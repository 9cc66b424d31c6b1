"""All processes of the product and all servers, and what one can do to them."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import psutil

from adapters.sign_in import TokenSigner
from adapters.silence import Silence
from db.database import SqlDatabase
from db.engine import create_engine
from db.migrate import upgrade
from domain.sign_in import user_with_team
from faulty_server import FaultyServer
from fleet.audit_process import AuditProcess
from fleet.part import Part
from fleet.ports import free_port
from fleet.server import Server, mariadb_server, redis_server
from live.server import ROOT
from s3_server import S3Server, running_s3
from secret_watch import check_log, keep_out_of_logs
from workers.process import PARENT_VARIABLE

_NAMED_BY_US = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "AGRIDRONE_HOST", "AGRIDRONE_PORT", "AGRIDRONE_DATA_DIR")
_ANSWER_SECONDS = 120


@dataclass(frozen=True)
class Fleet:
    """`mark` is the TMPDIR of all that came out of the parts; nobody else on this machine has it. `s3` stands between
    the parts, their clients too, and the S3 server; the auditor goes past it."""

    database: Server
    redis: Server
    s3: FaultyServer
    parts: Sequence[Part]
    addresses: Sequence[str]
    database_url: str
    redis_url: str
    token: str
    mark: Path
    auditor: AuditProcess

    def of(self, *kinds: str) -> list[Part]:
        return [part for part in self.parts if part.kind in kinds]

    async def answers(self) -> None:
        """Returns when every part runs and every API process answers that all is there. Raises TimeoutError."""
        async with asyncio.timeout(_ANSWER_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            while not (all(part.pid for part in self.parts) and await self._ready(client)):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    def orphans(self) -> list[psutil.Process]:
        """What came out of the parts and has none of them among its ancestors."""
        living = {part.pid for part in self.parts}
        return [one for one in _marked(self.mark) if not _descends(one, living)]

    def log_tails(self) -> str:
        return "\n\n".join(part.log_tail() for part in self.parts)

    async def _ready(self, client: httpx.AsyncClient) -> bool:
        try:
            answers = [await client.get(f"{address}/readyz", timeout=5) for address in self.addresses]
        except httpx.TransportError:
            return False
        return all(answer.is_success for answer in answers)


def _marked(mark: Path) -> list[psutil.Process]:
    """All that runs with that TMPDIR, the training child too."""
    return [process for process in psutil.process_iter() if _is_marked(process, mark)]


def _is_marked(process: psutil.Process, mark: Path) -> bool:
    try:
        return process.environ().get("TMPDIR") == str(mark) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False  # somebody else's, or gone


def _descends(process: psutil.Process, living: set[int | None]) -> bool:
    try:
        return process.pid in living or any(one.pid in living for one in process.parents())
    except psutil.Error:
        return True  # gone meanwhile


@asynccontextmanager
async def running_fleet(logs: Path) -> AsyncIterator[Fleet]:
    """Two processes of each part on servers of their own; afterwards all of it is gone but the logs, in which no secret
    stands."""
    async with AsyncExitStack() as stack:
        # Not pytest's folder: a Unix socket's path has at most 107 bytes.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True)))
        s3 = stack.enter_context(running_s3(folder))
        faulty = await stack.enter_async_context(FaultyServer(s3.url).running())
        bucket = await s3.new_bucket()
        database, redis = await mariadb_server(folder), redis_server(folder)
        for server in (database, redis):
            stack.push_async_callback(server.end, signal.SIGKILL)
            await server.start()
        database_url = f"mysql+aiomysql://root@127.0.0.1:{database.port}/agridrone"
        secret = keep_out_of_logs(secrets.token_hex(32), "JWT_SECRET")
        token = await _signed_in(database_url, secret)
        mark = folder / "tmp"
        mark.mkdir()
        environment = _environment(database_url, f"redis://127.0.0.1:{redis.port}/0", secret, mark)
        outside = {"AGRIDRONE_DATA_DIR": str(folder / "audit"), "TMPDIR": str(logs)}
        auditor = AuditProcess({**environment, **_store(s3, bucket, s3.url), **outside}, logs / "audit.log")
        stack.push_async_callback(auditor.close)
        parts, addresses = _parts(logs)
        stack.callback(_end_marked, mark)
        await stack.enter_async_context(_kept(parts, environment | _store(s3, bucket, faulty.url)))
        fleet = Fleet(
            database, redis, faulty, parts, addresses, database_url, environment["REDIS_URL"], token, mark, auditor
        )
        await fleet.answers()
        yield fleet
    for part in parts:
        check_log(part.log.read_text("utf-8", "replace"))


def _parts(folder: Path) -> tuple[list[Part], list[str]]:
    ports = [free_port(), free_port()]
    parts = [Part("api", n, ("api", "--port", str(port)), folder) for n, port in enumerate(ports)]
    parts += [Part(kind, n, ("worker", kind), folder) for kind in ("io", "gpu") for n in range(2)]
    return parts, [f"http://127.0.0.1:{port}" for port in ports]


@asynccontextmanager
async def _kept(parts: Sequence[Part], environment: Mapping[str, str]) -> AsyncIterator[None]:
    keepers = [asyncio.create_task(part.keep(environment)) for part in parts]
    try:
        yield
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


def _end_marked(mark: Path) -> None:
    for process in _marked(mark):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _environment(database_url: str, redis_url: str, secret: str, mark: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _NAMED_BY_US}
    return {
        **kept,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "JWT_SECRET": secret,
        "TMPDIR": str(mark),
        "DEVICE": "cpu",
        "GPU_SHARING": "exclusive",
        "THREADS": "1",
        "PYTHONPATH": str(ROOT / "tests"),
        "PYTHONUNBUFFERED": "1",
        PARENT_VARIABLE: str(os.getpid()),
    }


def _store(s3: S3Server, bucket: str, address: str) -> dict[str, str]:
    words = {**s3.words(bucket), "s3_endpoint_url": address}
    return {name.upper(): str(word) for name, word in words.items()}


async def _signed_in(database_url: str, secret: str) -> str:
    """Makes the database, and a person with a team: the answer is a token."""
    server, _, name = database_url.rpartition("/")
    engine = create_engine(server)
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    await engine.dispose()
    await upgrade(database_url)
    silence = Silence()
    database = SqlDatabase(create_engine(database_url), silence, silence)
    try:
        user = await user_with_team(database, "person@example.org")
    finally:
        await database.close()
    return keep_out_of_logs(TokenSigner(secret.encode()).issue(user, timedelta(days=1)), "the token")
