"""What a WebSocket is closed with: the codes of graphql-transport-ws. Those of the sign-in are in test_sign_in."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import resolvers.endpoint
from seeds import make_home
from stack import PATIENCE, Caller, Stack, hello, running_api

FOREVER = "subscription($id: ID!) { projectEvents(projectId: $id) { cursor } }"


@pytest.fixture
async def caller(api: Stack) -> Caller:
    return api.caller((await make_home(api.database)).owner)


async def close_code(caller: Caller, *frames: str | bytes | dict[str, Any], signed_in: bool = True) -> int:
    """What the server closes a connection with on which these are sent."""
    async with asyncio.timeout(PATIENCE), caller.connected() as wire:
        if signed_in:
            await hello(wire, caller.headers)
        for frame in frames:
            await wire.send(json.dumps(frame) if isinstance(frame, dict) else frame)
        await wire.wait_closed()
    assert wire.close_code is not None
    return wire.close_code


def subscribe(**changes: Any) -> dict[str, Any]:
    return {"id": "1", "type": "subscribe", "payload": {"query": "{ viewer { id } }"}, **changes}


MALFORMED: dict[str, str | bytes | dict[str, Any]] = {
    "no JSON": "{",
    "nothing": "",
    "bytes": b'{"type": "ping"}',
    "a number": "5",
    "a list": '["ping"]',
    "half a surrogate pair": '{"type": "\\ud800"}',
    "no type": {"id": "1"},
    "a type of none": {"type": None},
    "a type that is none": {"type": "start"},
    "no id": {"type": "subscribe", "payload": {"query": "{ viewer { id } }"}},
    "an empty id": subscribe(id=""),
    "a number for an id": subscribe(id=1),
    "no payload": {"type": "subscribe", "id": "1"},
    "a payload that is none": subscribe(payload="{ viewer { id } }"),
    "no query": subscribe(payload={}),
    "a query that is none": subscribe(payload={"query": 5}),
    "variables that are none": subscribe(payload={"query": "{ viewer { id } }", "variables": [1]}),
    "a name that is none": subscribe(payload={"query": "{ viewer { id } }", "operationName": 5}),
    "complete without an id": {"type": "complete"},
}


async def test_a_malformed_message_is_4400(caller: Caller) -> None:
    for what, frame in MALFORMED.items():
        assert await close_code(caller, frame) == 4400, what


async def test_a_malformed_sign_in_is_4400(caller: Caller) -> None:
    for payload in (5, "Bearer", ["Authorization"]):
        first = {"type": "connection_init", "payload": payload}
        assert await close_code(caller, first, signed_in=False) == 4400, payload


async def test_who_does_not_sign_in_in_time_is_4408(
    sqlite_url: str, embedded_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolvers.endpoint, "_INIT_SECONDS", 0.5)
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url) as api:
        silent = api.caller((await make_home(api.database)).owner)
        assert await close_code(silent, signed_in=False) == 4408
        assert await close_code(silent, {"type": "ping"}, signed_in=False) == 4408


async def test_a_second_operation_of_the_same_id_is_4409(api: Stack) -> None:
    home = await make_home(api.database)
    running = subscribe(payload={"query": FOREVER, "variables": {"id": home.project.id}})
    assert await close_code(api.caller(home.owner), running, subscribe()) == 4409


async def test_an_id_is_free_again_once_its_operation_is_over(api: Stack) -> None:
    home = await make_home(api.database)
    owner = api.caller(home.owner)
    running = subscribe(payload={"query": FOREVER, "variables": {"id": home.project.id}})
    async with asyncio.timeout(PATIENCE), owner.connected() as wire:
        await hello(wire, owner.headers)
        for frame in (running, {"type": "complete", "id": "1"}, subscribe()):
            await wire.send(json.dumps(frame))
        answers = [json.loads(await wire.recv()) for _ in range(2)]
        assert [answer["type"] for answer in answers] == ["next", "complete"]
        assert answers[0]["payload"]["data"] == {"viewer": {"id": home.owner.id}}


async def test_a_second_sign_in_is_4429(caller: Caller) -> None:
    again = {"type": "connection_init", "payload": caller.headers}
    assert await close_code(caller, again) == 4429


async def test_a_ping_is_answered_at_any_time(caller: Caller) -> None:
    async with asyncio.timeout(PATIENCE), caller.connected() as wire:
        for signed_in in (False, True):
            if signed_in:
                await hello(wire, caller.headers)
            await wire.send(json.dumps({"type": "ping"}))
            assert json.loads(await wire.recv())["type"] == "pong"
