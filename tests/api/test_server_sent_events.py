"""Operations over server-sent events: POST with Accept: text/event-stream, as graphql-sse's distinct connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from strawberry.http.streaming import SSETransport

import resolvers.endpoint
from domain.projects import ProjectChanges, update_project
from seeds import Home, add_images, annotate, freeze, make_home, request_version
from stack import PATIENCE, Caller, Stack, codes, running_api

VIEWER = "{ viewer { name } }"
RENAME = """mutation($id: ID!) { updateProject(input: {id: $id, name: "South"}) {
  userErrors { code } } }"""
VERSION = """subscription($id: ID!, $after: String) { versionProgress(versionId: $id, after: $after) {
  cursor stage } }"""
EVENTS = """subscription($id: ID!, $after: String) { projectEvents(projectId: $id, after: $after) {
  cursor subject { ... on Project { name } } } }"""
STREAM = "text/event-stream"


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


@asynccontextmanager
async def streamed(
    caller: Caller, document: str, accept: str = STREAM, **variables: Any
) -> AsyncIterator[httpx.Response]:
    body = {"query": document, "variables": variables}
    headers = {**caller.headers, "Accept": accept}
    async with asyncio.timeout(PATIENCE), caller.http.stream("POST", "/graphql", json=body, headers=headers) as answer:
        yield answer


async def messages(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """The events as a browser parses them, with their decoded data; None where there is none."""
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(STREAM)
    event, data = "message", ""
    async for line in answer.aiter_lines():
        field, _, value = line.partition(": ")
        match field:
            case "":
                if data or event != "message":
                    yield event, json.loads(data) if data else None
                event, data = "message", ""
            case "event":
                event = value
            case "data":
                data += value


async def told(caller: Caller, document: str, **variables: Any) -> list[tuple[str, Any]]:
    """All events of an operation that ends."""
    async with streamed(caller, document, **variables) as answer:
        return [message async for message in messages(answer)]


async def test_a_query_or_mutation_is_one_next_and_complete(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    assert await told(owner, VIEWER) == [
        ("next", {"data": {"viewer": {"name": home.owner.name}}}),
        ("complete", None),
    ]
    assert await told(owner, RENAME, id=home.project.id) == [
        ("next", {"data": {"updateProject": {"userErrors": []}}}),
        ("complete", None),
    ]


async def test_a_subscription_is_told_to_its_end_and_from_a_cursor(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    await annotate(api.database, home, await add_images(api.database, home.project, ["one", "two"]))
    version = await freeze(
        api.database, api.services.store, api.services.settings.data_dir, await request_version(api.database, home)
    )
    *events, end = await told(owner, VERSION, id=version.id)
    assert end == ("complete", None)
    stages = [data["data"]["versionProgress"]["stage"] for _, data in events]
    assert (stages[0], stages[-1]) == ("QUEUED", "READY")
    for index, (_, data) in enumerate(events):
        after = data["data"]["versionProgress"]["cursor"]
        assert await told(owner, VERSION, id=version.id, after=after) == [*events[index + 1 :], end]


async def test_an_event_comes_as_it_happens_and_no_proxy_holds_it_back(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    async with streamed(owner, EVENTS, id=home.project.id, after="0") as answer:
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert "no-transform" in answer.headers["Cache-Control"]
        events = messages(answer)
        for name in ("first", "second"):
            await update_project(api.database, home.principal, home.project.id, ProjectChanges(name=name))
            event, data = await anext(events)
            assert (event, data["data"]["projectEvents"]["subject"]) == ("next", {"name": name})


async def test_a_silent_stream_says_that_it_is_there(
    sqlite_url: str, embedded_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolvers.endpoint, "SSETransport", partial(SSETransport, 0.2))
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url) as api:
        home = await make_home(api.database)
        async with streamed(api.caller(home.owner), EVENTS, id=home.project.id) as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == ": ping"


async def test_what_is_refused_is_told_and_ends(api: Stack, home: Home) -> None:
    owner, stranger = api.caller(home.owner), api.caller(None)
    for caller, document, code in (
        (stranger, VERSION, "UNAUTHENTICATED"),
        (owner, VERSION, "NOT_FOUND"),
        (owner, EVENTS, "NOT_FOUND"),
    ):
        (kind, answer), end = await told(caller, document, id="elsewhere")
        assert (kind, codes(answer), end) == ("next", [code], ("complete", None))
    (kind, answer), end = await told(owner, "{ nothing }")
    assert (kind, end) == ("next", ("complete", None))
    assert "nothing" in answer["errors"][0]["message"]
    assert "data" not in answer


async def test_the_stream_is_had_for_the_asking_only(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    async with streamed(owner, VIEWER, accept=f"application/json;q=0.5, {STREAM}") as answer:
        assert [event async for event, _ in messages(answer)] == ["next", "complete"]
    for accept in ("application/json", "*/*", f"application/json, {STREAM};q=0.1"):
        async with streamed(owner, EVENTS, accept=accept, id=home.project.id) as answer:
            refusal = json.loads(await answer.aread())
        assert answer.status_code == 400
        assert STREAM in refusal["errors"][0]["message"]
        assert codes(refusal) == ["BAD_USER_INPUT"]
