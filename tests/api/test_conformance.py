"""The API as the reference implementations of GraphQL's protocols see it: graphql-http, graphql-ws and graphql-sse."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

import pytest

from domain.models.version import DatasetVersion
from domain.projects import ProjectChanges, update_project
from main import create_app
from reference_clients import Protocol, audited, told_by
from seeds import Home, add_images, annotate, freeze, make_home, request_version
from stack import Caller, Stack, codes, served

AUDITS = 61
PROTOCOLS: list[Protocol] = ["graphql-ws", "graphql-sse"]
VIEWER = "{ viewer { name } }"
RENAME = """mutation($id: ID!) { updateProject(input: {id: $id, name: "South"}) {
  project { name } userErrors { code } } }"""
MISSING = "query($id: ID!) { project(id: $id) { name } }"
VERSION = """subscription($id: ID!, $after: String) { versionProgress(versionId: $id, after: $after) {
  cursor stage } }"""
EVENTS = """subscription($id: ID!, $after: String) { projectEvents(projectId: $id, after: $after) {
  cursor subject { ... on Project { id } } } }"""


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


async def frozen(api: Stack, home: Home) -> DatasetVersion:
    await annotate(api.database, home, await add_images(api.database, home.project, ["one", "two"]))
    requested = await request_version(api.database, home)
    return await freeze(api.database, api.services.store, api.services.settings.data_dir, requested)


async def told(protocol: Protocol, caller: Caller, *operations: dict[str, Any]) -> list[list[Any]]:
    """What a client is told of each operation until it ends: the answers, and an error that ended it."""
    stories: list[list[Any]] = [[]]
    async for line in told_by(protocol, caller, operations):
        if "next" in line:
            stories[-1].append(line["next"])
        elif "error" in line:
            stories[-1].append(line["error"])
        if "error" in line or "complete" in line:
            stories.append([])
    assert stories.pop() == []
    return stories


async def test_the_http_audit_finds_nothing(api: Stack, home: Home) -> None:
    checks = await audited(api.caller(home.owner))
    assert [check for check in checks if check["status"] != "ok"] == []
    assert len({check["id"] for check in checks}) == len(checks) == AUDITS


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_queries_and_mutations_are_answered_once_and_what_is_refused_ends_alone(
    api: Stack, home: Home, protocol: Protocol
) -> None:
    viewer, renamed, missing, (unfit,), after = await told(
        protocol,
        api.caller(home.owner),
        {"query": VIEWER},
        {"query": RENAME, "variables": {"id": home.project.id}},
        {"query": MISSING, "variables": {"id": "elsewhere"}},
        {"query": "{ nothing }"},
        {"query": VIEWER},
    )
    assert viewer == after == [{"data": {"viewer": {"name": home.owner.name}}}]
    assert renamed == [{"data": {"updateProject": {"project": {"name": "South"}, "userErrors": []}}}]
    assert [codes(answer) for answer in missing] == [["NOT_FOUND"]]
    assert "nothing" in str(unfit)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_subscription_is_told_to_its_end_or_until_its_client_has_enough(
    api: Stack, home: Home, protocol: Protocol
) -> None:
    version = await frozen(api, home)
    whole, part, after = await told(
        protocol,
        api.caller(home.owner),
        {"query": VERSION, "variables": {"id": version.id}},
        {"query": EVENTS, "variables": {"id": home.project.id, "after": "0"}, "enough": 2},
        {"query": VIEWER},
    )
    events = [answer["data"]["versionProgress"] for answer in whole]
    assert [event["stage"] for event in events][:2] == ["QUEUED", "SELECTING"]
    assert [int(event["cursor"]) for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["stage"] == "READY"
    assert [answer["data"]["projectEvents"]["cursor"] for answer in part] == ["1", "2"]
    assert after == [{"data": {"viewer": {"name": home.owner.name}}}]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_client_whose_server_was_started_again_goes_on_by_its_cursor(
    api: Stack, home: Home, tmp_path: Path, protocol: Protocol
) -> None:
    """Nothing is told twice, and what happened in between is not lost."""

    async def rename(name: str) -> None:
        await update_project(api.database, home.principal, home.project.id, ProjectChanges(name=name))

    heard = []
    app, listener = create_app(api.services, tmp_path), socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    operation = {"query": EVENTS, "variables": {"id": home.project.id, "after": "0"}, "enough": 6}
    await rename("1")
    async with AsyncExitStack() as server:
        await server.enter_async_context(served(app, listener))
        lines = told_by(protocol, api.caller(home.owner), [operation], f"http://{host}:{port}")
        async with aclosing(lines):
            async for said in lines:
                heard.append(said)
                if "next" not in said:
                    continue
                cursor = int(said["next"]["data"]["projectEvents"]["cursor"])
                if cursor in (2, 4):
                    await server.aclose()
                    await rename(str(cursor + 1))
                    await server.enter_async_context(served(app, socket.create_server((host, port))))
                else:
                    await rename(str(cursor + 1))
    cursors = [said["next"]["data"]["projectEvents"]["cursor"] for said in heard if "next" in said]
    assert cursors == ["1", "2", "3", "4", "5", "6"], heard
    assert sum("connected" in said for said in heard) == 3
    assert heard[-1] == {"complete": True}
