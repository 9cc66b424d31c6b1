"""The hostile matrix over WebSocket: pages of other origins, operations before the sign-in, connections that ask for
too much, documents that are small and ask for much. The codes of malformed messages are in test_socket_codes."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from domain.projects import ProjectChanges, update_project
from hostile_documents import INVALID, TOO_COMPLEX
from resolvers.limits import Limits
from seeds import Home, make_home
from stack import PATIENCE, Caller, Stack, codes, hello

VIEWER = "{ viewer { id } }"
EVENTS = "subscription($id: ID!) { projectEvents(projectId: $id) { kind } }"
HOSTS = ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "xn--lcalhost-1ya", "[::ffff:7f00:2]")


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


@pytest.fixture
def owner(api: Stack, home: Home) -> Caller:
    return api.caller(home.owner)


def address_of(caller: Caller) -> str:
    return f"ws{caller.address.removeprefix('http')}/graphql"


def subscribe(id_: str, query: str, **variables: Any) -> str:
    return json.dumps({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})


async def heard(wire: ClientConnection, *frames: str) -> list[dict[str, Any]]:
    """What the server says to these, until it closes the connection."""
    found = []
    with suppress(ConnectionClosed):
        for frame in frames:
            await wire.send(frame)
        while True:
            found.append(json.loads(await wire.recv()))
    return found


async def answer_to(wire: ClientConnection, id_: str) -> dict[str, Any]:
    """The first message about that operation."""
    async with asyncio.timeout(PATIENCE):
        while (message := json.loads(await wire.recv())).get("id") != id_:
            pass
    found: dict[str, Any] = message
    return found


def foreign_origins(own: str) -> list[str]:
    port = own.rpartition(":")[2]
    plain = [f"{scheme}://{host}" for host in HOSTS for scheme in ("http", "https", "ws", "file")]
    at_port = [f"{scheme}://{host}:{port}" for host in HOSTS for scheme in ("http", "https")]
    near = [
        "null",
        "",
        "*",
        "http://",
        "file://",
        "http://127.0.0.1",
        f"http://127.0.0.1:1{port}",
        "http://127.0.0.1:0",
        f"http://localhost:{port}",
        f"http://127.0.0.2:{port}",
        f"http://[::1]:{port}",
        f"http://evil.example@127.0.0.1.evil.example:{port}",
        f"http://127.0.0.1:{port}.evil.example",
        f"http://evil.example:{port}#http://127.0.0.1:{port}",
        f"http://evil.example:{port}/http://127.0.0.1:{port}",
        f"http://evil.example\\@127.0.0.1.evil.example:{port}",
        f"{own} http://evil.example",
        "moz-extension://7c1d4ad2",
        "chrome-extension://abcdef",
        "data:text/html,x",
        "x" * 2_000,
    ]
    return plain + at_port + near


async def test_no_page_of_another_origin_connects(owner: Caller) -> None:
    origins = foreign_origins(owner.address)
    assert len(origins) >= 50
    let_in, statuses = [], set[int]()
    for origin in origins:
        try:
            async with connect(
                address_of(owner), origin=Origin(origin), subprotocols=[Subprotocol("graphql-transport-ws")]
            ):
                let_in.append(origin)
        except InvalidStatus as refused:
            statuses.add(refused.response.status_code)
    assert let_in == []
    assert statuses == {403}


@pytest.mark.parametrize("own", [True, False], ids=["own origin", "no origin"])
async def test_a_page_of_ours_and_a_program_connect(owner: Caller, own: bool) -> None:
    """Without a token they get no further than anybody: the origin is no sign-in."""
    origin, protocol = Origin(owner.address) if own else None, [Subprotocol("graphql-transport-ws")]
    async with connect(address_of(owner), origin=origin, subprotocols=protocol) as wire:
        await hello(wire, owner.headers)
    async with connect(address_of(owner), origin=origin, subprotocols=protocol) as wire:
        await wire.send(json.dumps({"type": "connection_init"}))
        await wire.wait_closed()
    assert wire.close_code == 4403


@pytest.mark.parametrize("protocols", [[], ["graphql-ws"], ["graphql-sse"], ["x"], ["graphql-ws", "soap"]])
async def test_another_protocol_is_not_spoken(owner: Caller, protocols: list[str]) -> None:
    chosen = [Subprotocol(one) for one in protocols] or None
    try:
        async with asyncio.timeout(PATIENCE), connect(address_of(owner), subprotocols=chosen) as wire:
            assert await heard(wire, json.dumps({"type": "connection_init", "payload": owner.headers})) == []
    except InvalidStatus as refused:
        assert 400 <= refused.response.status_code < 500  # noqa: PT017 - either will do


async def test_nothing_runs_before_the_sign_in(owner: Caller, home: Home) -> None:
    early = [
        [subscribe("1", VIEWER)],
        [subscribe("1", EVENTS, id=home.project.id)],
        [subscribe("1", "mutation { __typename }")],
        ['{"type": "ping"}', '{"type": "pong"}', subscribe("1", VIEWER)],
        ['{"type": "complete", "id": "1"}', subscribe("1", "{ __typename }")],
        [subscribe("1", VIEWER), json.dumps({"type": "connection_init", "payload": owner.headers})],
    ]
    for frames in early:
        async with asyncio.timeout(PATIENCE), owner.connected() as wire:
            told = await heard(wire, *frames)
        assert wire.close_code == 4401, frames
        assert {message["type"] for message in told} <= {"pong"}, frames


async def test_of_150_subscriptions_on_one_connection_a_few_run(api: Stack, owner: Caller, home: Home) -> None:
    """Those over the limit are refused one by one; the first go on, and so do other connections."""
    limit = Limits().subscriptions
    async with asyncio.timeout(PATIENCE), owner.connected() as wire, owner.connected() as other:
        await hello(wire, owner.headers)
        await hello(other, owner.headers)
        for n in range(150):
            await wire.send(subscribe(str(n), EVENTS, id=home.project.id))
        refused = [json.loads(await wire.recv()) for _ in range(150 - limit)]
        assert {message["type"] for message in refused} == {"error"}
        assert {message["id"] for message in refused} == {str(n) for n in range(limit, 150)}
        assert {error["extensions"]["code"] for message in refused for error in message["payload"]} == {"RATE_LIMITED"}
        await other.send(subscribe("1", VIEWER))
        assert "errors" not in (await answer_to(other, "1"))["payload"]
        told = set[str]()
        while len(told) < limit:
            await update_project(api.database, home.principal, home.project.id, ProjectChanges(name=f"N{len(told)}"))
            message = json.loads(await wire.recv())
            assert message["type"] == "next", message
            told.add(message["id"])
        assert told == {str(n) for n in range(limit)}
        await wire.send(json.dumps({"type": "complete", "id": "0"}))
        await wire.send(subscribe("later", VIEWER))
        assert (await answer_to(wire, "later"))["type"] == "next", "a place is free again"


async def test_a_hostile_document_ends_its_own_operation_and_no_other(owner: Caller, home: Home) -> None:
    documents = [(row, document) for row, documents in TOO_COMPLEX.items() for document in documents]
    documents += [(row, document) for row, documents in INVALID.items() for document in documents]
    async with asyncio.timeout(PATIENCE), owner.connected() as wire:
        await hello(wire, owner.headers)
        await wire.send(subscribe("going on", EVENTS, id=home.project.id))
        for n, (row, document) in enumerate(documents):
            await wire.send(subscribe(str(n), document))
            message = await answer_to(wire, str(n))
            assert message["type"] == "error", (row, message)
            if row in TOO_COMPLEX:
                assert "QUERY_TOO_COMPLEX" in codes({"errors": message["payload"]}), (row, document[:100])
        await wire.send(subscribe("after", VIEWER))
        assert (await answer_to(wire, "after"))["payload"]["data"] == {"viewer": {"id": home.owner.id}}


@pytest.mark.parametrize("text", [True, False], ids=["text", "bytes"])
async def test_a_message_over_a_megabyte_closes_the_connection(owner: Caller, text: bool) -> None:
    async with asyncio.timeout(PATIENCE), owner.connected() as wire:
        await hello(wire, owner.headers)
        with suppress(ConnectionClosed):
            await wire.send(b"x" * (2 << 20), text=text)
        assert await heard(wire) == []
    assert wire.close_code in (1009, 4400)
    assert (await owner.data(VIEWER))["id"]


async def test_text_that_is_no_utf_8_closes_the_connection(owner: Caller) -> None:
    for noise in (b"\xff", b'{"type": "\xc3\x28"}', b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xc0\x80"):
        async with asyncio.timeout(PATIENCE), owner.connected() as wire:
            await hello(wire, owner.headers)
            await wire.send(noise, text=True)
            assert await heard(wire) == []
        assert wire.close_code in (1007, 4400)


@pytest.mark.parametrize("second", [b"\xff", b"{", b'{"type": "ping"}', b'{"type": "connection_init"}', b'{"type": 5}'])
async def test_a_fault_after_a_fault_is_no_crash(
    owner: Caller, second: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Who closes first matters not: the server that found bytes, or the application that found a message."""
    first = [b"\xff", b"{", b"5", json.dumps({"type": "x" * 5_000}).encode(), b'{"type": "connection_init"}']
    for fault in first:
        async with asyncio.timeout(PATIENCE), owner.connected() as wire:
            await hello(wire, owner.headers)
            with suppress(ConnectionClosed):
                await wire.send(subscribe("1", VIEWER))
                for frame in (fault, second, second):
                    await wire.send(frame, text=True)
            await heard(wire)
        assert wire.close_code in (1007, 4400, 4429), (fault[:20], second)
    assert not [record for record in caplog.records if "Exception in" in record.getMessage()]
