"""A stream outlives neither the token it was asked with nor the listener's place in the team: within five seconds it
has ended, over WebSocket and as server-sent events, whether or not anything is told meanwhile."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db.tables import api_tokens
from domain.models.people import TeamRole, User
from domain.projects import ProjectChanges, update_project
from seeds import Home, join, make_home
from stack import PATIENCE, Caller, Stack, hello

EVENTS = "subscription($id: ID!) { projectEvents(projectId: $id) { kind } }"
CREATE = """mutation { createApiToken(input: {name: "CI", scope: READ}) {
  secret token { id } userErrors { code } } }"""
REVOKE = "mutation($id: ID!) { revokeApiToken(id: $id) { userErrors { code } } }"
REMOVE = """mutation($team: ID!, $user: ID!) {
  removeTeamMember(teamId: $team, userId: $user) { userErrors { code } } }"""
PROMISED_SECONDS, ALLOWED_SECONDS = 5, 30
LIVES_SECONDS = 5
"""Of a token that ends by itself: long enough to begin with, on a busy machine."""

Payload = dict[str, Any]
Listen = Callable[[Caller, str], AsyncGenerator[Payload, None]]


async def over_websocket(caller: Caller, project_id: str) -> AsyncGenerator[Payload, None]:
    """The payloads of the project's events, with those of errors, to the end of the operation."""
    payload = {"query": EVENTS, "variables": {"id": project_id}}
    async with caller.connected() as wire:
        await hello(wire, caller.headers)
        await wire.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        while (message := json.loads(await wire.recv()))["type"] in ("next", "error"):
            yield message["payload"] if message["type"] == "next" else {"errors": message["payload"]}
            if message["type"] == "error":
                return
        assert message["type"] == "complete"


async def as_sent_events(caller: Caller, project_id: str) -> AsyncGenerator[Payload, None]:
    """As `over_websocket`, to the end of the answer."""
    headers = {**caller.headers, "Accept": "text/event-stream"}
    payload = {"query": EVENTS, "variables": {"id": project_id}}
    async with caller.http.stream("POST", "/graphql", json=payload, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream"), await response.aread()
        kind = ""
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data" and kind == "next":
                yield json.loads(value)
        assert kind == "complete"


@dataclass(frozen=True, slots=True)
class Case:
    """A listener, and what ends his stream. `end` does it, or waits until it has come."""

    name: str
    listener: Caller
    end: Callable[[], Awaitable[object]]
    code: str


async def of_a_token_that_ends(api: Stack, member: User) -> Case:
    ends = datetime.now(UTC) + timedelta(seconds=LIVES_SECONDS)
    token = api.services.signer.issue(member, ends - datetime.now(UTC))

    async def wait() -> None:
        await asyncio.sleep((ends - datetime.now(UTC)).total_seconds())

    return Case("JWT expired", api.bearer(token), wait, "UNAUTHENTICATED")


async def of_an_api_token(api: Stack, member: User, revoked: bool) -> Case:
    person = api.caller(member)
    made = await person.done(CREATE)

    async def expire() -> None:
        over = datetime.now(UTC) - timedelta(milliseconds=1)
        async with api.database.engine.begin() as connection:
            await connection.execute(
                update(api_tokens).where(api_tokens.c.id == made["token"]["id"]).values(expires_at=over)
            )

    async def revoke() -> None:
        await person.done(REVOKE, id=made["token"]["id"])

    name = "API token revoked" if revoked else "API token expired"
    return Case(name, api.bearer(made["secret"]), revoke if revoked else expire, "UNAUTHENTICATED")


async def of_a_removal(api: Stack, home: Home, member: User, by_himself: bool) -> Case:
    caller = api.caller(member if by_himself else home.owner)

    async def remove() -> None:
        await caller.done(REMOVE, team=home.team.id, user=member.id)

    return Case("left" if by_himself else "removed from the team", api.caller(member), remove, "NOT_FOUND")


async def cases(api: Stack, home: Home) -> list[Case]:
    members = [await join(api.database, home.team, TeamRole.MANAGER) for _ in range(5)]
    return [
        await of_an_api_token(api, members[0], revoked=True),
        await of_an_api_token(api, members[1], revoked=False),
        await of_a_removal(api, home, members[2], by_himself=False),
        await of_a_removal(api, home, members[3], by_himself=True),
        # Last, since its time runs.
        await of_a_token_that_ends(api, members[4]),
    ]


async def ending(case: Case, listen: Listen, project_id: str) -> tuple[float, float]:
    """Seconds from the cause to the last event that was told, and to the stream's end. Its last words say why."""
    told, causing = [], None
    async with asyncio.timeout(PATIENCE), aclosing(listen(case.listener, project_id)) as payloads:
        last: Payload = {}
        async for last in payloads:
            told.append(time.monotonic())
            if causing is None:
                assert "errors" not in last, (case.name, last)
                causing = asyncio.create_task(_timed(case.end))
        ended = time.monotonic()
    assert [error["extensions"]["code"] for error in last["errors"]] == [case.code], case.name
    assert causing is not None
    caused = await causing
    return told[-2] - caused, ended - caused


async def _timed(end: Callable[[], Awaitable[object]]) -> float:
    await end()
    return time.monotonic()


@asynccontextmanager
async def events_all_the_time(api: Stack, home: Home) -> AsyncIterator[asyncio.Event]:
    """The project changes several times a second, until the event is set."""
    enough = asyncio.Event()

    async def change() -> None:
        n = 0
        while not enough.is_set():
            await update_project(api.database, home.principal, home.project.id, ProjectChanges(name=f"N{(n := n + 1)}"))
            with suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), 0.2)

    changing = asyncio.create_task(change())
    try:
        yield enough
    finally:
        enough.set()
        await changing


