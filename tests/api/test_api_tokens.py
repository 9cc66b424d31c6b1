"""API tokens: shown once, for what their scope says, until they are revoked or over."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from operations import MUTATIONS, QUERIES, SUBSCRIPTIONS
from sqlalchemy import select, update
from websockets.exceptions import ConnectionClosed
from worlds import make_world

from db.tables import api_tokens
from domain import event_feeds
from domain.api_tokens import MAX_TOKENS
from domain.models.people import TeamRole, User
from resolvers import streams
from seeds import add_user, join, make_home
from stack import PATIENCE, Caller, Stack, codes, hello, told

CREATE = """mutation($name: String!, $scope: TokenScope!, $at: DateTime) {
  createApiToken(input: {name: $name, scope: $scope, expiresAt: $at}) {
    secret token { id name scope createdAt lastUsedAt expiresAt } userErrors { code message field } } }"""
REVOKE = "mutation($id: ID!) { revokeApiToken(id: $id) { deletedIds userErrors { code } } }"
LIST = "{ viewer { id apiTokens { id name scope lastUsedAt } } }"
EVENTS = "subscription($id: ID!) { projectEvents(projectId: $id) { kind } }"
ROOT = Path(__file__).parents[2]
FOR_ADMINS = {"createApiToken", "revokeApiToken", "setTeamMember", "removeTeamMember"}


async def made(caller: Caller, scope: str = "READ", name: str = "CI", at: datetime | None = None) -> dict[str, Any]:
    payload: dict[str, Any] = await caller.done(CREATE, name=name, scope=scope, at=at.isoformat() if at else None)
    return payload


async def holder(api: Stack, user: User, scope: str) -> Caller:
    """Who has a new token of the user."""
    return api.bearer((await made(api.caller(user), scope))["secret"])


async def change(api: Stack, token_id: str, **values: Any) -> None:
    async with api.database.engine.begin() as connection:
        await connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(values))


async def last_used(caller: Caller) -> str | None:
    (token,) = (await caller.data(LIST))["apiTokens"]
    used: str | None = token["lastUsedAt"]
    return used


async def test_the_secret_is_told_once_and_kept_nowhere(api: Stack) -> None:
    user = await add_user(api.database)
    first, second = [await made(api.caller(user), name=name) for name in ("first", " second ")]
    secret = first["secret"]
    assert secret.startswith("agri_")
    assert len(bytes.fromhex(secret.removeprefix("agri_"))) * 8 >= 256
    assert secret != second["secret"]
    listed = await api.caller(user).data(LIST)
    assert [token["name"] for token in listed["apiTokens"]] == ["second", "first"]
    assert secret not in json.dumps(listed)
    async with api.database.engine.connect() as connection:
        rows = (await connection.execute(select(api_tokens).order_by("id"))).mappings().all()
    assert rows[0]["digest"] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(rows)


async def test_others_are_shown_nobody_s_tokens(api: Stack) -> None:
    home = await make_home(api.database)
    mate = await join(api.database, home.team, TeamRole.OWNER)
    token = (await made(api.caller(home.owner)))["token"]
    query = "query($id: ID!) { node(id: $id) { ... on User { apiTokens { id } } ... on ApiToken { name } } }"
    assert await api.caller(mate).data(query, id=home.owner.id) == {"apiTokens": []}
    assert await api.caller(mate).data(query, id=token["id"]) is None
    assert await api.caller(home.owner).data(query, id=token["id"]) == {"name": "CI"}
    assert codes(await api.caller(mate).ask(REVOKE, id=token["id"])) == ["NOT_FOUND"]
    assert len((await api.caller(home.owner).data(LIST))["apiTokens"]) == 1


async def test_it_signs_in_wherever_a_person_does(any_api: Stack) -> None:
    home = await make_home(any_api.database)
    script = await holder(any_api, home.owner, "READ")
    assert (await script.data(LIST))["id"] == home.owner.id
    async with asyncio.timeout(PATIENCE), any_api.caller(None).connected() as wire:
        await hello(wire, script.headers)
        await wire.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": LIST}}))
        answer = json.loads(await wire.recv())
    assert told(answer)["id"] == home.owner.id


async def test_a_token_to_read_by_runs_no_mutation_at_all(api: Stack) -> None:
    world = await make_world(api, "read")
    script = await holder(api, world.members[TeamRole.OWNER], "READ")
    for name, operation in MUTATIONS.items():
        answer = await script.ask(operation.document, **operation.filled(world.ids_of(TeamRole.OWNER)))
        assert codes(answer) == ["FORBIDDEN"], name
        assert "scope" in answer["errors"][0]["message"], name
        assert answer["data"] is None, name
    for name, operation in QUERIES.items():
        assert "errors" not in await script.ask(operation.document, **operation.filled(world.ids)), name
    watched = SUBSCRIPTIONS["versionProgress"]
    async with asyncio.timeout(PATIENCE), script.subscribed(watched.document, **watched.filled(world.ids)) as messages:
        assert told(await anext(messages))


@pytest.mark.parametrize("scope", ["WRITE", "ADMIN"])
async def test_a_token_to_write_by_leaves_members_and_tokens_to_one_of_admins(api: Stack, scope: str) -> None:
    world = await make_world(api, scope)
    script = await holder(api, world.members[TeamRole.OWNER], scope)
    for name, operation in MUTATIONS.items():
        answer = await script.ask(operation.document, **operation.filled(world.ids_of(TeamRole.OWNER)))
        assert codes(answer) == (["FORBIDDEN"] if scope == "WRITE" and name in FOR_ADMINS else []), name


async def test_no_token_makes_its_user_more_than_he_is(api: Stack) -> None:
    home = await make_home(api.database)
    viewer = await join(api.database, home.team, TeamRole.VIEWER)
    script = await holder(api, viewer, "ADMIN")
    operation = MUTATIONS["updateProject"]
    answer = await script.ask(operation.document, **operation.filled({"project": home.project.id}))
    assert codes(answer) == ["FORBIDDEN"]
    assert "role" in answer["errors"][0]["message"]
    assert (await made(script, "WRITE"))["secret"]


async def test_a_token_that_is_over_or_revoked_lets_nobody_in(any_api: Stack) -> None:
    user = any_api.caller(await add_user(any_api.database))
    over = await made(user, at=datetime.now(UTC) + timedelta(hours=1))
    assert "errors" not in await any_api.bearer(over["secret"]).ask(LIST)
    await change(any_api, over["token"]["id"], expires_at=datetime.now(UTC) - timedelta(milliseconds=1))
    revoked = await made(user)
    payload = await user.done(REVOKE, id=revoked["token"]["id"])
    assert payload == {"deletedIds": [revoked["token"]["id"]]}
    assert codes(await user.ask(REVOKE, id=revoked["token"]["id"])) == ["NOT_FOUND"]
    for secret, why in (
        (over["secret"], "expired"),
        (revoked["secret"], "revoked"),
        ("agri_", "never made"),
        (revoked["secret"].upper(), "not valid"),
    ):
        caller = any_api.bearer(secret)
        answer = await caller.ask(LIST)
        assert codes(answer) == ["UNAUTHENTICATED"], why
        assert why in answer["errors"][0]["message"]
        assert secret == "agri_" or secret not in json.dumps(answer)
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(PATIENCE), any_api.caller(None).connected() as wire:
                await hello(wire, caller.headers)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


async def test_a_connection_that_is_open_outlives_no_token(api: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_feeds, "_PULSE_SECONDS", 0.05)
    monkeypatch.setattr(streams, "_TRUST_SECONDS", 0.0)
    home = await make_home(api.database)
    token = await made(api.caller(home.owner), "WRITE")
    subscription = {"query": EVENTS, "variables": {"id": home.project.id}}
    async with asyncio.timeout(PATIENCE), api.caller(None).connected() as wire:
        await hello(wire, api.bearer(token["secret"]).headers)
        await wire.send(json.dumps({"id": "1", "type": "subscribe", "payload": subscription}))
        await wire.send(json.dumps({"id": "2", "type": "subscribe", "payload": {"query": LIST}}))
        assert told(json.loads(await wire.recv()))["id"] == home.owner.id
        await api.caller(home.owner).done(REVOKE, id=token["token"]["id"])
        ends: list[dict[str, Any]] = []
        while not ends or ends[-1]["id"] != "1":
            ends.append(json.loads(await wire.recv()))
            if ends[-1]["type"] == "complete":
                ends.pop()
        assert codes(ends[-1]["payload"]) == ["UNAUTHENTICATED"]
        await wire.send(json.dumps({"id": "3", "type": "subscribe", "payload": {"query": LIST}}))
        while (answer := json.loads(await wire.recv()))["id"] != "3":
            pass
        assert codes(answer["payload"]) == ["UNAUTHENTICATED"]


async def test_the_command_line_takes_one(api: Stack) -> None:
    home = await make_home(api.database)
    script = await holder(api, home.owner, "READ")

    async def run(*arguments: str) -> tuple[int | None, str]:
        command = [sys.executable, "-m", "cli", *arguments, "--project", home.project.id, "--server", api.address]
        pipe = asyncio.subprocess.PIPE
        environment = {**os.environ, "AGRIDRONE_TOKEN": str(script.token)}
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe, stderr=pipe, cwd=ROOT)
        out, err = await process.communicate()
        return process.returncode, (out + err).decode()

    code, said = await run("version", "list", "--json")
    assert (code, json.loads(said)) == (0, {"versions": []})
    code, said = await run("version", "create")
    assert code == 1
    assert "scope WRITE" in said
    assert str(script.token) not in said


async def test_its_last_use_is_noted_once_a_minute(any_api: Stack) -> None:
    user = any_api.caller(await add_user(any_api.database))
    token = await made(user)
    script = any_api.bearer(token["secret"])
    assert await last_used(user) is None
    await asyncio.gather(*(script.ask(LIST) for _ in range(5)))
    first = await last_used(user)
    assert first is not None
    for ago, noted in ((55, False), (61, True)):
        at = datetime.now(UTC) - timedelta(seconds=ago)
        await change(any_api, token["token"]["id"], last_used_at=at)
        await script.ask(LIST)
        used = await last_used(user)
        assert used is not None
        assert (datetime.fromisoformat(used) > at + timedelta(seconds=1)) is noted


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"at": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "expiresAt"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "expiresAt"),
    ],
)
async def test_what_makes_no_sense_is_named(api: Stack, given: dict[str, str], field: str) -> None:
    user = api.caller(await add_user(api.database))
    payload = await user.data(CREATE, **{"name": "CI", "scope": "READ", **given})
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["input", field])
    assert payload["token"] is payload["secret"] is None
    assert (await user.data(LIST))["apiTokens"] == []


async def test_nobody_heaps_them_up(api: Stack) -> None:
    user = api.caller(await add_user(api.database))
    for _ in range(MAX_TOKENS):
        await made(user)
    payload = await user.data(CREATE, name="one more", scope="READ")
    assert [error["code"] for error in payload["userErrors"]] == ["LIMIT"]
