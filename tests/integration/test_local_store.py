"""The object store as a folder, by itself and behind its addresses."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from adapters.local_store import GET_MINUTES, LocalStore
from adapters.local_store_http import object_routes

KEY = "teams/t/originals/ab/abc"
ESCAPES = ["../outside", "teams/../../outside", "/etc/passwd", "", "teams/t\x00/x", "..", "a/.."]


def files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.fixture
async def web(store: LocalStore) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=list(object_routes(store))))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


async def test_what_is_put_is_got_copied_measured_and_deleted(store: LocalStore, tmp_path: Path) -> None:
    await store.put(KEY, b"bytes", "text/plain")
    assert (await store.get(KEY), await store.size(KEY)) == (b"bytes", 5)
    await store.copy(KEY, "teams/t/copy")
    await store.delete(KEY)
    await store.delete(KEY)
    assert await store.size(KEY) is None
    target = tmp_path / "downloaded"
    await store.download("teams/t/copy", target)
    assert target.read_bytes() == b"bytes"
    await store.put_file("teams/t/from-file", target, "text/plain")
    assert await store.get("teams/t/from-file") == b"bytes"


async def test_a_missing_object_is_a_key_error(store: LocalStore, tmp_path: Path) -> None:
    for attempt in (store.get(KEY), store.download(KEY, tmp_path / "x"), store.copy(KEY, "teams/t/copy")):
        with pytest.raises(KeyError):
            await attempt
    assert await store.size("teams/t/copy") is None


@pytest.mark.parametrize("key", ESCAPES)
async def test_no_key_leaves_the_folder(store: LocalStore, tmp_path: Path, key: str) -> None:
    (tmp_path / "outside").write_bytes(b"secret")
    with pytest.raises(KeyError):
        await store.put(key, b"x", "")
    for reach in (store.get, store.size, store.delete):
        with pytest.raises(KeyError):
            await reach(key)
    assert [path.read_bytes() for path in files(tmp_path)] == [b"secret"]


async def test_readers_see_the_old_object_or_the_new_one_and_no_half(store: LocalStore, tmp_path: Path) -> None:
    old, new = b"a" * 2_000_000, b"b" * 2_000_000
    await store.put(KEY, old, "")
    over = asyncio.Event()

    async def write() -> None:
        for turn in range(20):
            await store.put(KEY, new if turn % 2 == 0 else old, "")
        over.set()

    async def read() -> set[bytes]:
        seen = set()
        while not over.is_set():
            seen.add(await store.get(KEY))
        return seen

    _, *seen = await asyncio.gather(write(), read(), read())
    assert set.union(*seen) <= {old, new}
    assert len(files(tmp_path)) == 1


async def test_a_write_that_fails_leaves_nothing_and_the_old_object_stays(store: LocalStore, tmp_path: Path) -> None:
    await store.put(KEY, b"old", "")
    with pytest.raises(FileNotFoundError):
        await store.put_file(KEY, tmp_path / "missing", "")
    assert await store.get(KEY) == b"old"
    assert len(files(tmp_path)) == 1


async def test_an_address_gives_the_object_its_name_and_its_ranges(store: LocalStore, web: httpx.AsyncClient) -> None:
    await store.put(KEY, b"0123456789", "")
    url = store.get_url(KEY, "north block – May.jpg", "image/jpeg", datetime.now(UTC))
    whole = await web.get(url)
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["content-type"] == "image/jpeg"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "north%20block" in whole.headers["content-disposition"]
    part = await web.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    beyond = await web.get(url, headers={"Range": "bytes=20-"})
    assert beyond.status_code == 416
    head = await web.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")


async def test_an_address_that_was_changed_or_is_over_gives_nothing(store: LocalStore, web: httpx.AsyncClient) -> None:
    await store.put(KEY, b"mine", "")
    await store.put("teams/other/secret", b"theirs", "")
    now = datetime.now(UTC)
    url = store.get_url(KEY, "a.jpg", "image/jpeg", now)
    changed = [
        url.replace("teams/t/originals/ab/abc", "teams/other/secret"),
        url.replace("name=a.jpg", "name=a.html"),
        url.replace("image%2Fjpeg", "text%2Fhtml"),
        url.replace("expires=", "expires=9"),
        url + "&extra=1",
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.partition("?")[0],
    ]
    assert len({url, *changed}) == 8
    for bad in changed:
        answer = await web.get(bad)
        assert (answer.status_code, b"mine" in answer.content, b"theirs" in answer.content) == (403, False, False)
    over = store.get_url(KEY, "a.jpg", "image/jpeg", now - timedelta(minutes=GET_MINUTES, seconds=5))
    answer = await web.get(over)
    assert answer.status_code == 403
    assert "expired" in answer.json()["error"]
    stranger = LocalStore(store.path("x").parent, "http://127.0.0.1:8000", b"another secret")
    assert (await web.get(stranger.get_url(KEY, "a.jpg", "image/jpeg", now))).status_code == 403
    gone = store.get_url("teams/t/gone", "a.jpg", "image/jpeg", now)
    assert (await web.get(gone)).status_code == 404


async def test_a_file_s_name_cannot_stand_for_another_part_of_its_address(
    store: LocalStore, web: httpx.AsyncClient
) -> None:
    await store.put(KEY, b"<script>", "")
    issued = store.get_url(KEY, "a\ntype=text/html", "image/jpeg", datetime.now(UTC))
    facts = dict(httpx.URL(issued).params)
    assert facts["name"] == "a\ntype=text/html"
    forged = {**facts, "name": "a", "type": "text/html\ntype=image/jpeg"}
    assert (await web.get(str(httpx.URL(issued).copy_with(params=forged)))).status_code == 403


async def test_a_put_of_the_wrong_length_or_content_stores_nothing(
    store: LocalStore, web: httpx.AsyncClient, tmp_path: Path
) -> None:
    content = b"0123456789"
    address = store.put_url(KEY, 10, hashlib.sha256(content).hexdigest(), datetime.now(UTC))

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
    late = store.put_url(KEY, 10, "0" * 64, datetime.fromtimestamp(time.time() - 3600, UTC))
    assert (await web.put(late.url, content=content)).status_code == 403
