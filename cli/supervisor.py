"""Starts the parts, starts a part again that died, and stops them all."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path

import httpx
import typer

from adapters.settings import Settings, SettingsError
from cli.embedded_redis import embedded_redis
from db.migrate import upgrade
from workers.process import PARENT_VARIABLE

_PARTS = (("api",), ("worker", "io"), ("worker", "gpu"))
_HANDING_BACK_SECONDS = 15
_RESTART_SECONDS = 1.0
_READY_SECONDS = 60
_ASK_SECONDS = 0.1


async def supervise(settings: Settings) -> int:
    """Runs everything until SIGINT or SIGTERM; the answer is the exit code. A second signal kills the parts that have
    not ended by then."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    told, again = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, lambda: (again if told.is_set() else told).set())
    with _alone(settings.data_dir):
        await upgrade(settings.sqlalchemy_url)
        redis = nullcontext(settings.redis_url) if settings.redis_url else embedded_redis(settings.data_dir)
        async with redis as redis_url:
            port = _free_port(settings)
            environment = _environment(settings, port, redis_url)
            async with _parts(environment, again, settings.shutdown_seconds + _HANDING_BACK_SECONDS):
                url = settings.model_copy(update={"port": port, "public_url": ""}).base_url
                if not await _ready(url, told):
                    typer.echo(f"The API did not answer on {url} within {_READY_SECONDS} seconds.", err=True)
                    return 1
                if not told.is_set():
                    typer.echo(f"ready {url}")
                    sys.stdout.flush()
                await told.wait()
    return 0


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """One `up` a data folder: two would share one database file and one Redis note."""
    with (data_dir / "up.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            text = f"AGRIDRONE_DATA_DIR: another `agridrone up` runs on {data_dir}; stop it or choose another folder"
            raise SettingsError(text) from error
        yield


def _environment(settings: Settings, port: int, redis_url: str) -> Mapping[str, str]:
    return {
        **os.environ,
        "AGRIDRONE_HOST": settings.host,
        "AGRIDRONE_PORT": str(port),
        "AGRIDRONE_DATA_DIR": str(settings.data_dir.resolve()),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": redis_url,
        "METRICS_PORT": str(settings.metrics_port),
        PARENT_VARIABLE: str(os.getpid()),
    }


def environment_of(part: tuple[str, ...], environment: Mapping[str, str]) -> Mapping[str, str]:
    """Of one part: two workers cannot tell their metrics on one port, so the gpu worker has the next one."""
    port = int(environment["METRICS_PORT"])
    return {**environment, "METRICS_PORT": str(port + 1)} if port and part == ("worker", "gpu") else environment


@asynccontextmanager
async def _parts(environment: Mapping[str, str], again: asyncio.Event, seconds: float) -> AsyncIterator[None]:
    """The parts run while this is open; then each is asked to stop, and made to after so many seconds, or when we are
    told `again`."""
    keepers = [asyncio.create_task(_keep(part, environment_of(part, environment), again, seconds)) for part in _PARTS]
    try:
        yield
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


async def _keep(part: tuple[str, ...], environment: Mapping[str, str], again: asyncio.Event, seconds: float) -> None:
    """Keeps one part running, until it is cancelled."""
    while True:
        # In a session of its own, so that Ctrl-C reaches only us, and we stop the parts in order.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli", *part, env=environment, start_new_session=True
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            await _stop(process, again, seconds)
            raise
        typer.echo(f"{' '.join(part)} ended with code {code}; it is started again.", err=True)
        await asyncio.sleep(_RESTART_SECONDS)


async def _stop(process: asyncio.subprocess.Process, again: asyncio.Event, seconds: float) -> None:
    process.terminate()
    ended, impatient = asyncio.create_task(process.wait()), asyncio.create_task(again.wait())
    await asyncio.wait([ended, impatient], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    impatient.cancel()
    if not ended.done():
        process.kill()
    await ended


async def _ready(url: str, told: asyncio.Event) -> bool:
    """Whether the API answers before the time is over; True also when we are told to stop meanwhile."""
    async with httpx.AsyncClient() as client:
        for _ in range(int(_READY_SECONDS / _ASK_SECONDS)):
            if told.is_set():
                return True
            try:
                if (await client.get(f"{url}/readyz")).status_code == httpx.codes.OK:
                    return True
            except httpx.TransportError:
                pass
            await asyncio.sleep(_ASK_SECONDS)
    return False


def _free_port(settings: Settings) -> int:
    """The port to listen on, a free one for 0. Raises SettingsError when it is taken: another would answer there."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.create_server((settings.host, settings.port), family=family) as server:
            return int(server.getsockname()[1])
    except OSError as error:
        text = f"AGRIDRONE_PORT: {settings.host} port {settings.port} cannot be listened on ({error.strerror})"
        raise SettingsError(text) from error
