"""What a browser can sign in with, and to whom the development sign-in gives a token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from adapters.settings import load_settings
from main import create_app
from workers.services import open_services

HERE = "http://127.0.0.1:8000"
EMAIL, ANA = {"email": "Rosa@example.org"}, {"email": "ana@example.org"}
VIEWER = {"query": "{ viewer { email teams { role } } }"}


@pytest.fixture
async def browser(tmp_path: Path, sqlite_url: str, embedded_redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody on the machine of a server that listens on loopback with its own secret."""
    async with browsing(tmp_path, sqlite_url, embedded_redis_url) as client:
        yield client


@asynccontextmanager
async def browsing(
    tmp_path: Path, database_url: str, redis_url: str, http: str = "1.1", **more: Any
) -> AsyncIterator[httpx.AsyncClient]:
    bare = {"host": "127.0.0.1", "public_url": "", "jwt_secret": "", "sign_in_page": "", "graphiql": "auto"}
    places = {"data_dir": tmp_path / "data", "database_url": database_url, "redis_url": redis_url}
    async with open_services(load_settings(**{**bare, **places, **more})) as services:
        app = create_app(services, tmp_path / "api")

        async def speaking(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "http_version": http}, receive, send)

        transport = httpx.ASGITransport(speaking)
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            yield client


async def refused(client: httpx.AsyncClient, status: int, **request: Any) -> str:
    """The sentence of a refusal."""
    answer = await client.post("/sign-in/development", **request)
    assert answer.status_code == status, answer.text
    said = answer.json()
    assert said.keys() == {"error"}
    assert answer.headers["Cache-Control"] == "no-store"
    return str(said["error"])


async def test_an_e_mail_address_is_enough_on_this_machine(browser: httpx.AsyncClient) -> None:
    for headers in ({}, {"Origin": HERE}, {"Host": "localhost:8000", "Origin": "http://localhost:8000"}):
        answer = await browser.post("/sign-in/development", json=EMAIL, headers=headers)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    token = answer.json()["token"]
    came = await browser.post("/graphql", json=VIEWER, headers={"Authorization": f"Bearer {token}"})
    assert came.json()["data"]["viewer"] == {"email": "rosa@example.org", "teams": [{"role": "OWNER"}]}
    ends = datetime.fromtimestamp(jwt.decode(token, options={"verify_signature": False})["exp"], UTC)
    assert timedelta(days=29) < ends - datetime.now(UTC) <= timedelta(days=30)


async def test_one_address_is_one_user_however_often_it_comes(browser: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(browser.post("/sign-in/development", json=EMAIL) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    tokens = [answer.json()["token"] for answer in answers]
    assert len({jwt.decode(token, options={"verify_signature": False})["sub"] for token in tokens}) == 1


async def test_an_address_that_the_database_takes_for_another_s_is_refused_with_a_sentence(
    tmp_path: Path, migrated_mariadb_url: str, embedded_redis_url: str
) -> None:
    async with browsing(tmp_path, migrated_mariadb_url, embedded_redis_url) as client:
        assert (await client.post("/sign-in/development", json={"email": "rosa@example.org"})).status_code == 200
        assert "accents" in await refused(client, 409, json={"email": "rós\u00e1@example.org"})
        answers = await asyncio.gather(*(client.post("/sign-in/development", json=ANA) for _ in range(6)))
    tokens = [answer.json()["token"] for answer in answers]
    assert len({jwt.decode(token, options={"verify_signature": False})["sub"] for token in tokens}) == 1


async def test_the_page_is_told_what_there_is_to_sign_in_with(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/sign-in/options")
    assert answer.json() == {"development": True, "page": None, "graphiql": True}
    assert answer.headers["Cache-Control"] == "no-store"
    proxied = await browser.get("/sign-in/options", headers={"X-Forwarded-For": "10.0.0.9"})
    assert proxied.json()["development"] is False


@pytest.mark.parametrize(
    "settings",
    [
        {"jwt_secret": "s" * 32},
        {"public_url": "https://farm.example.org"},
        {"jwt_secret": "s" * 32, "host": "0.0.0.0"},
    ],
)
async def test_a_server_for_others_has_no_development_sign_in(
    tmp_path: Path, sqlite_url: str, embedded_redis_url: str, settings: dict[str, str]
) -> None:
    page = "https://login.example.org/start"
    async with browsing(tmp_path, sqlite_url, embedded_redis_url, sign_in_page=page, **settings) as client:
        assert "token" in await refused(client, 404, json=EMAIL)
        told = (await client.get("/sign-in/options")).json()
    assert told == {"development": False, "page": page, "graphiql": "host" not in settings}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "farm.example.org"},  # a foreign name that was made to lead to 127.0.0.1
        {"Host": "127.0.0.1.example.org:8000"},
        {"Host": "farm.example.org@127.0.0.1"},
        {"Host": "[::1"},
        {"Host": ""},
        {"Host": "192.168.1.5:8000"},
        {"X-Forwarded-For": "10.0.0.9"},
        {"X-Forwarded-Host": "127.0.0.1:8000"},
        {"Forwarded": "for=10.0.0.9"},
        {"X-Real-IP": "10.0.0.9"},
        {"Via": "1.1 proxy"},
        {"Origin": "https://farm.example.org"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9000"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "http://["},
    ],
)
async def test_who_comes_from_elsewhere_is_refused(browser: httpx.AsyncClient, headers: dict[str, str]) -> None:
    await refused(browser, 403, json=EMAIL, headers=headers)


async def test_no_browser_speaks_http_1_0(tmp_path: Path, sqlite_url: str, embedded_redis_url: str) -> None:
    """A proxy may that leaves no other trace of itself."""
    async with browsing(tmp_path, sqlite_url, embedded_redis_url, http="1.0") as client:
        assert "proxy" in await refused(client, 403, json=EMAIL)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "text/json"])
async def test_a_form_of_a_foreign_page_is_no_json(browser: httpx.AsyncClient, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    assert "application/json" in await refused(browser, 415, content=b'{"email": "rosa@example.org"}', headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"email": null}',
        b'{"email": ["rosa@example.org"]}',
        b'{"email": ""}',
        b'{"email": "rosa"}',
        b'{"email": "@example.org"}',
        b'{"email": "rosa@"}',
        b'{"email": "rosa@example@org"}',
        b'{"email": "rosa ana@example.org"}',
        b'{"email": "rosa\\u0000@example.org"}',
        b'{"email": "rosa\\ud800@example.org"}',
        b'{"email": "rosa\xff@example.org"}',
        b'{"email": "%s@example.org"}' % (b"r" * 180),
        b'{"email": "rosa@example.org"}' + b" " * 5000,
    ],
)
async def test_what_is_no_e_mail_address_is_refused_with_a_sentence(browser: httpx.AsyncClient, body: bytes) -> None:
    said = await refused(browser, 400, content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert said.endswith((".", "}"))
    assert said.startswith(("The body", "More than")) or "is no e-mail address" in said
