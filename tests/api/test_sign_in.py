"""Who is let in, over HTTP and over WebSocket."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from adapters.sign_in import TokenSigner
from domain.ids import new_id
from domain.models.people import User
from seeds import add_user, make_home
from stack import PATIENCE, SECRET, Caller, Stack, codes, hello

VIEWER = "{ viewer { id name email teams { role } } }"


def person(name: str = "rosa") -> User:
    id_ = new_id()
    return User(id_, name, f"{name}-{id_[-6:]}@example.org", datetime.now(UTC))


def claims(user: User, **changes: Any) -> dict[str, Any]:
    given = {"sub": user.id, "email": user.email, "name": user.name, "exp": datetime.now(UTC) + timedelta(hours=1)}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def signed(payload: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(payload, secret, algorithm=algorithm)


async def close_code(caller: Caller, payload: dict[str, Any] | None) -> int:
    """What the server closes a connection with that begins like this."""
    async with asyncio.timeout(PATIENCE), caller.connected() as wire:
        first = {"type": "connection_init"} if payload is None else {"type": "connection_init", "payload": payload}
        await wire.send(json.dumps(first))
        with pytest.raises(ConnectionClosed) as closed:
            await wire.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_without_a_token_nothing_is_told(api: Stack) -> None:
    answer = await api.caller(None).ask(VIEWER)
    assert codes(answer) == ["UNAUTHENTICATED"]
    assert answer["data"] is None
    assert "Bearer" in answer["errors"][0]["message"]


async def test_a_token_of_no_use_is_refused(api: Stack) -> None:
    user = await add_user(api.database)
    bad = [
        "nonsense",
        "a.b.c",
        signed(claims(user), "another secret that is long enough, too"),
        signed(claims(user), SECRET * 2, "HS512"),
        jwt.encode(claims(user), "", algorithm="none"),
        signed(claims(user, exp=None)),
        signed(claims(user, sub=None)),
        signed(claims(user, email=None)),
        signed(claims(user, sub="")),
        signed(claims(user, sub="x" * 192)),
        signed(claims(user, email="")),
        signed(claims(user, email=["a@example.org"])),
        signed(claims(user, email_verified=False)),
        signed(claims(user, email_verified="false")),
        signed(claims(user, exp=datetime.now(UTC) - timedelta(seconds=5))),
        TokenSigner(SECRET.encode()).issue(user, timedelta(seconds=-5)),
    ]
    for token in bad:
        answer = await api.bearer(token).ask(VIEWER)
        assert codes(answer) == ["UNAUTHENTICATED"], token
        assert token not in json.dumps(answer)


async def test_an_expired_token_says_so(api: Stack) -> None:
    token = TokenSigner(SECRET.encode()).issue(await add_user(api.database), timedelta(seconds=-5))
    assert "expired" in (await api.bearer(token).ask(VIEWER))["errors"][0]["message"]


async def test_other_schemes_are_refused(api: Stack) -> None:
    token = signed(claims(await add_user(api.database)))
    for value in (f"Basic {token}", token, "Bearer"):
        response = await api.http.post("/graphql", json={"query": VIEWER}, headers={"Authorization": value})
        assert codes(response.json()) == ["UNAUTHENTICATED"], value
    lower = await api.http.post("/graphql", json={"query": VIEWER}, headers={"Authorization": f"bearer {token}"})
    assert "errors" not in lower.json()


async def test_a_new_user_with_a_valid_token_comes_in_without_a_team(api: Stack) -> None:
    user = person()
    answers = await asyncio.gather(*(api.caller(user).data(VIEWER) for _ in range(6)))
    assert answers == [{"id": user.id, "name": user.name, "email": user.email, "teams": []}] * 6
    nameless = person()
    token = signed(claims(nameless, name=None))
    assert (await api.bearer(token).data(VIEWER))["name"] == nameless.email.partition("@")[0]


async def test_a_new_user_comes_in_once_on_every_database(any_api: Stack) -> None:
    users = [person() for _ in range(3)]
    answers = await asyncio.gather(*(any_api.caller(user).data(VIEWER) for user in users for _ in range(5)))
    assert [answer["id"] for answer in answers] == [user.id for user in users for _ in range(5)]


async def test_an_address_that_another_user_has_is_no_way_in(any_api: Stack) -> None:
    known = await add_user(any_api.database)
    other = any_api.caller(User(new_id(), "other", known.email, datetime.now(UTC)))
    answer = await other.ask(VIEWER)
    assert codes(answer) == ["UNAUTHENTICATED"]
    assert known.email in answer["errors"][0]["message"]
    assert await close_code(any_api.caller(None), other.headers) == 4403
    assert (await any_api.caller(known).data(VIEWER))["id"] == known.id


async def test_an_address_that_was_verified_is_as_good_as_one_that_nothing_is_said_of(api: Stack) -> None:
    for said in (True, "true"):
        user = person()
        token = signed(claims(user, email_verified=said))
        assert (await api.bearer(token).data(VIEWER))["id"] == user.id


async def test_an_id_in_other_letters_is_somebody_else(any_api: Stack) -> None:
    """MariaDB's collation takes the two for equal."""
    known = await add_user(any_api.database)
    answer = await any_api.caller(User(known.id.swapcase(), "other", person().email, datetime.now(UTC))).ask(VIEWER)
    assert codes(answer) == ["UNAUTHENTICATED"] or answer["data"]["viewer"]["id"] != known.id
    assert answer["data"] is None or answer["data"]["viewer"]["id"] == known.id.swapcase()


async def test_a_websocket_signs_in_with_its_first_message(api: Stack) -> None:
    home = await make_home(api.database)
    token = api.caller(home.owner).token
    for name in ("Authorization", "authorization"):
        async with api.caller(None).connected() as wire:
            await hello(wire, {name: f"Bearer {token}"})
            await wire.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": VIEWER}}))
            answer = json.loads(await asyncio.wait_for(wire.recv(), PATIENCE))
            assert answer["payload"]["data"]["viewer"]["id"] == home.owner.id


async def test_a_websocket_that_does_not_sign_in_is_closed(api: Stack) -> None:
    user = await add_user(api.database)
    expired = TokenSigner(SECRET.encode()).issue(user, timedelta(seconds=-5))
    for payload in (
        None,
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Bearer {expired}"},
        {"Authorization": signed(claims(user))},
        {"Authorization": None},
        {"Authorization": 5},
        {"token": f"Bearer {signed(claims(user))}"},
    ):
        assert await close_code(api.caller(None), payload) == 4403, payload


async def test_nothing_is_answered_before_the_sign_in(api: Stack) -> None:
    async with asyncio.timeout(PATIENCE), api.caller(None).connected() as wire:
        await wire.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": VIEWER}}))
        with pytest.raises(ConnectionClosed) as closed:
            await wire.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_the_old_protocol_is_not_spoken(api: Stack) -> None:
    user = api.caller(await add_user(api.database))

    async def speak() -> None:
        async with asyncio.timeout(PATIENCE), user.connected("graphql-ws") as wire:
            await wire.send(json.dumps({"type": "connection_init", "payload": user.headers}))
            await wire.recv()

    with pytest.raises((ConnectionClosed, InvalidHandshake)):
        await speak()


async def test_queries_do_not_travel_in_addresses(api: Stack) -> None:
    headers = api.caller(await add_user(api.database)).headers
    answer = await api.http.get("/graphql", params={"query": VIEWER}, headers=headers)
    assert answer.status_code in (400, 404, 405)
    assert "viewer" not in answer.text
