"""One process of the product, kept running as systemd would."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from fleet.full_disk import flag_of
from live.server import ROOT

_RESTART_SECONDS = 0.5
_STOP_SECONDS = 30
_LOG_LINES = 30
_USUAL = '"level": "info"'


class Part:
    """`kind` is api, io or gpu; its log and its data folder lie in `folder`."""

    def __init__(self, kind: str, number: int, command: tuple[str, ...], folder: Path) -> None:
        self.kind = kind
        self.name = f"{kind}-{number}"
        self.data_dir = folder / self.name
        self.log = folder / f"{self.name}.log"
        self.ends: list[int] = []
        self._command = command
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def keep(self, environment: Mapping[str, str]) -> None:
        """Starts it, and starts it again whenever it ends; kills it when this is cancelled."""
        mine = {**environment, "AGRIDRONE_DATA_DIR": str(self.data_dir)}
        while True:
            with self.log.open("ab") as log:
                process = self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "fleet.entry", *self._command),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=mine,
                    cwd=ROOT,
                    start_new_session=True,
                )
            try:
                self.ends.append(await process.wait())
            except asyncio.CancelledError:
                if process.returncode is None:
                    process.kill()
                await process.wait()
                raise
            await asyncio.sleep(_RESTART_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        """Sends it to the process of this moment, if there is one."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def ended(self, process_id: int | None) -> bool:
        """Whether that process of it ends within half a minute."""
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                while process_id is not None and self.pid == process_id:  # noqa: ASYNC110 - the keeper waits for it
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return False
        return True

    def children(self, word: str) -> list[psutil.Process]:
        """What it started, with that word among its arguments."""
        try:
            started = psutil.Process(self.pid).children(recursive=True) if self.pid else []
            return [child for child in started if word in child.cmdline()]
        except psutil.Error:
            return []

    def fill_disk(self, full: bool) -> None:
        flag = flag_of(self.data_dir)
        if full:
            flag.touch()
        else:
            flag.unlink(missing_ok=True)

    def log_tail(self) -> str:
        """The last lines that tell of trouble."""
        if not self.log.exists():
            return ""
        lines = (line for line in self.log.read_text("utf-8", "replace").splitlines() if _USUAL not in line)
        tail = "\n".join(line[:400] for line in list(lines)[-_LOG_LINES:])
        return f"{self.name}, of which all is in {self.log}:\n{tail}"
