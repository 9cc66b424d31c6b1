"""An API process that is told to stop: it turns callers away, sends listeners on to another one, answers what it was
asked, and ends."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from adapters.sign_in import TokenSigner
from cli.client import Client
from fleet.ports import free_port, listens
from gate import Gate
from live.part import Part, running_part
from live.server import ROOT
from secret_watch import keep_out_of_logs
from seeds import Home, make_home, silent_database
from stack import PATIENCE, SECRET, hello

EVENTS = """subscription($id: ID!, $after: String) { projectEvents(projectId: $id, after: $after) {
  cursor subject { ... on Project { name } } } }"""
RENAME = "mutation($input: UpdateProjectInput!) { updateProject(input: $input) { userErrors { code message field } } }"
VIEWER = json.dumps({"query": "{ viewer { name } }"})
UNTIL_TOLD_AGAIN = """
import asyncio
from workers.process import told_to_stop

async def work():
    telling = asyncio.create_task(told_to_stop())
    await asyncio.sleep(0)
    print("ready", flush=True)
    await telling
    print("told", flush=True)
    await asyncio.Event().wait()

asyncio.run(work())
"""


@dataclass(frozen=True, slots=True)
class Api:
    """An API process, and somebody who is signed in there."""

    part: Part
    port: int
    token: str
    http: httpx.AsyncClient

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def comes_to(self, status: int) -> None:
        """Returns when `/readyz` answers so."""
        while await self._readiness() != status:
            assert self.part.running, "the API ended"
            await asyncio.sleep(0.02)

    async def _readiness(self) -> int | None:
        try:
            return (await self.http.get("/readyz")).status_code
        except httpx.TransportError:
            return None

    async def ask(self, document: str, **variables: Any) -> Any:
        """The root field of the answer."""
        answer = (await self.http.post("/graphql", json={"query": document, "variables": variables})).json()
        (value,) = answer["data"].values()
        return value

    async def rename(self, home: Home, name: str) -> None:
        done = await self.ask(RENAME, input={"id": home.project.id, "name": name})
        assert done == {"userErrors": []}

    async def half_asked(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A request of which the server has all but the last byte."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"POST /graphql HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {self.token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(VIEWER)}\r\n\r\n"
        writer.write((head + VIEWER[:-1]).encode())
        await writer.drain()
        return reader, writer

    async def sent_events(self, home: Home) -> list[str]:
        """The names of a stream's events, to the end of the answer."""
        body = {"query": EVENTS, "variables": {"id": home.project.id, "after": "0"}}
        async with self.http.stream("POST", "/graphql", json=body, headers={"Accept": "text/event-stream"}) as answer:
            lines = [line async for line in answer.aiter_lines()]
        return [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]

    async def close_code(self) -> int | None:
        """What a WebSocket is closed with."""
        address = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as wire:
            await hello(wire, {"Authorization": f"Bearer {self.token}"})
            await wire.wait_closed()
        return wire.close_code


@pytest.fixture
async def home(migrated_mariadb_url: str) -> Home:
    database = silent_database(migrated_mariadb_url)
    try:
        return await make_home(database)
    finally:
        await database.close()


@pytest.fixture
async def apis(home: Home, migrated_mariadb_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, Api]]:
    """Two that answer. They turn callers away for two seconds."""
    token = keep_out_of_logs(TokenSigner(SECRET.encode()).issue(home.owner, timedelta(hours=1)), "the token")
    servers = {"DATABASE_URL": migrated_mariadb_url, "REDIS_URL": redis_url, "JWT_SECRET": SECRET}
    async with (
        running_api(tmp_path / "one", token, SHUTDOWN_SECONDS="10", **servers) as one,
        running_api(tmp_path / "two", token, **servers) as two,
    ):
        async with asyncio.timeout(PATIENCE):
            await one.comes_to(200)
            await two.comes_to(200)
        yield one, two


@asynccontextmanager
async def running_api(folder: Path, token: str, **environment: str) -> AsyncIterator[Api]:
    port = free_port()
    address, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"}
    async with (
        running_part(folder, "api", "--port", str(port), **environment) as part,
        httpx.AsyncClient(base_url=address, headers=headers, timeout=PATIENCE) as http,
    ):
        yield Api(part, port, token, http)


async def test_listeners_go_on_elsewhere_and_what_was_asked_is_answered(home: Home, apis: tuple[Api, Api]) -> None:
    going, staying = apis
    async with asyncio.timeout(PATIENCE), Gate(going.url).standing() as balancer:
        heard: list[dict[str, Any]] = []
        following = asyncio.create_task(follow(balancer.url, going.token, home, heard))
        stream, closed = asyncio.create_task(going.sent_events(home)), asyncio.create_task(going.close_code())
        await staying.rename(home, "first")
        await until(lambda: bool(heard))
        reader, writer = await going.half_asked()

        going.part.tell()
        await going.comes_to(503)
        balancer.target = staying.url
        assert await going.ask("{ viewer { name } }") == {"name": home.owner.name}
        renames = 1
        while listens(going.port):
            await staying.rename(home, f"while the other one goes {renames}")
            renames += 1
        writer.write(VIEWER[-1:].encode())
        assert home.owner.name.encode() in await reader.read()
        writer.close()

        assert await going.part.ended() == 0
        assert await closed == 1012
        assert "complete" not in await stream
        await staying.rename(home, "last")
        await until(lambda: heard[-1]["subject"]["name"] == "last")
        following.cancel()
    cursors = [int(event["cursor"]) for event in heard]
    assert cursors == list(range(cursors[0], cursors[0] + renames + 1))
    assert renames > 1


async def test_a_second_signal_ends_a_process_on_the_spot() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", UNTIL_TOLD_AGAIN), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert await process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert await process.stdout.readline() == b"told\n"
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    assert process.returncode == -signal.SIGTERM


async def follow(url: str, token: str, home: Home, heard: list[dict[str, Any]]) -> None:
    async with Client(url, token) as client:
        async for event in client.follow(EVENTS, "0", id=home.project.id):
            heard.append(event)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - other tasks see to it
        await asyncio.sleep(0.02)
