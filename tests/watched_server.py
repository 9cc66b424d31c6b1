"""`agridrone api` in a process of its own, which tells how long its event loop was held, by what, and how large it is.

Run as a program it is that process: it takes its settings as JSON, and answers each line of standard input with the
figures since the line before.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from adapters.logs import configure_logs
from adapters.settings import load_settings
from cli.serve import serve

_TICK_SECONDS = 0.005
_LONG_SECONDS = 0.1
_START_SECONDS = 90.0
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Figures:
    """`worst_hold` and `worst_work` are seconds in which the event loop did nothing else: by the clock, which counts
    what other processes took too, and of the loop's own processor time. `culprits` is where the code was when a hold
    had lasted 100 ms. `rss` is in bytes."""

    worst_hold: float
    worst_work: float
    long_holds: int
    culprits: list[str]
    rss: int


class LoopHolds:
    def __init__(self) -> None:
        self._main = threading.get_ident()
        self._ticked = time.monotonic()
        self._start_over()
        threading.Thread(target=self._look, daemon=True).start()

    def _start_over(self) -> None:
        self._hold, self._work, self._long, self._culprits = 0.0, 0.0, 0, list[str]()

    async def tick(self) -> None:
        """Measures until cancelled."""
        while True:
            worked = time.thread_time()
            await asyncio.sleep(_TICK_SECONDS)
            now = time.monotonic()
            held = now - self._ticked - _TICK_SECONDS
            self._ticked = now
            self._hold = max(self._hold, held)
            self._work = max(self._work, time.thread_time() - worked)
            self._long += held > _LONG_SECONDS

    def _look(self) -> None:
        """Notes once for each long hold where the loop is."""
        noted = 0.0
        while True:
            time.sleep(_TICK_SECONDS)
            ticked = self._ticked
            if ticked != noted and time.monotonic() - ticked > _LONG_SECONDS:
                noted = ticked
                frames = traceback.extract_stack(sys._current_frames()[self._main])
                self._culprits.append(" < ".join(f"{one.name}:{one.lineno}" for one in reversed(frames[-12:])))

    def figures(self) -> Figures:
        """Since the last time this was asked."""
        rss = psutil.Process().memory_info().rss
        found = Figures(self._hold, self._work, self._long, self._culprits[:20], rss)
        self._start_over()
        return found


class WatchedServer:
    def __init__(self, port: int, process: asyncio.subprocess.Process, log: Path) -> None:
        self.port = port
        self._process = process
        self._log = log

    async def figures(self) -> Figures:
        """Since they were asked before."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        async with asyncio.timeout(_START_SECONDS):
            return Figures(**json.loads(await self._process.stdout.readline()))

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")


@asynccontextmanager
async def watched_server(folder: Path, settings: dict[str, Any]) -> AsyncIterator[WatchedServer]:
    """The server answers while this is open. `folder` gets its log."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    words = {"host": "127.0.0.1", "port": port, "public_url": "", **settings}
    log = folder / "server.log"
    with log.open("wb") as err:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            __file__,
            json.dumps(words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=err,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
        )
    server = WatchedServer(port, process, log)
    try:
        await _answers(server)
        yield server
    finally:
        if server.running:
            process.kill()
        await process.wait()


async def _answers(server: WatchedServer) -> None:
    async with asyncio.timeout(_START_SECONDS), httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
        while True:
            assert server.running, f"the server ended as it began:\n{server.log()}"
            try:
                assert (await http.get("/healthz")).status_code == 200
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return


async def _run(words: dict[str, Any]) -> None:
    configure_logs("info")
    holds = LoopHolds()
    serving = asyncio.create_task(serve(load_settings(**words)))
    ticking = asyncio.create_task(holds.tick())
    while await asyncio.to_thread(sys.stdin.readline):
        assert not serving.done(), serving
        assert not ticking.done(), ticking
        sys.stdout.write(f"{json.dumps(asdict(holds.figures()))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_run(json.loads(sys.argv[1])))
