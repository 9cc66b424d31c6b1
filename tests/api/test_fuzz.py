"""Ten thousand requests and some hundred WebSocket frames made at random: whatever comes, the server answers, stays
awake and does not grow. FUZZ_SEED chooses others."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from graphql import build_schema
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol
from worlds import Ids, make_world

from domain.models.people import TeamRole
from fuzzed_documents import Documents
from fuzzed_requests import FuzzedRequest, Requests, dumped
from hostile_documents import BODIES, INVALID, TOO_COMPLEX
from raw_http import Answer, HungUpError, RawConnection, said_to
from stack import PATIENCE, SECRET, running_api
from watched_server import Figures, WatchedServer, watched_server

SEED = int(os.environ.get("FUZZ_SEED", "7"))
REQUESTS, WARM_UP, CONNECTIONS, AT_ONCE = 10_000, 1_000, 80, 16
SDL = Path(__file__).parents[2] / "schema" / "schema.graphql"
GROWTH_BYTES = 256 << 20
_NO_HTTP = b"Invalid HTTP request received."
"""The server's answer to what is no HTTP, before any of it is ours."""


@dataclass(slots=True)
class Tally:
    """What came back."""

    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    closes: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0
    """Seconds."""

    def take(self, request: FuzzedRequest, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        codes = _codes(_decoded(answer.body))
        self.codes.update(codes)
        ours = request.path.partition("?")[0] == "/graphql" and request.method != "HEAD"
        untyped = ours and answer.status >= 400 and not codes and answer.body != _NO_HTTP
        if answer.status >= 500 or b'"INTERNAL"' in answer.body or untyped:
            self.wrong.append(f"{answer} for {request.told()}")


def _codes(answer: Any) -> list[str]:
    """The codes of an answer's errors; "" for one without."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return [(error.get("extensions") or {}).get("code", "") for error in errors or ()]


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Target:
    """A server with two teams on it, and who speaks to it: members of each role, a stranger to them, and nobody."""

    server: WatchedServer
    tokens: tuple[str | None, ...]
    ids: Mapping[str, list[str]]

    def requests(self, seed: int) -> tuple[Requests, Random]:
        random = Random(seed)
        return Requests(Documents(build_schema(SDL.read_text()), self.ids, random), random), random


@pytest.fixture(scope="module")
async def target(
    migrated_sqlite: Path, embedded_redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Target]:
    tmp_path = tmp_path_factory.mktemp("fuzz")
    sqlite_url = f"sqlite+aiosqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'agridrone.db')}"
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url) as stack:
        worlds = [await make_world(stack, name) for name in ("north", "south")]
        people = [worlds[0].members[role] for role in (TeamRole.OWNER, TeamRole.MEMBER, TeamRole.VIEWER)]
        signer = stack.services.signer
        tokens = [signer.issue(user, timedelta(hours=1)) for user in (*people, worlds[1].members[TeamRole.OWNER])]
    settings = {
        "data_dir": str(tmp_path / "data"),
        "database_url": sqlite_url,
        "redis_url": embedded_redis_url,
        "jwt_secret": SECRET,
        "api_operations_per_minute": 1_000_000,
        "graphiql": "off",
    }
    async with watched_server(tmp_path, settings) as server:
        yield Target(server, (*tokens, None, "nonsense"), _pool([world.ids for world in worlds]))


def _pool(worlds: list[Ids]) -> dict[str, list[str]]:
    return {kind: [ids[kind] for ids in worlds] for kind in worlds[0]}


async def _send_all(target: Target, count: int, seed: int, tally: Tally) -> None:
    requests, random = target.requests(seed)
    left = iter(range(count))

    async def send() -> None:
        connection = RawConnection(target.server.port)
        for _ in left:
            request, token, asked = requests.request(), random.choice(target.tokens), time.monotonic()
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await connection.send(request.encoded(token), head=request.method == "HEAD")
            except (HungUpError, ConnectionError, TimeoutError) as error:
                tally.wrong.append(f"{error!r} for {request.told()}")
            else:
                tally.take(request, answer)
                tally.slowest = max(tally.slowest, time.monotonic() - asked)
        connection.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(send())


def _sound(server: WatchedServer, tally: Tally, figures: Figures) -> None:
    """Fails with the seed, and with what was wrong."""
    told = f"FUZZ_SEED={SEED}, {tally.statuses}, {tally.closes}, {tally.codes}, {figures}"
    assert server.running, f"The server is gone: {told}"
    assert tally.wrong == [], f"{len(tally.wrong)} wrong answers. {told}\n" + "\n".join(tally.wrong[:10])
    bug = re.search(r"(Exception in|internal_error|never retrieved).{,4000}", server.log(), re.DOTALL)
    assert bug is None, f"The server's log tells of a bug. {told}\n{bug[0]}"
    assert figures.worst_work < 1, told
    assert figures.worst_hold < 10, told


async def test_ten_thousand_requests(target: Target) -> None:
    """`pytest -rP` shows the figures: the promise is 100 ms for `worst_hold`, on a machine that does nothing else."""
    tally = Tally()
    await _send_all(target, WARM_UP, SEED + 1, tally)
    before = await target.server.figures()
    await _send_all(target, REQUESTS - WARM_UP, SEED, tally)
    figures = await target.server.figures()
    sys.stdout.write(f"{figures}\nThe slowest answer took {tally.slowest:.2f} s. {tally.statuses} {tally.codes}\n")
    _sound(target.server, tally, figures)
    assert figures.rss - before.rss < GROWTH_BYTES, f"from {before.rss} to {figures.rss} bytes, FUZZ_SEED={SEED}"
    assert tally.statuses[200] > REQUESTS / 4, f"hardly a document was read: {tally.statuses}"


async def test_hostile_documents_are_soon_refused(target: Target) -> None:
    """Those of the matrix, where a hold of the event loop is seen."""
    tally, connection = Tally(), RawConnection(target.server.port)
    documents = [one for row in (*TOO_COMPLEX.values(), *INVALID.values()) for one in row]
    bodies = [dumped({"query": document}) for document in documents] + [one for row in BODIES.values() for one in row]
    await target.server.figures()
    for body in bodies:
        request = FuzzedRequest("POST", "/graphql", {"Content-Type": "application/json"}, body)
        tally.take(request, await connection.send(request.encoded(target.tokens[0])))
    connection.close()
    _sound(target.server, tally, await target.server.figures())


async def test_hundreds_who_do_not_speak_http(target: Target) -> None:
    tally, (requests, _) = Tally(), target.requests(SEED)
    await target.server.figures()
    for _ in range(300):
        noise = requests.no_http()
        async with asyncio.timeout(PATIENCE):
            said = await said_to(target.server.port, noise)
        if said.startswith(b"HTTP/1.1 5"):
            tally.wrong.append(f"{said[:500]!r} for {noise[:2000]!r}")
    _sound(target.server, tally, await target.server.figures())


async def _speak(target: Target, requests: Requests, random: Random, tally: Tally) -> None:
    """One connection: a sign-in, mostly, some frames, and a ping that is answered unless the server has hung up."""
    address = f"ws://127.0.0.1:{target.server.port}/graphql"
    async with asyncio.timeout(PATIENCE), connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as wire:
        try:
            token = random.choice(target.tokens)
            if random.random() < 0.9:
                payload = {"Authorization": f"Bearer {token}"}
                await wire.send(json.dumps({"type": "connection_init", "payload": payload}))
                await wire.recv()
            for _ in range(random.choice((1, 3, 10, 20))):
                frame = requests.frame()
                await wire.send(frame, text=isinstance(frame, str) or random.random() < 0.5)
            await wire.send('{"type": "ping"}')
            while (message := json.loads(await wire.recv()))["type"] != "pong":
                payload = message.get("payload")
                codes = _codes({"errors": payload} if message["type"] == "error" else payload)
                tally.codes.update(codes)
                if "INTERNAL" in codes:
                    tally.wrong.append(str(message)[:500])
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            tally.closes[code] += 1
            # 1006: what the server had not read when it closed resets the connection, and its last word may be lost.
            if code not in (1002, 1003, 1006, 1007, 1009) and not 4400 <= code < 4500:
                tally.wrong.append(f"closed with {closed}")


async def test_hundreds_of_frames(target: Target) -> None:
    tally = Tally()
    requests, random = target.requests(SEED)
    await target.server.figures()
    left = iter(range(CONNECTIONS))

    async def speak() -> None:
        for _ in left:
            await _speak(target, requests, random, tally)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(speak())
    _sound(target.server, tally, await target.server.figures())
