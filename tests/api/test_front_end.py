"""The pages as a browser gets them: which address answers with what, how long it may be kept, what it may do."""

from __future__ import annotations

import gzip
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from adapters.local_store import LocalStore
from adapters.object_store import open_object_store
from adapters.settings import Settings, load_settings
from domain.ports import ObjectStore
from s3_server import S3Server
from stack import Stack
from web.pages import page_routes

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
INDEX = '<!doctype html><script type="module" src="/assets/index-a1b2.js"></script>'
SCRIPT = "console.log('leaf');\n" * 500
FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build, with something beside it that is none of a browser's business."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "leaf.svg").write_text("<svg/>")
    (folder / ".hidden.js").write_text("secret")
    (folder / "assets" / "index-a1b2.js").write_text(SCRIPT)
    (folder / "assets" / "font-c3.woff2").write_bytes(os.urandom(5000))
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
async def browser(built: Path, store: LocalStore) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(built, store) as client:
        yield client


@asynccontextmanager
async def browsing(folder: Path, store: ObjectStore, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who looks at the pages of a server that has these settings."""
    app = Starlette(routes=page_routes(plain_settings(**settings), store, folder))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        yield client


def plain_settings(**more: Any) -> Settings:
    bare = {
        "host": "127.0.0.1",
        "port": 8000,
        "public_url": "",
        "s3_bucket": "",
        "sign_in_page": "",
        "graphiql": "auto",
        "jwt_secret": "",
    }
    return load_settings(**{**bare, **more})


def policy(answer: httpx.Response) -> dict[str, list[str]]:
    """The content security policy: what each directive allows."""
    parts = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: allowed for name, *allowed in parts}


@pytest.mark.parametrize("path", ["/", "/index.html", "/projects/01/versions/3?compare=2", "/sign-in", "/graphiql"])
async def test_the_application_knows_its_addresses_by_itself(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path, headers=HTML)
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_hashed_files_are_kept_for_ever_and_others_for_a_while(browser: httpx.AsyncClient) -> None:
    script = await browser.get("/assets/index-a1b2.js")
    assert script.text == SCRIPT
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert script.headers["Cache-Control"] == FOR_EVER
    leaf = await browser.get("/leaf.svg")
    assert (leaf.text, leaf.headers["Content-Type"]) == ("<svg/>", "image/svg+xml; charset=utf-8")
    assert leaf.headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/index-0000.js",  # of a build before: a page in its place would be run as a script
        "/assets/",
        "/assets",
        "/.hidden.js",
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/..%2fsecret.txt",
        "/%00",
        "/" + "a" * 5000,
    ],
)
async def test_what_is_not_built_is_never_sent(browser: httpx.AsyncClient, path: str) -> None:
    address = httpx.URL("http://127.0.0.1:8000", raw_path=path.encode())
    assert (await browser.get(address)).status_code == 404
    assert (await browser.get(address, headers=HTML)).text in (INDEX, "There is no such page.\n")


async def test_a_missing_asset_is_not_found_even_for_who_takes_html(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/assets/index-0000.js", headers=HTML)).status_code == 404


async def test_who_does_not_take_html_gets_no_page(browser: httpx.AsyncClient) -> None:
    for accept in ("*/*", "application/json", "image/avif,image/webp,*/*;q=0.8"):
        assert (await browser.get("/projects/01", headers={"Accept": accept})).status_code == 404
    assert (await browser.post("/projects/01", headers=HTML)).status_code == 405


async def test_head_tells_the_same_as_get(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/assets/index-a1b2.js", "/projects/01"):
        got, head = await browser.get(path, headers=HTML), await browser.head(path, headers=HTML)
        assert head.status_code == 200
        assert head.headers == got.headers


async def test_text_is_compressed_for_who_takes_it_and_fonts_are_not(browser: httpx.AsyncClient) -> None:
    async with browser.stream("GET", "/assets/index-a1b2.js", headers={"Accept-Encoding": "br, gzip;q=0.5"}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["Content-Encoding"] == "gzip"
    assert (answer.headers["Vary"], int(answer.headers["Content-Length"])) == ("Accept-Encoding", len(raw))
    assert gzip.decompress(raw).decode() == SCRIPT
    for accepted in ("identity", "br", "gzip;q=0", "gzip; q=0.000"):
        plain = await browser.get("/assets/index-a1b2.js", headers={"Accept-Encoding": accepted})
        assert "Content-Encoding" not in plain.headers
        assert (plain.text, plain.headers["Vary"]) == (SCRIPT, "Accept-Encoding")
    assert "Content-Encoding" not in (await browser.get("/assets/font-c3.woff2")).headers


async def test_what_a_browser_has_already_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    tag = (await browser.get("/")).headers["ETag"]
    again = await browser.get("/", headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "no-cache"
    assert (await browser.get("/", headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_new_build_is_served_at_once(browser: httpx.AsyncClient, built: Path) -> None:
    old = await browser.get("/")
    (built / "index.html").write_text(INDEX + "<!-- newer -->")
    new = await browser.get("/", headers={"If-None-Match": old.headers["ETag"]})
    assert (new.status_code, new.text) == (200, INDEX + "<!-- newer -->")


async def test_every_page_says_what_it_may_do(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/leaf.svg", "/assets/index-a1b2.js", "/assets/none.js", "/nothing"):
        answer = await browser.get(path)
        assert policy(answer) == {
            "default-src": ["'self'"],
            "style-src": ["'self'", "'unsafe-inline'"],
            "img-src": ["'self'", "data:", "blob:"],
            "font-src": ["'self'", "data:"],
            "worker-src": ["'self'", "blob:"],
            "connect-src": ["'self'"],
            "frame-ancestors": ["'none'"],
            "base-uri": ["'none'"],
            "form-action": ["'self'"],
            "object-src": ["'none'"],
        }, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"


async def test_pages_may_reach_another_origin_only_where_the_settings_name_one(built: Path, tmp_path: Path) -> None:
    elsewhere = LocalStore(tmp_path / "objects", "https://farm.example.org/api", b"a secret of the tests")
    page = "https://login.example.org:8443/start?realm=farm"
    async with browsing(
        built, elsewhere, public_url="https://farm.example.org/api", sign_in_page=page, jwt_secret="s" * 32
    ) as client:
        allowed = policy(await client.get("/"))
    assert allowed["connect-src"] == ["'self'", "https://farm.example.org"]
    assert allowed["img-src"] == ["'self'", "data:", "blob:", "https://farm.example.org"]
    assert allowed["form-action"] == ["'self'", "https://login.example.org:8443"]


async def test_pages_may_reach_the_bucket(built: Path, s3_settings: Settings, s3_server: S3Server) -> None:
    named = {"s3_bucket": s3_settings.s3_bucket, "s3_endpoint_url": s3_settings.s3_endpoint_url}
    async with open_object_store(s3_settings) as bucket, browsing(built, bucket, **named) as client:
        allowed = policy(await client.get("/"))
    assert allowed["connect-src"] == ["'self'", s3_server.url.rstrip("/")]
    assert allowed["img-src"] == ["'self'", "data:", "blob:", s3_server.url.rstrip("/")]


@pytest.mark.parametrize(
    ("bucket", "more", "host"),
    [
        ("farm-objects", {}, "farm-objects.s3.eu-central-1.amazonaws.com"),
        ("farm.objects", {}, "s3.eu-central-1.amazonaws.com"),
        (
            "farm-objects",
            {"s3_endpoint_url": "http://minio:9000", "s3_public_url": "https://objects.example.org/"},
            "objects.example.org",
        ),
    ],
)
async def test_pages_may_reach_what_the_bucket_is_called_outside(
    built: Path, bucket: str, more: dict[str, str], host: str
) -> None:
    keys = {"s3_access_key_id": "an-id", "s3_secret_access_key": "a-key"}
    given = {"s3_bucket": bucket, "s3_region": "eu-central-1", **keys, **more}
    async with open_object_store(plain_settings(**given)) as store, browsing(built, store, **given) as client:
        (found,) = set(policy(await client.get("/"))["connect-src"]) - {"'self'"}
    assert urlsplit(found) == ("https", host, "", "", "")


async def test_localhost_leads_to_the_address_of_the_objects(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("http://localhost:8000/projects/a%20b?compare=2", headers=HTML)
    assert answer.status_code == 307
    assert answer.headers["Location"] == "http://127.0.0.1:8000/projects/a%20b?compare=2"
    forwarded = await browser.get("http://localhost:9000/projects/01", headers=HTML)
    assert (
        forwarded.status_code == 200
    )  # a port of another machine that leads here: 127.0.0.1:8000 may be nothing there


async def test_without_graphiql_its_address_is_not_found(built: Path, store: LocalStore) -> None:
    async with browsing(built, store, graphiql="off") as client:
        for path in ("/graphiql", "/graphiql/", "/graphiql/x"):
            assert (await client.get(path, headers=HTML)).status_code == 404
        assert (await client.get("/projects", headers=HTML)).status_code == 200


async def test_what_is_not_built_says_how_it_is(tmp_path: Path, store: LocalStore) -> None:
    async with browsing(tmp_path / "dist", store) as client:
        answer = await client.get("/", headers=HTML)
        assert answer.status_code == 200
        assert "POST http://127.0.0.1:8000/graphql" in answer.text
        assert "make web" in answer.text
        assert "Content-Security-Policy" in answer.headers
        missing = await client.get("/projects/01", headers=HTML)
        assert (missing.status_code, "make web" in missing.text) == (404, True)


async def test_the_pages_stand_behind_every_other_route(api: Stack) -> None:
    for path in ("/healthz", "/readyz", "/sign-in/options"):
        answer = await api.http.get(path, headers=HTML)
        assert answer.headers["Content-Type"] == "application/json", path
    refused = await api.http.get("/objects/teams/none", headers=HTML)
    assert (refused.status_code, "error" in refused.json()) == (403, True)
    assert (await api.http.get("/graphql", headers=HTML)).status_code in (400, 404)
    assert "Content-Security-Policy" in (await api.http.get("/", headers=HTML)).headers
