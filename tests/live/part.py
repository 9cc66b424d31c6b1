"""One part of the product as a process of its own, on servers that a test has."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from live.server import ROOT
from secret_watch import check_log

_END_SECONDS = 60
_NAMED_BY_US = ("DATABASE_URL", "REDIS_URL", "JWT_SECRET", "AGRIDRONE_HOST", "AGRIDRONE_PORT", "PUBLIC_URL")


class Part:
    """`log` is what it has written so far."""

    def __init__(self, process: asyncio.subprocess.Process, file: Path) -> None:
        self._process = process
        self._file = file

    @property
    def log(self) -> str:
        return self._file.read_text("utf-8", "replace")

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    def tell(self, number: signal.Signals = signal.SIGTERM) -> None:
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Its exit code, once it has ended. Raises TimeoutError."""
        async with asyncio.timeout(_END_SECONDS):
            return await self._process.wait()


@asynccontextmanager
async def running_part(folder: Path, *command: str, module: str = "cli", **environment: str) -> AsyncIterator[Part]:
    """A command of the product, as ("worker", "io"), with its data and its log in `folder`; killed afterwards if it
    still runs. A failure shows its log, which must hold no secret."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "log"
    with file.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(folder, environment),
            cwd=ROOT,
            start_new_session=True,
        )
    part = Part(process, file)
    try:
        yield part
    except BaseException as error:
        error.add_note(f"The log of {' '.join(command)} ends with:\n{part.log[-4000:]}")
        raise
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    check_log(part.log)


def _environment(folder: Path, chosen: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _NAMED_BY_US}
    ours = {"AGRIDRONE_DATA_DIR": str(folder / "data"), "THREADS": "1", "PYTHONPATH": str(ROOT / "tests")}
    return {**kept, **ours, **chosen}
