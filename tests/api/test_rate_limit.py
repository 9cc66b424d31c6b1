"""Operations a minute, whatever they come by, and what a caller over the limit is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.api_tokens import CreateApiToken, create_api_token
from domain.models.api_token import TokenScope
from seeds import Home, make_home
from stack import PATIENCE, Stack, codes, hello, running_api

VIEWER = "{ viewer { id } }"
FOREVER = "subscription($id: ID!) { projectEvents(projectId: $id) { cursor } }"


@pytest.fixture
async def limited(sqlite_url: str, embedded_redis_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url, api_operations_per_minute=5) as stack:
        yield stack


@pytest.fixture
async def home(limited: Stack) -> Home:
    return await make_home(limited.database)


async def test_who_asks_too_often_is_told_when_to_come_back(limited: Stack, home: Home) -> None:
    owner = limited.caller(home.owner)
    for _ in range(5):
        assert await owner.data(VIEWER) == {"id": home.owner.id}
    for document in (VIEWER, "{ viewr }", "{"):
        answer = await owner.ask(document)
        assert codes(answer) == ["RATE_LIMITED"]
        (error,) = answer["errors"]
        assert 1 <= error["extensions"]["retryAfterSeconds"] <= 60
        assert f"{error['extensions']['retryAfterSeconds']} s" in error["message"]
    other = await make_home(limited.database, "Other")
    assert await limited.caller(other.owner).data(VIEWER) == {"id": other.owner.id}


async def test_what_is_refused_counts_too(limited: Stack, home: Home) -> None:
    owner = limited.caller(home.owner)
    answers = [await owner.ask("{ viewr }") for _ in range(6)]
    assert codes({"errors": answers[-1]["errors"]}) == ["RATE_LIMITED"]


async def test_a_subscription_counts_once(limited: Stack, home: Home) -> None:
    owner = limited.caller(home.owner)
    async with asyncio.timeout(PATIENCE), owner.connected() as wire:
        await hello(wire, owner.headers)
        for number in range(6):
            payload = {"query": FOREVER, "variables": {"id": home.project.id}}
            await wire.send(json.dumps({"id": str(number), "type": "subscribe", "payload": payload}))
        message = json.loads(await wire.recv())
        assert (message["type"], message["id"]) == ("error", "5"), "the others go on, and say nothing yet"
        assert codes({"errors": message["payload"]}) == ["RATE_LIMITED"]
    assert codes(await owner.ask(VIEWER)) == ["RATE_LIMITED"]


async def test_all_that_a_user_signs_in_by_counts_together(limited: Stack, home: Home) -> None:
    made = await create_api_token(limited.database, home.principal, CreateApiToken("nightly", TokenScope.READ, None))
    by_token, by_sign_in = limited.bearer(made[1]), limited.caller(home.owner)
    for caller in (by_token, by_sign_in, by_token, by_sign_in, by_token):
        assert await caller.data(VIEWER) == {"id": home.owner.id}
    assert [codes(await caller.ask(VIEWER)) for caller in (by_token, by_sign_in)] == [["RATE_LIMITED"]] * 2


async def test_who_is_not_signed_in_is_told_so(limited: Stack) -> None:
    nobody = limited.caller(None)
    assert [codes(await nobody.ask(VIEWER)) for _ in range(7)] == [["UNAUTHENTICATED"]] * 7
