"""A project on a server that counts, holds and breaks the PUTs, and the command line as processes of their own."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from secret_watch import check_log
from seeds import Home
from stack import PATIENCE, Caller, Stack

ROOT = Path(__file__).parents[1]

PROJECT = """query($id: ID!) { project(id: $id) { totalImages totalAnnotations
  uploadBatches(first: 50) { nodes { name status verified refused assetCount } }
  assets(first: 200) { nodes { filename sizeBytes importedSplit
    annotations { weedType box { x y width height } polygon { x y } } } } } }"""


@dataclass
class Meter:
    """Stands before the application: counts the bytes of PUTs, holds them or breaks them."""

    sent: int = 0
    hold_after: int | None = None
    """Complete PUTs, after which others begin and never end."""
    faults: list[int] = field(default_factory=list)
    """Statuses that the next PUTs are answered with instead; 0 breaks the connection."""
    begun: int = 0
    puts: int = 0
    moved: asyncio.Condition = field(default_factory=asyncio.Condition)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, *, begun: int, puts: int = 0) -> None:
        """Returns when so many PUTs were begun and so many are complete."""
        async with asyncio.timeout(PATIENCE), self.moved:
            await self.moved.wait_for(lambda: self.begun >= begun and self.puts >= puts)

    def around(self, app: ASGIApp) -> ASGIApp:
        async def metered(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["method"] == "PUT":
                await self._put(app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return metered

    async def _put(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if self.faults:
            fault = self.faults.pop(0)
            if fault == 0:
                raise ConnectionError("broken on purpose")
            await PlainTextResponse("on purpose", fault)(scope, receive, send)
            return
        self.begun += 1
        held = self.hold_after is not None and self.begun > self.hold_after
        await self._tell()
        if held:
            await self.release.wait()

        async def counted() -> Message:
            message = await receive()
            self.sent += len(message.get("body", b""))
            return message

        await app(scope, counted, send)
        self.puts += 1
        await self._tell()

    async def _tell(self) -> None:
        async with self.moved:
            self.moved.notify_all()


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    errors: str


@dataclass(frozen=True)
class Site:
    """A project on a running server, and the commands of a member of its team."""

    api: Stack
    meter: Meter
    home: Home

    @property
    def owner(self) -> Caller:
        return self.api.caller(self.home.owner)

    async def start(self, *arguments: str | Path, project: str | None = None) -> asyncio.subprocess.Process:
        token = self.owner.token
        assert token is not None
        options = ["--project", project or self.home.project.id, "--server", self.api.address, "--token", token]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cli",
            *map(str, arguments),
            *options,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("AGRIDRONE_")},
        )

    async def run(self, *arguments: str | Path, project: str | None = None) -> Result:
        return await ended(await self.start(*arguments, project=project))

    async def project(self) -> Any:
        return await self.owner.data(PROJECT, id=self.home.project.id)

    async def images(self) -> dict[str, Any]:
        return {asset["filename"]: asset for asset in (await self.project())["assets"]["nodes"]}


async def ended(process: asyncio.subprocess.Process) -> Result:
    async with asyncio.timeout(2 * PATIENCE):
        out, errors = await process.communicate()
    assert process.returncode is not None
    check_log(errors.decode())
    return Result(process.returncode, out.decode(), errors.decode())
