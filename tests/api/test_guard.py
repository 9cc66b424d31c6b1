"""The guard before validation, the cost and the reticence of the API, over HTTP and WebSocket alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

import resolvers.documents
from bombs import BOMBS, CIRCLES
from seeds import Home, make_home
from stack import PATIENCE, Caller, Stack, codes, hello, running_api

PAGES = """query ($first: Int) {
  projects(first: $first) { nodes { assets(first: $first) { nodes { annotations { id } } } } }
}"""


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


@pytest.fixture
def owner(api: Stack, home: Home) -> Caller:
    return api.caller(home.owner)


@pytest.fixture
async def wire(owner: Caller) -> AsyncIterator[ClientConnection]:
    async with owner.connected() as wire:
        await hello(wire, owner.headers)
        yield wire


async def over_websocket(wire: ClientConnection, document: str, **variables: Any) -> list[dict[str, Any]]:
    """The errors of an operation that may not run; the connection goes on."""
    payload = {"query": document, "variables": variables}
    await wire.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
    async with asyncio.timeout(PATIENCE):
        message = json.loads(await wire.recv())
    assert (message["type"], message["id"]) == ("error", "1")
    errors: list[dict[str, Any]] = message["payload"]
    return errors


async def test_bombs_are_refused(owner: Caller, wire: ClientConnection) -> None:
    for name, bomb in BOMBS.items():
        answer = await owner.ask(bomb)
        assert not answer.get("data"), name
        assert codes(answer) == codes({"errors": await over_websocket(wire, bomb)}) == ["QUERY_TOO_COMPLEX"], name


async def test_circles_are_refused(owner: Caller, wire: ClientConnection) -> None:
    for name, circle in CIRCLES.items():
        answer = await owner.ask(circle)
        for errors in (answer["errors"], await over_websocket(wire, circle)):
            assert any("Cannot spread fragment" in error["message"] for error in errors), name


async def test_a_document_that_is_none_ends_no_connection(wire: ClientConnection) -> None:
    for document in ("{ viewer {", "{ viewr }", "x" * 1_000, "é"):
        await over_websocket(wire, document)


async def test_variables_count(owner: Caller, wire: ClientConnection) -> None:
    assert (await owner.data(PAGES, first=20))["nodes"]
    assert codes(await owner.ask(PAGES, first=200)) == ["QUERY_TOO_COMPLEX"]
    (error,) = await over_websocket(wire, PAGES, first=200)
    assert "projects.assets.annotations, 200 × 200 × 10" in error["message"]


async def test_deep_variables_are_refused(owner: Caller, wire: ClientConnection) -> None:
    document = "mutation ($input: CreateAnnotationsInput!) { createAnnotations(input: $input) { userErrors { code } } }"
    for levels in (40, 500):
        deep: Any = 1
        for _ in range(levels):
            deep = [deep]
        given = {"projectId": "x", "annotations": [{"assetId": "x", "weedType": "x", "geoCoordinates": deep}]}
        assert codes(await owner.ask(document, input=given)) == ["QUERY_TOO_COMPLEX"]
        assert codes({"errors": await over_websocket(wire, document, input=given)}) == ["QUERY_TOO_COMPLEX"]


async def test_each_operation_of_a_document_runs_by_its_name(owner: Caller) -> None:
    document = "query A { viewer { id } } query B($first: Int) { projects(first: $first) { totalCount } }"
    for name, field in (("A", "viewer"), ("B", "projects")):
        response = await owner.http.post(
            "/graphql", json={"query": document, "operationName": name}, headers=owner.headers
        )
        assert response.json()["data"].keys() == {field}


async def test_a_bug_before_an_operation_runs_is_masked(
    owner: Caller, wire: ClientConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the server")

    with monkeypatch.context() as broken:
        broken.setattr(resolvers.documents, "parse", fail)
        errors = (await owner.ask("{ viewer { name } }"))["errors"]
    with monkeypatch.context() as broken:
        broken.setattr(resolvers.documents, "validate", fail)
        errors += await over_websocket(wire, "{ viewer { name } }")
    for error in errors:
        assert error["extensions"]["code"] == "INTERNAL"
        assert error["extensions"]["requestId"] in error["message"]
        assert "secret" not in json.dumps(error)
    assert await owner.data("{ viewer { name } }")


UNKNOWN: list[tuple[str, dict[str, Any]]] = [
    ("{ viewr { id } }", {}),
    ("{ __schema { types { name } } }", {}),
    ('{ __type(name: "User") { name } }', {}),
    (
        "mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }",
        {"input": {"nam": 1}},
    ),
    ("mutation ($f: ExportFormat!) { exportVersion(id: 1, format: $f) { export { id } } }", {"f": "YOLLO"}),
    ("subscription ($id: ID!, $f: ExportFormt) { projectEvents(projectId: $id) { cursor } }", {"id": "x"}),
]


async def test_in_production_the_schema_tells_nothing_of_itself(
    sqlite_url: str, embedded_redis_url: str, tmp_path: Path
) -> None:
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url, graphiql="off") as stack:
        owner = stack.caller((await make_home(stack.database)).owner)
        async with owner.connected() as wire:
            await hello(wire, owner.headers)
            for document, variables in UNKNOWN:
                answer = await owner.ask(document, **variables)
                assert not answer.get("data"), document
                told = [*answer["errors"], *await _anything(wire, document, variables)]
                assert told, document
                assert "Did you mean" not in json.dumps(told)
        assert await owner.ask("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_in_development_it_tells(owner: Caller) -> None:
    for document, variables in UNKNOWN:
        answer = await owner.ask(document, **variables)
        assert answer.get("data") or "Did you mean" in json.dumps(answer["errors"]), document


async def _anything(wire: ClientConnection, document: str, variables: dict[str, Any]) -> list[dict[str, Any]]:
    """The errors of an operation, whether it began to run or not."""
    payload = {"query": document, "variables": variables}
    await wire.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
    async with asyncio.timeout(PATIENCE):
        message = json.loads(await wire.recv())
        if message["type"] == "next":
            assert json.loads(await wire.recv())["type"] == "complete"
    errors: list[dict[str, Any]] = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
    return errors