@pytest.mark.parametrize("listen", [over_websocket, as_sent_events])
async def test_a_stream_ends_with_what_it_was_asked_by(api: Stack, listen: Listen) -> None:
    """All at once, while the project's news goes on."""
    home = await make_home(api.database)
    async with events_all_the_time(api, home):
        found = await cases(api, home)
        times = await asyncio.gather(*(ending(case, listen, home.project.id) for case in found))
    for case, (last_told, ended) in zip(found, times, strict=True):
        sys.stdout.write(f"{case.name}: {last_told:.1f} s to the last event, {ended:.1f} s to the end\n")
        assert max(last_told, ended) < ALLOWED_SECONDS, f"{case.name}: promised are {PROMISED_SECONDS} s"


@pytest.mark.parametrize("listen", [over_websocket, as_sent_events])
async def test_a_stream_that_tells_nothing_ends_too(api: Stack, listen: Listen) -> None:
    home = await make_home(api.database)
    async with events_all_the_time(api, home) as enough:
        found = await cases(api, home)
        begun = asyncio.Barrier(len(found))
        quiet = [replace(case, end=_in_silence(begun, enough, case.end)) for case in found]
        times = await asyncio.gather(*(ending(case, listen, home.project.id) for case in quiet))
    assert all(ended < ALLOWED_SECONDS for _, ended in times), f"promised are {PROMISED_SECONDS} s: {times}"


def _in_silence(
    begun: asyncio.Barrier, enough: asyncio.Event, end: Callable[[], Awaitable[object]]
) -> Callable[[], Awaitable[object]]:
    """The cause, once every listener has been told something and no news comes any more."""

    async def be_silent_and_end() -> None:
        await begun.wait()
        enough.set()
        await end()

    return be_silent_and_end


async def test_a_listener_who_stays_is_told_on(api: Stack) -> None:
    """Others' ends are none of his: he is asked again and again who he is, and hears everything."""
    home = await make_home(api.database)

    async def stay(listen: Listen) -> None:
        started = time.monotonic()
        async with aclosing(listen(api.caller(home.owner), home.project.id)) as payloads:
            async for payload in payloads:
                assert "errors" not in payload
                if time.monotonic() - started > PROMISED_SECONDS:
                    return
        raise AssertionError("The stream ended.")

    async with events_all_the_time(api, home), asyncio.timeout(PATIENCE):
        await asyncio.gather(stay(over_websocket), stay(as_sent_events))
