"""What is of the object store as a folder alone: its files, and the routes of its addresses."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from adapters.local_store import LEFT_OVER_HOURS, LocalStore
from adapters.local_store_http import object_routes

KEY = "teams/t/originals/ab/abc"
ESCAPES = [
    "../outside",
    "teams/../../outside",
    "/etc/passwd",
    "",
    "teams/t\x00/x",
    "..",
    "a/..",
    "teams//x",
    "teams/",
    ".incoming/x",
]


def files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.fixture
async def web(store: LocalStore) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=list(object_routes(store))))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.mark.parametrize("key", ESCAPES)
async def test_no_key_leaves_the_folder(store: LocalStore, tmp_path: Path, key: str) -> None:
    (tmp_path / "outside").write_bytes(b"secret")
    with pytest.raises(KeyError):
        await store.put(key, b"x", "")
    for reach in (store.get, store.size, store.delete):
        with pytest.raises(KeyError):
            await reach(key)
    with pytest.raises(KeyError):
        await anext(aiter(store.under(f"{key}/")))
    assert [path.read_bytes() for path in files(tmp_path)] == [b"secret"]


async def test_a_write_leaves_one_file_however_it_ends(store: LocalStore, tmp_path: Path) -> None:
    await store.put(KEY, b"old", "")
    with pytest.raises(FileNotFoundError):
        await store.put_file(KEY, tmp_path / "missing", "")
    assert not await store.put_new(KEY, b"new", "")
    await store.put(KEY, b"newer", "")
    assert [path.read_bytes() for path in files(tmp_path)] == [b"newer"]


async def test_what_a_killed_process_left_is_removed_after_a_day(store: LocalStore, tmp_path: Path) -> None:
    await store.put(KEY, b"x", "")
    old, young = store.temporary(), store.temporary()
    for path, hours in ((old, LEFT_OVER_HOURS + 1), (young, LEFT_OVER_HOURS - 1), (store.path(KEY), 1000)):
        path.write_bytes(b"x")
        os.utime(path, times=(time.time() - hours * 3600,) * 2)
    await store.ready()
    assert sorted(files(tmp_path)) == sorted([young, store.path(KEY)])


async def test_a_folder_that_cannot_be_made_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        await LocalStore(tmp_path / "file", "", b"").ready()


async def test_an_answer_is_as_browsers_and_players_need_it(store: LocalStore, web: httpx.AsyncClient) -> None:
    await store.put(KEY, b"0123456789", "")
    url = await store.get_url(KEY, "a.jpg", "image/jpeg", datetime.now(UTC))
    assert (await web.get(url)).headers["x-content-type-options"] == "nosniff"
    beyond = await web.get(url, headers={"Range": "bytes=20-"})
    assert beyond.status_code == 416
    head = await web.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")


async def test_an_address_that_this_store_did_not_sign_gives_nothing(store: LocalStore, web: httpx.AsyncClient) -> None:
    await store.put(KEY, b"mine", "")
    now = datetime.now(UTC)
    bare = (await store.get_url(KEY, "a.jpg", "image/jpeg", now)).partition("?")[0]
    stranger = LocalStore(store.path("x").parent, "http://127.0.0.1:8000", b"another secret")
    for bad in (bare, await stranger.get_url(KEY, "a.jpg", "image/jpeg", now)):
        answer = await web.get(bad)
        assert (answer.status_code, b"mine" in answer.content) == (403, False)
    for key in ("teams/t", "../outside"):
        nothing = await web.get(await store.get_url(key, "a.jpg", "image/jpeg", now))
        assert nothing.status_code in (403, 404)


async def test_a_file_s_name_cannot_stand_for_another_part_of_its_address(
    store: LocalStore, web: httpx.AsyncClient
) -> None:
    await store.put(KEY, b"<script>", "")
    issued = await store.get_url(KEY, "a\ntype=text/html", "image/jpeg", datetime.now(UTC))
    facts = dict(httpx.URL(issued).params)
    assert facts["name"] == "a\ntype=text/html"
    forged = {**facts, "name": "a", "type": "text/html\ntype=image/jpeg"}
    assert (await web.get(str(httpx.URL(issued).copy_with(params=forged)))).status_code == 403


async def test_a_put_of_the_wrong_length_or_content_stores_nothing(
    store: LocalStore, web: httpx.AsyncClient, tmp_path: Path
) -> None:
    content = b"0123456789"
    address = await store.put_url(KEY, 10, hashlib.sha256(content).hexdigest(), datetime.now(UTC))

    async def chunks(data: bytes) -> AsyncIterator[bytes]:
        for byte in data:
            yield bytes([byte])

    for bad in (content[:-1], content + b"x", b"9876543210"):
        for body in (bad, chunks(bad)):
            answer = await web.put(address.url, content=body, headers=dict(address.headers))
            assert answer.status_code == 400, answer.text
    assert files(tmp_path) == []
    good = await web.put(address.url, content=chunks(content), headers=dict(address.headers))
    assert good.status_code == 200
    assert await store.get(KEY) == content
    late = await store.put_url(KEY, 10, "0" * 64, datetime.fromtimestamp(time.time() - 3600, UTC))
    assert (await web.put(late.url, content=content)).status_code == 403
