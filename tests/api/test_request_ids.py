"""Every request has an id: its answer bears it, and every line that is logged for it, in whatever process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import pytest
from sqlalchemy import update
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from db.tables import training_datasets
from domain.jobs import JobKind
from seeds import Home, add_images, annotate, make_home, request_version
from stack import PATIENCE, Caller, Stack, hello

CREATE = "mutation($input: CreateVersionInput!) { createVersion(input: $input) { version { id } } }"
VIEWER = "{ viewer { id } }"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
async def home(api: Stack) -> Home:
    home = await make_home(api.database)
    await annotate(api.database, home, await add_images(api.database, home.project, ["one", "two"]))
    return home


@pytest.fixture
def owner(api: Stack, home: Home) -> Caller:
    return api.caller(home.owner)


async def id_of(owner: Caller, **headers: str) -> str:
    """Of the answer to a query that came with those headers."""
    answer = await owner.http.post("/graphql", json={"query": VIEWER}, headers={**owner.headers, **headers})
    assert answer.status_code == 200
    return answer.headers["x-request-id"]


async def said(logged: Sequence[MutableMapping[str, Any]], event: str) -> Mapping[str, Any]:
    """The first line of that event, once it is there."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for line in logged:
                if line["event"] == event:
                    return line
            await asyncio.sleep(0.02)


async def test_an_id_that_is_well_formed_is_kept_and_any_other_is_made(owner: Caller) -> None:
    assert await id_of(owner, **{"X-Request-Id": "nightly-2026.11:7"}) == "nightly-2026.11:7"
    assert await id_of(owner, traceparent=f"00-{TRACE}-b7ad6b7169203331-01") == TRACE
    made = [await id_of(owner) for _ in range(2)]
    for odd in ("", "two words", "a" * 65, "{}", "a/b", "a\tb"):
        made.append(await id_of(owner, **{"X-Request-Id": odd}))
    for odd in ("00-0", f"00-{'0' * 32}-b7ad6b7169203331-01", "x" * 10_000):
        made.append(await id_of(owner, traceparent=odd))
    assert len(set(made)) == len(made)
    assert all(len(one) == 32 and one.isalnum() for one in made)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/nowhere", "/"])
async def test_every_answer_bears_one(api: Stack, path: str) -> None:
    assert (await api.http.get(path)).headers["x-request-id"]


async def test_an_operation_is_one_line_with_who_asked_and_without_what(owner: Caller, home: Home) -> None:
    secret = "a name that is nobody's business"
    with capture_logs([merge_contextvars]) as logged:
        await id_of(owner, **{"X-Request-Id": "one"})
        await owner.ask(CREATE, input={"projectId": home.project.id, "displayName": secret})
        await owner.ask("{ nothing }")
        await Caller(owner.address, owner.http, None).ask("{ projects { totalCount } }")
    told = [line for line in logged if line["event"] == "operation"]
    asked = [(line["kind"], line["field"], line["status"], line.get("user_id")) for line in told]
    assert asked == [
        ("query", "viewer", "ok", home.owner.id),
        ("mutation", "createVersion", "ok", home.owner.id),
        ("none", "none", "refused", home.owner.id),
        ("query", "projects", "refused", None),
    ]
    assert told[0]["request_id"] == "one"
    assert all(0 <= line["seconds"] < PATIENCE for line in told)
    for word in (secret, home.owner.email, str(owner.token)):
        assert word not in str(logged)


async def test_what_went_wrong_is_told_by_the_id_of_its_request(api: Stack, owner: Caller, home: Home) -> None:
    version = await request_version(api.database, home)
    async with api.database.engine.begin() as connection:
        # A row that no rule can have written.
        await connection.execute(update(training_datasets).values(preprocessing=5))
    asked = {"query": "query($id: ID!) { version(id: $id) { id } }", "variables": {"id": version.id}}
    with capture_logs([merge_contextvars]) as logged:
        answer = await owner.http.post("/graphql", json=asked, headers={**owner.headers, "X-Request-Id": "q-9"})
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "q-9"}
    assert "q-9" in error["message"]
    (bug,) = [line for line in logged if line["event"] == "internal_error"]
    (told,) = [line for line in logged if line["event"] == "operation"]
    assert (bug["request_id"], told["request_id"], told["status"]) == ("q-9", "q-9", "error")


async def test_operations_of_a_connection_are_requests_of_their_own(api: Stack, owner: Caller) -> None:
    address = f"ws{owner.address.removeprefix('http')}/graphql"
    with capture_logs([merge_contextvars]) as logged:
        async with connect(
            address, subprotocols=[Subprotocol("graphql-transport-ws")], additional_headers={"X-Request-Id": "tab-3"}
        ) as wire:
            assert wire.response is not None
            assert wire.response.headers["x-request-id"] == "tab-3"
            await hello(wire, owner.headers)
            for name in ("a", "b"):
                await wire.send(json.dumps({"id": name, "type": "subscribe", "payload": {"query": VIEWER}}))
            async with asyncio.timeout(PATIENCE):
                ended = [message["id"] async for message in _completed(wire, 2)]
    assert sorted(ended) == ["a", "b"]
    ids = [line["request_id"] for line in logged if line["event"] == "operation"]
    assert sorted(ids) == ["tab-3.1", "tab-3.2"]


async def _completed(wire: Any, number: int) -> Any:
    while number:
        message = json.loads(await wire.recv())
        if message["type"] == "complete":
            number -= 1
            yield message


async def test_the_workers_lines_are_of_the_request_that_made_the_row(api: Stack, owner: Caller, home: Home) -> None:
    with capture_logs([merge_contextvars]) as logged:
        async with api.io_worker():
            answer = await owner.http.post(
                "/graphql",
                json={"query": CREATE, "variables": {"input": {"projectId": home.project.id}}},
                headers={**owner.headers, "X-Request-Id": "deploy-7"},
            )
            version_id = answer.json()["data"]["createVersion"]["version"]["id"]
            done = await said(logged, "work_done")
    known = {"kind": JobKind.SNAPSHOT.value, "job_id": version_id, "version_id": version_id, "attempt": 1}
    assert done.items() >= {**known, "project_id": home.project.id, "request_id": "deploy-7"}.items()


async def test_work_whose_request_is_forgotten_is_done_all_the_same(api: Stack, owner: Caller, home: Home) -> None:
    version = (await owner.data(CREATE, input={"projectId": home.project.id}))["version"]
    key = f"agridrone:origin:SNAPSHOT:{version['id']}"
    assert await api.services.redis.ttl(key) > 23 * 3600
    await api.services.redis.set(key, b"no JSON")
    with capture_logs([merge_contextvars]) as logged:
        async with api.io_worker():
            done = await said(logged, "work_done")
    assert done["request_id"] is None
    assert "origin_unreadable" in [line["event"] for line in logged]
