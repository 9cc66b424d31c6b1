"""The SAM3 service that shares a GPU host, in a process of its own: it loads its model into a share of the GPU's memory
(gpu_budget), takes the GPU over the host's HTTP face for as long as it computes, and unloads when it is asked to; or
refuses, hangs or crashes then, as a test wants it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from fenced_journal import FencedJournal
from gpu_budget import GpuBudget
from wakefulness import Wakefulness, watched_wakefulness

NAME = "SAM3"
"""In the journal."""
_PATIENCE_SECONDS = 60.0
_FREES_AFTER_SECONDS = 0.1
"""Memory is free a moment after the unloading was acknowledged."""


class Manner(StrEnum):
    """What it does when it is asked to unload."""

    UNLOADS = "UNLOADS"
    REFUSES = "REFUSES"
    REFUSES_ONCE = "REFUSES_ONCE"
    HANGS = "HANGS"
    CRASHES = "CRASHES"


@dataclass
class Report:
    """What it has lived through. `lost`: the GPU was somebody else's when it renewed or returned it; `stolen`: and that
    although it had renewed it all the time, as it should. `disturbed`: it was asked to unload while it had the GPU."""

    computed: int = 0
    lost: int = 0
    stolen: int = 0
    disturbed: int = 0
    asked_to_unload: int = 0


@dataclass(frozen=True)
class Sam3Process:
    url: str
    _process: Process
    _http: httpx.AsyncClient

    async def computed(self, face: str, secret: str, seconds: float, wait_seconds: float = 0.0) -> dict[str, Any]:
        """What became of a computation of so many seconds, on the GPU of the host with that HTTP face."""
        order = {"face": face, "secret": secret, "seconds": seconds, "waitSeconds": wait_seconds}
        return await self._told("compute", order)

    async def behave(self, manner: Manner) -> None:
        await self._told("behave", {"manner": manner})

    async def load(self) -> None:
        """Has its model loaded without a word to the host, as after a start of its own."""
        await self._told("load", {})

    async def report(self) -> Report:
        return Report(**await self._told("report", {}))

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _told(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._http.post(f"{self.url}/{path}", json=body)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


@asynccontextmanager
async def running_sam3(budget: GpuBudget, share: int, journal_url: str, port: int = 0) -> AsyncIterator[Sam3Process]:
    """It answers; `share` is what its model takes, in bytes, and the Redis at `journal_url` has the journal
    (fenced_journal) of those who have the GPU. Killed afterwards."""
    arguments = [str(budget.file), str(budget.total), str(share), journal_url, str(port)]
    environment = {"PYTHONPATH": ":".join(place for place in sys.path if place)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sam3_server", *arguments, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as http:
        sam3 = Sam3Process(url, process, http)
        try:
            yield sam3
        finally:
            await sam3.kill()


class _Sam3:
    def __init__(self, budget: GpuBudget, share: int, journal: FencedJournal) -> None:
        self._budget = budget
        self._share = share
        self._journal = journal
        self._model: str | None = None
        self._models = 0
        self._manner = Manner.UNLOADS
        self._has_gpu = False
        self._report = Report()

    async def unload(self, _: Request) -> JSONResponse:
        self._report.asked_to_unload += 1
        self._report.disturbed += self._has_gpu
        manner = self._manner
        if manner is Manner.CRASHES:
            os._exit(1)
        if manner is Manner.HANGS:
            await asyncio.sleep(_PATIENCE_SECONDS)
        if manner is Manner.REFUSES_ONCE:
            self._manner = Manner.UNLOADS
        if self._has_gpu or manner is not Manner.UNLOADS:
            return JSONResponse({"detail": "busy"}, status_code=503)
        if self._model is not None:
            asyncio.get_running_loop().call_later(_FREES_AFTER_SECONDS, self._budget.give_back, self._model)
            self._model = None
        return JSONResponse({"unloaded": True})

    async def compute(self, request: Request) -> JSONResponse:
        order = await request.json()
        headers = {"Authorization": f"Bearer {order['secret']}"}
        face = f"{order['face']}/api/v1/gpu/"
        async with httpx.AsyncClient(
            base_url=face, headers=headers, timeout=_PATIENCE_SECONDS, trust_env=False
        ) as http:
            async with watched_wakefulness() as awake:
                answer = await http.post("acquire", json={"waitSeconds": order["waitSeconds"]})
                if not answer.is_success:
                    return JSONResponse({"outcome": "REFUSED", "error": answer.json()["error"]})
                outcome = await self._computed(http, answer.json(), order["seconds"], awake)
            return JSONResponse({"outcome": outcome})

    async def behave(self, request: Request) -> JSONResponse:
        self._manner = Manner((await request.json())["manner"])
        return JSONResponse({})

    async def load(self, _: Request) -> JSONResponse:
        self._load()
        return JSONResponse({})

    async def report(self, _: Request) -> JSONResponse:
        return JSONResponse(asdict(self._report))

    def _load(self) -> None:
        """Raises MemoryError, and the budget has it on record."""
        if self._model is None:
            self._models += 1
            name = f"{NAME} {os.getpid()}.{self._models}"
            self._budget.take(name, self._share)
            self._model = name

    async def _computed(
        self, http: httpx.AsyncClient, terms: dict[str, Any], seconds: float, awake: Wakefulness
    ) -> str:
        token, renewals = terms["token"], _Renewals(terms)
        over = time.monotonic() + seconds
        self._has_gpu = True
        try:
            self._load()
            await self._journal.write(token, NAME, "ENTERED")
            while (left := over - time.monotonic()) > 0:
                await asyncio.sleep(min(left, renewals.pause))
                await self._journal.write(token, NAME, "WROTE", renewals.late)
                # Also in the end: it wants to know whether it had the GPU all the time.
                if await renewals.asked(http) == 409:
                    await self._journal.write(token, NAME, "LOST", renewals.late)
                    self._report.lost += 1
                    in_time = renewals.late <= renewals.pause / 2 and awake.longest_gap <= renewals.pause
                    self._report.stolen += in_time
                    return "LOST"
            await self._journal.write(token, NAME, "LEFT", renewals.late)
        finally:
            self._has_gpu = False
            await http.post("release", json={"token": token})
        self._report.computed += 1
        return "COMPUTED"


class _Renewals:
    """By how many seconds the GPU was renewed too `late` at most. Half a `pause` does no harm: a Redis that forgot
    waits for two of them for whoever has the GPU."""

    def __init__(self, terms: dict[str, Any]) -> None:
        self._token = {"token": terms["token"]}
        self._asked_at = time.monotonic()
        self.pause: float = terms["renewSeconds"]
        self.late = 0.0

    async def asked(self, http: httpx.AsyncClient) -> int:
        """The status of the answer; 503 when there is none."""
        asked_at = time.monotonic()
        try:
            status = (await http.post("renew", json=self._token)).status_code
        except httpx.TransportError:
            status = 503
        self.late = max(self.late, time.monotonic() - self._asked_at - self.pause)
        self._asked_at = asked_at
        return status


def _serve(file: str, total: str, share: str, journal_url: str, port: str) -> None:
    journal = FencedJournal(Redis.from_url(journal_url))
    sam3 = _Sam3(GpuBudget(Path(file), int(total)), int(share), journal)
    calls = {
        "/api/v1/unload": sam3.unload,
        "/compute": sam3.compute,
        "/behave": sam3.behave,
        "/load": sam3.load,
        "/report": sam3.report,
    }
    app = Starlette(routes=[Route(path, call, methods=["POST"]) for path, call in calls.items()])
    listener = socket.create_server(("127.0.0.1", int(port)))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off")).run(sockets=[listener])


if __name__ == "__main__":
    _serve(*sys.argv[1:])
