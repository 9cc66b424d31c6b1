"""The hostile matrix over HTTP, at least five of each row: no crash, no 5xx, an error that says what is wrong, and
nothing that another request notices."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from domain.ids import new_id
from hostile_documents import BODIES, INVALID, TOO_COMPLEX
from seeds import Home, add_batch, add_images, annotate, freeze, make_home, request_version
from stack import Caller, Stack

VIEWER = "{ viewer { id } }"
RENAME = 'mutation($id: ID!) { updateProject(input: {id: $id, name: "taken"}) { userErrors { code } } }'
NAME = "query($id: ID!) { project(id: $id) { name } }"
PREFLIGHT = {"GraphQL-Require-Preflight": "1"}
EVIL = "evil.example"
HOSTS = (EVIL, f"{EVIL}:80", f"127.0.0.1.{EVIL}", f"user@{EVIL}", "[::1", "x" * 5_000, "", "a b", "%0d%0aX: y")
DIFF = "diff(against: $id) { assetsAdded from { id } to { id name } }"
ASSETS = "assets(filter: {uploadBatchId: $id}) { totalCount nodes { id filename uploadBatch { name } } }"
DEEP = (
    ("version", f'{{ node(id: "VERSION") {{ ... on DatasetVersion {{ {DIFF} }} }} }}'),
    ("version", f'{{ project(id: "PROJECT") {{ versions {{ nodes {{ {DIFF} }} }} }} }}'),
    ("version", f'{{ version(id: "VERSION") {{ project {{ versions {{ edges {{ node {{ {DIFF} }} }} }} }} }} }}'),
    ("batch", f'{{ node(id: "PROJECT") {{ ... on Project {{ {ASSETS} }} }} }}'),
    ("batch", f'{{ version(id: "VERSION") {{ project {{ {ASSETS} }} }} }}'),
    ("batch", f"{{ projects {{ edges {{ node {{ {ASSETS} }} }} }} }}"),
)
"""Documents that take an id, of another team's, three levels down and more; within objects of one's own."""


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


@pytest.fixture
async def owner(api: Stack, home: Home) -> AsyncIterator[Caller]:
    """Who is served afterwards as before."""
    owner = api.caller(home.owner)
    yield owner
    assert (await owner.data(VIEWER))["id"] == home.owner.id
    assert (await owner.data(NAME, id=home.project.id))["name"] == home.project.name


def errors_of(response: httpx.Response) -> list[dict[str, Any]]:
    """Of an answer that refuses: it is no 5xx, is JSON, and says what is wrong."""
    told = f"{response.status_code} {response.text[:300]}"
    assert response.status_code < 500, told
    assert response.headers["content-type"].startswith("application/"), response.headers
    answer = response.json()
    assert not answer.get("data"), told
    errors: list[dict[str, Any]] = answer["errors"]
    assert 0 < len(errors) < 30
    assert all(len(error["message"]) < 2_000 for error in errors), told
    assert all(error.get("extensions", {}).get("code") for error in errors), told
    return errors


def refused_as(response: httpx.Response) -> set[str]:
    return {error["extensions"]["code"] for error in errors_of(response)}


async def post(caller: Caller, content: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    given = {"Content-Type": "application/json", **(headers or {})}
    sent = {name: value for name, value in {**caller.headers, **given}.items() if value}
    return await caller.http.post("/graphql", content=content, headers=sent)


async def ask(caller: Caller, document: str, **variables: Any) -> httpx.Response:
    return await post(caller, json.dumps({"query": document, "variables": variables}))


@pytest.mark.parametrize("row", TOO_COMPLEX)
async def test_what_asks_for_too_much_is_refused_as_that(owner: Caller, row: str) -> None:
    assert len(TOO_COMPLEX[row]) >= 5
    for document in TOO_COMPLEX[row]:
        assert "QUERY_TOO_COMPLEX" in refused_as(await ask(owner, document)), document[:100]


@pytest.mark.parametrize("row", INVALID)
async def test_what_is_no_valid_document_is_refused(owner: Caller, row: str) -> None:
    assert len(INVALID[row]) >= 5
    for document in INVALID[row]:
        errors_of(await ask(owner, document))


@pytest.mark.parametrize("row", BODIES)
async def test_a_body_that_is_no_operation_is_refused(owner: Caller, row: str) -> None:
    assert len(BODIES[row]) >= 5
    for body in BODIES[row]:
        response = await post(owner, body)
        assert errors_of(response), body[:60]
        assert response.status_code == 400 or row == "no operation", body[:60]


async def _zeros(size: int) -> AsyncIterator[bytes]:
    """A body that nobody announced the length of."""
    for _ in range(size >> 16):
        yield b"0" * (1 << 16)


async def test_a_body_of_50_mb_is_not_read(owner: Caller) -> None:
    size = 50 << 20
    for kind in ("application/json", "application/json; charset=utf-8", "multipart/form-data; boundary=x"):
        for announced in ({"Content-Length": str(size)}, {}):
            response = await post(owner, _zeros(size), {"Content-Type": kind, **PREFLIGHT, **announced})
            errors_of(response)
            # A multipart body is refused for what it is, where it is read before its length is known.
            assert response.status_code == 413 or (not announced and "multipart" in kind), (kind, announced)


async def test_a_body_over_a_megabyte_is_refused(owner: Caller) -> None:
    for size in (1_000_001, 1_500_000, 2 << 20, 5 << 20, 10 << 20):
        response = await post(owner, json.dumps({"query": VIEWER + " " * (size - 30)}).encode())
        assert response.status_code == 413
        errors_of(response)


def _forms(home: Home) -> Iterator[tuple[dict[str, Any], str | None]]:
    """What a page of another site could have a browser send, without asking first."""
    payload = {"query": RENAME, "variables": json.dumps({"id": home.project.id})}
    whole = json.dumps({"query": RENAME, "variables": {"id": home.project.id}})
    yield {"data": payload}, None
    yield {"params": payload}, None
    for kind in ("text/plain", "application/x-www-form-urlencoded", "text/plain; a=application/json", "", "*/*"):
        yield {"content": whole}, kind
    yield {"content": RENAME}, "application/graphql"
    yield {"content": whole}, "application/xml"
    yield {"files": {"operations": (None, whole), "map": (None, "{}")}}, None
    yield {"files": {"operations": (None, whole), "map": (None, "{}"), "0": ("a.jpg", b"a")}}, None


async def test_a_mutation_as_a_form_or_as_text_is_not_run(owner: Caller, home: Home) -> None:
    sent = list(_forms(home))
    for given, kind in sent:
        headers = {**owner.headers, **({"Content-Type": kind} if kind is not None else {}), "Origin": f"http://{EVIL}"}
        response = await owner.http.post("/graphql", headers=headers, **given)
        errors_of(response)
        assert response.status_code in (400, 415), given
    assert len(sent) >= 5


async def test_a_mutation_in_an_address_is_not_run(owner: Caller, home: Home) -> None:
    variables = json.dumps({"id": home.project.id})
    named = RENAME.replace("mutation", "mutation M")
    for params in (
        {"query": RENAME, "variables": variables},
        {"query": f"{VIEWER} {named}", "variables": variables, "operationName": "M"},
        {"query": f"query Q {VIEWER} {named}", "variables": variables, "operationName": "M"},
        {"query": RENAME, "variables": variables, "extensions": "{}"},
        {"query": "subscription($id: ID!) { projectEvents(projectId: $id) { kind } }", "variables": variables},
        {"query": RENAME, "variables": "{"},
        {},
    ):
        for headers in (owner.headers, {**owner.headers, **PREFLIGHT}):
            errors_of(await owner.http.get("/graphql", params=params, headers=headers))


async def test_another_method_is_none_of_graphql_s(owner: Caller) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        response = await owner.http.request(method, "/graphql", json={"query": VIEWER}, headers=owner.headers)
        assert response.status_code == 405, method
        errors_of(response)
        assert "POST" in response.headers["allow"]


async def test_a_batch_is_not_run(owner: Caller) -> None:
    one: dict[str, Any] = {"query": VIEWER}
    for batch in ([], [one], [one] * 2, [one] * 10, [one] * 1_000, [None], [[one]], [5, "x"]):
        assert (await post(owner, json.dumps(batch))).status_code == 400
        errors_of(await post(owner, json.dumps(batch)))
    files = {"operations": (None, json.dumps([one] * 10)), "map": (None, "{}")}
    response = await owner.http.post("/graphql", files=files, headers={**owner.headers, **PREFLIGHT})
    errors_of(response)


async def test_a_host_header_leads_nowhere(owner: Caller, home: Home) -> None:
    """No address that the server tells is made of it."""
    upload = """mutation($id: ID!) { requestFileUpload(input: {projectId: $id, filename: "a.json", sizeBytes: 3,
      sha256: "%s"}) { upload { url } userErrors { code } } }"""
    asked = json.dumps({"query": upload % ("ab" * 32), "variables": {"id": home.project.id}})
    forwarded = {"X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}", "X-Original-URL": "/healthz"}
    for host in HOSTS:
        response = await post(owner, asked, {"Host": host, **forwarded})
        if response.status_code == 200:
            assert response.json()["data"]["requestFileUpload"]["upload"]["url"].startswith(owner.address)
        page = await owner.http.get("/projects", headers={"Host": host, "Accept": "text/html"})
        for answer in (response, page):
            assert answer.status_code < 500, host
            assert EVIL not in answer.text, host
            assert EVIL not in str(answer.headers), host


async def holdings(api: Stack, home: Home, name: str) -> dict[str, str]:
    """The ids of a frozen version and of its images' upload batch."""
    batch = await add_batch(api.database, home.project, f"{name} flight")
    await annotate(api.database, home, await add_images(api.database, home.project, [f"{name}-1", f"{name}-2"], batch))
    requested = await request_version(api.database, home)
    version = await freeze(api.database, api.services.store, api.services.settings.data_dir, requested)
    return {"version": version.id, "batch": batch.id}


async def test_another_team_s_id_deep_in_a_document_finds_nothing(api: Stack, owner: Caller, home: Home) -> None:
    """As if there were no such object."""
    own = await holdings(api, home, "ours")
    foreign = await holdings(api, await make_home(api.database), "theirs")
    for kind, text in DEEP:
        document = f"query($id: ID!) {text.replace('VERSION', own['version']).replace('PROJECT', home.project.id)}"
        assert (await owner.ask(document, id=own[kind])).get("errors") is None, document
        told, absent = [
            (await ask(owner, document, id=id_)).text.replace(id_, "ID") for id_ in (foreign[kind], new_id())
        ]
        assert told == absent, document
        assert "theirs" not in told, document
        assert foreign["version"] not in told, document
