"""MariaDB and Redis of the fleet's own, that can be ended and started again on the same port."""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from fleet.ports import free_port, listens

_START_SECONDS, _END_SECONDS = 60, 30
_ENVIRONMENT = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}


class Server:
    """A program that listens on `port`. It keeps running until it is ended."""

    def __init__(self, command: Sequence[str], port: int, log: Path) -> None:
        self.port = port
        self._command = command
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when it listens. Raises TimeoutError."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        async with asyncio.timeout(_START_SECONDS):
            while not listens(self.port):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)

    async def end(self, how: signal.Signals) -> None:
        """Returns when it is gone."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(how)
        try:
            await asyncio.wait_for(self._process.wait(), _END_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def restart(self, how: signal.Signals, away_seconds: float = 0) -> None:
        """Ends it that way, and starts it again after a while."""
        await self.end(how)
        await asyncio.sleep(away_seconds)
        await self.start()


def redis_server(folder: Path) -> Server:
    """It keeps nothing: started again it is empty."""
    port = free_port()
    options = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder))
    return Server(("redis-server", "--port", str(port), *options), port, folder / "redis.log")


async def mariadb_server(folder: Path) -> Server:
    """With root's account, that has no password."""
    data, port = folder / "mariadb", free_port()
    made = await asyncio.create_subprocess_exec(
        *("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db"),
        "--auth-root-authentication-method=normal",
        stdout=subprocess.DEVNULL,
        env=_ENVIRONMENT,
    )
    if await made.wait():
        raise RuntimeError(f"mariadb-install-db ended with code {made.returncode}.")
    options = (
        f"--user={getpass.getuser()}",
        f"--datadir={data}",
        f"--socket={folder / 'socket'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--character-set-server=utf8mb4",
        "--innodb-buffer-pool-size=64M",
        # Statements that wait for a lock longer than this fail with 1205, which is repeated as a deadlock is.
        "--innodb-lock-wait-timeout=2",
    )
    return Server(("mariadbd", "--no-defaults", *options), port, folder / "mariadb.log")
