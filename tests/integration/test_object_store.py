"""The object store's promises, each kept by the folder and by the S3 bucket."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette

from adapters.local_store import GET_MINUTES, PUT_MINUTES, LocalStore
from adapters.local_store_http import object_routes
from adapters.s3_writer import PART_BYTES
from domain.ports import ObjectChangedError, ObjectStore, PutAddress

KEY = "teams/t/originals/ab/abc"
MIB = 1 << 20
FOLDER_ADDRESS = "http://127.0.0.1:8000"
ODD_KEYS = [
    "teams/t/north block – May (1).jpg",
    "teams/t/Wüste/日本語/😀.jpg",
    "teams/t/a+b&c=d?e#f%20g'h\"i",
    "teams/t/..hidden/...",
    "teams/t/" + "k" * 183,
]


@pytest.fixture
async def web(any_store: ObjectStore) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the addresses that the store hands out."""
    mounts: Mapping[str, httpx.AsyncBaseTransport] = {}
    if isinstance(any_store, LocalStore):
        app = Starlette(routes=list(object_routes(any_store)))
        mounts = {FOLDER_ADDRESS: httpx.ASGITransport(app)}
    async with httpx.AsyncClient(mounts=mounts, trust_env=False) as client:
        yield client


async def keys_under(store: ObjectStore, prefix: str) -> list[str]:
    return [found.key async for found in store.under(prefix)]


async def put_address(store: ObjectStore, key: str, content: bytes, age: timedelta = timedelta()) -> PutAddress:
    return await store.put_url(key, len(content), hashlib.sha256(content).hexdigest(), datetime.now(UTC) - age)


async def pieces(data: bytes, lengths: Sequence[int]) -> AsyncIterator[bytes]:
    """The data in pieces of those lengths, in turn."""
    start, turn = 0, 0
    while start < len(data):
        length = lengths[turn % len(lengths)]
        yield data[start : start + length]
        start, turn = start + length, turn + 1


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    """As a body, data whose length is not announced."""
    for start in range(0, len(data), 3):
        yield data[start : start + 3]


async def test_what_is_lent_can_be_deleted_and_the_object_stays(any_store: ObjectStore, tmp_path: Path) -> None:
    await any_store.put(KEY, b"first", "image/jpeg")
    await any_store.lend(KEY, tmp_path / "lent")
    assert (tmp_path / "lent").read_bytes() == b"first"
    await any_store.put(KEY, b"second", "image/jpeg")
    assert (tmp_path / "lent").read_bytes() == b"first", "who reads it reads one object to its end"
    (tmp_path / "lent").unlink()
    assert await any_store.get(KEY) == b"second"
    with pytest.raises(KeyError):
        await any_store.lend("teams/t/originals/none", tmp_path / "none")
    assert list(tmp_path.glob("none*")) == []


async def test_what_is_put_is_got_measured_copied_and_deleted(any_store: ObjectStore, tmp_path: Path) -> None:
    await any_store.ready()
    await any_store.put(KEY, b"bytes", "text/plain")
    assert (await any_store.get(KEY), await any_store.size(KEY)) == (b"bytes", 5)
    await any_store.copy(KEY, "teams/t/copy")
    await any_store.delete(KEY)
    assert await any_store.size(KEY) is None
    target = tmp_path / "downloaded"
    assert await any_store.download("teams/t/copy", target)
    assert target.read_bytes() == b"bytes"
    await any_store.put_file("teams/t/from-file", target, "text/plain")
    assert await any_store.get("teams/t/from-file") == b"bytes"
    await any_store.put("teams/t/empty", b"", "text/plain")
    assert (await any_store.get("teams/t/empty"), await any_store.size("teams/t/empty")) == (b"", 0)


async def test_a_missing_object_is_a_key_error_and_leaves_no_file(any_store: ObjectStore, tmp_path: Path) -> None:
    await any_store.put("teams/t/originals/ab/abc/below", b"x", "")
    folder = tmp_path / "downloads"
    folder.mkdir()
    for attempt in (
        any_store.get(KEY),
        any_store.download(KEY, folder / "x"),
        any_store.copy(KEY, "teams/t/copy"),
        any_store.copy("teams/t/never", "teams/t/copy", "a tag"),
    ):
        with pytest.raises(KeyError):
            await attempt
    assert await any_store.size(KEY) is None
    assert await any_store.size("teams/t/copy") is None
    assert list(folder.iterdir()) == []


async def test_deleting_what_is_not_there_does_nothing(any_store: ObjectStore) -> None:
    await any_store.put("teams/t/dir/one", b"x", "")
    for key in ("teams/t/never", "teams/t/dir", "teams/t/dir/one/two"):
        await any_store.delete(key)
    await asyncio.gather(*(any_store.delete("teams/t/dir/one") for _ in range(4)))
    assert await keys_under(any_store, "teams/t/") == []


@pytest.mark.parametrize("key", ODD_KEYS)
async def test_odd_keys_are_keys(any_store: ObjectStore, web: httpx.AsyncClient, tmp_path: Path, key: str) -> None:
    await any_store.put(key, b"bytes", "")
    await any_store.copy(key, f"{key}2")
    await any_store.download(f"{key}2", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == await any_store.get(key) == b"bytes"
    assert await keys_under(any_store, "teams/t/") == [key, f"{key}2"]
    answer = await web.get(await any_store.get_url(key, "a.jpg", "image/jpeg", datetime.now(UTC)))
    assert (answer.status_code, answer.content) == (200, b"bytes")
    address = await put_address(any_store, key, b"other")
    assert (await web.put(address.url, content=b"other", headers=dict(address.headers))).status_code == 200
    await any_store.delete(f"{key}2")
    assert await any_store.get(key) == b"other"


async def test_readers_see_the_old_object_or_the_new_one_and_no_half(any_store: ObjectStore) -> None:
    old, new = b"a" * 2_000_000, b"b" * 2_000_000
    await any_store.put(KEY, old, "")
    over = asyncio.Event()

    async def write() -> None:
        for turn in range(10):
            await any_store.put(KEY, new if turn % 2 == 0 else old, "")
        over.set()

    async def read() -> set[bytes]:
        seen = set()
        while not over.is_set():
            seen.add(await any_store.get(KEY))
        return seen

    _, *seen = await asyncio.gather(write(), read(), read())
    assert set.union(*seen) <= {old, new}
    assert await keys_under(any_store, "teams/") == [KEY]


async def test_a_write_that_fails_leaves_nothing_and_the_old_object_stays(
    any_store: ObjectStore, tmp_path: Path
) -> None:
    await any_store.put(KEY, b"old", "")
    with pytest.raises(FileNotFoundError):
        await any_store.put_file(KEY, tmp_path / "missing", "")
    assert await any_store.get(KEY) == b"old"


async def test_of_eight_that_write_a_new_object_at_once_one_does(any_store: ObjectStore) -> None:
    for turn in range(5):
        key = f"teams/t/markers/{turn}"
        wrote = await asyncio.gather(*(any_store.put_new(key, bytes([number]), "") for number in range(8)))
        assert sorted(wrote) == [False] * 7 + [True]
        assert await any_store.get(key) == bytes([wrote.index(True)])
        assert not await any_store.put_new(key, b"late", "")
    await any_store.delete("teams/t/markers/0")
    assert await any_store.put_new("teams/t/markers/0", b"again", "")


async def test_a_large_file_is_stored_and_given_back_whole(any_store: ObjectStore, tmp_path: Path) -> None:
    data = Random(7).randbytes(2 * PART_BYTES + 12_345)
    (tmp_path / "large").write_bytes(data)
    await any_store.put_file(KEY, tmp_path / "large", "application/zip")
    assert await any_store.size(KEY) == len(data)
    tag = await any_store.download(KEY, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data
    await any_store.copy(KEY, "teams/t/copy", tag)
    assert hashlib.sha256(await any_store.get("teams/t/copy")).digest() == hashlib.sha256(data).digest()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["back", "large"]


@pytest.mark.parametrize("length", [0, 7, MIB - 1, MIB, MIB + 1, 3 * MIB, 3 * MIB + 5])
async def test_a_stream_is_stored_whole_whatever_its_length_and_its_pieces(
    any_store: ObjectStore, web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    # Of S3's parts only the last may be smaller than 5 MiB; the tests' server does not mind.
    monkeypatch.setattr("adapters.s3_writer.STREAM_PART_BYTES", MIB)
    data = Random(length).randbytes(length)
    await any_store.put_stream(KEY, pieces(data, [1, 70_000, 0, 3 * MIB]), "application/zip")
    assert await any_store.get(KEY) == data
    url = await any_store.get_url(KEY, "north-v3-yolo.zip", "application/zip", datetime.now(UTC))
    whole = await web.get(url)
    assert (whole.content, whole.headers["content-type"]) == (data, "application/zip")
    if length > 100:
        rest = await web.get(url, headers={"Range": f"bytes={length - 100}-"})
        assert (rest.status_code, rest.content) == (206, data[-100:])
        assert rest.headers["content-range"] == f"bytes {length - 100}-{length - 1}/{length}"


async def test_a_stream_that_breaks_off_leaves_the_old_object_and_nothing_else(
    any_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("adapters.s3_writer.STREAM_PART_BYTES", MIB)
    await any_store.put(KEY, b"old", "")

    async def breaking(length: int) -> AsyncIterator[bytes]:
        yield bytes(length)
        raise LookupError("on purpose")

    for length in (10, MIB, 3 * MIB + 1):
        with pytest.raises(LookupError, match="on purpose"):
            await any_store.put_stream(KEY, breaking(length), "")
        assert await any_store.get(KEY) == b"old"
    assert await keys_under(any_store, "teams/") == [KEY]
    assert [path for path in tmp_path.rglob(".incoming/*") if path.is_file()] == []


async def test_a_stream_that_is_cancelled_leaves_the_old_object_and_nothing_else(
    any_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("adapters.s3_writer.STREAM_PART_BYTES", MIB)
    await any_store.put(KEY, b"old", "")
    standing, ended = asyncio.Event(), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            yield bytes(3 * MIB + 1)
            standing.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    writing = asyncio.create_task(any_store.put_stream(KEY, endless(), ""))
    await standing.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert ended.is_set()
    assert await any_store.get(KEY) == b"old"
    assert await keys_under(any_store, "teams/") == [KEY]
    assert [path for path in tmp_path.rglob(".incoming/*") if path.is_file()] == []


async def test_a_copy_by_tag_is_of_what_was_read_or_is_not_made(any_store: ObjectStore, tmp_path: Path) -> None:
    await any_store.put(KEY, b"verified", "")
    tag = await any_store.download(KEY, tmp_path / "file")
    assert tag == await any_store.download(KEY, tmp_path / "file")
    await any_store.copy(KEY, "teams/t/first", tag)
    await any_store.put(KEY, b"swapped!", "")
    with pytest.raises(ObjectChangedError, match=KEY):
        await any_store.copy(KEY, "teams/t/second", tag)
    assert await any_store.get("teams/t/first") == b"verified"
    assert await any_store.size("teams/t/second") is None


async def test_a_listing_goes_by_key_over_all_its_pages(any_store: ObjectStore) -> None:
    names = [*(f"{number:04}" for number in range(1001)), "a-b", "a/x", "a.txt", "a/b/c", "b", "Z", "é", "z"]
    keys = [f"teams/t/many/{name}" for name in names]
    gate = asyncio.Semaphore(32)

    async def put(key: str) -> None:
        async with gate:
            await any_store.put(key, b"12345", "")

    before = datetime.now(UTC) - timedelta(seconds=5)
    await asyncio.gather(*(put(key) for key in [*keys, "teams/t/many-others/x", "teams/t2/x"]))
    found = [one async for one in any_store.under("teams/t/many/")]
    assert [one.key for one in found] == sorted(keys)
    assert {one.size_bytes for one in found} == {5}
    assert all(before <= one.modified_at <= datetime.now(UTC) + timedelta(seconds=5) for one in found)


async def test_a_listing_of_nothing_is_empty_and_half_a_name_is_no_prefix(any_store: ObjectStore) -> None:
    assert await keys_under(any_store, "teams/t/") == []
    await any_store.put("teams/t/x", b"x", "")
    assert await keys_under(any_store, "teams/u/") == []
    assert await keys_under(any_store, "teams/t/x/") == []
    with pytest.raises(ValueError, match="slash"):
        await keys_under(any_store, "teams/t")


async def test_an_address_gives_the_object_its_type_its_name_and_its_ranges(
    any_store: ObjectStore, web: httpx.AsyncClient
) -> None:
    await any_store.put(KEY, b"0123456789", "application/octet-stream")
    name = 'north block – May\'s "best"; 1.jpg'
    url = await any_store.get_url(KEY, name, "image/jpeg", datetime.now(UTC))
    whole = await web.get(url)
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["content-type"] == "image/jpeg"
    kind, _, given = whole.headers["content-disposition"].partition("; filename*=")
    assert (kind, given.lower().removeprefix("utf-8''")) == ("inline", quote(name, safe="").lower())
    part = await web.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")


async def test_an_address_of_nothing_says_so(any_store: ObjectStore, web: httpx.AsyncClient) -> None:
    url = await any_store.get_url("teams/t/gone", "a.jpg", "image/jpeg", datetime.now(UTC))
    assert (await web.get(url)).status_code == 404


async def test_an_address_that_was_changed_gives_nothing(any_store: ObjectStore, web: httpx.AsyncClient) -> None:
    await any_store.put(KEY, b"mine", "")
    await any_store.put("teams/other/secret", b"theirs", "")
    url = await any_store.get_url(KEY, "a.jpg", "image/jpeg", datetime.now(UTC))
    changed = [
        url.replace(KEY, "teams/other/secret"),
        url.replace("a.jpg", "a.html"),
        url.replace("image%2Fjpeg", "text%2Fhtml"),
        url.replace("xpires=", "xpires=9"),
        url + "&extra=1",
        url[:-1] + ("0" if url[-1] != "0" else "1"),
    ]
    assert len({url, *changed}) == 7
    for bad in changed:
        answer = await web.get(bad)
        assert (answer.status_code, b"mine" in answer.content, b"theirs" in answer.content) == (403, False, False)
    assert (await web.put(url, content=b"x")).status_code == 403
    await any_store.delete(KEY)
    assert (await web.get(url)).status_code == 404, "the address itself was good all the while"


async def test_addresses_end(any_store: ObjectStore, web: httpx.AsyncClient) -> None:
    await any_store.put(KEY, b"mine", "")
    all_but_a_second = timedelta(seconds=-1)
    read = await any_store.get_url(
        KEY, "a.jpg", "image/jpeg", datetime.now(UTC) - timedelta(minutes=GET_MINUTES) - all_but_a_second
    )
    write = await put_address(any_store, KEY, b"more", timedelta(minutes=PUT_MINUTES) + all_but_a_second)
    await asyncio.sleep(2.5)
    over = [await web.get(read), await web.put(write.url, content=b"more", headers=dict(write.headers))]
    assert [answer.status_code for answer in over] == [403, 403]
    assert all("expired" in answer.text for answer in over)
    assert await any_store.get(KEY) == b"mine"


async def test_an_upload_s_address_takes_the_announced_bytes_and_no_others(
    any_store: ObjectStore, web: httpx.AsyncClient
) -> None:
    content = b"0123456789"
    address = await put_address(any_store, KEY, content)
    assert "content-length" not in {name.lower() for name in address.headers}, "browsers forbid setting it"
    for bad in (content[:-1], content + b"x", b"9876543210", b""):
        for body in (bad, chunks(bad)):
            answer = await web.put(address.url, content=body, headers=dict(address.headers))
            assert answer.status_code in (400, 403), answer.text
    assert await any_store.size(KEY) is None
    good = await web.put(address.url, content=content, headers=dict(address.headers))
    assert good.status_code == 200, good.text
    assert await any_store.get(KEY) == content


async def test_an_upload_s_address_that_was_changed_takes_nothing(
    any_store: ObjectStore, web: httpx.AsyncClient
) -> None:
    content, other = b"0123456789", b"9876543210"
    address = await put_address(any_store, KEY, content)
    digests = [hashlib.sha256(bytes_).digest() for bytes_ in (content, other)]
    swaps = {
        KEY: "teams/other/secret",
        digests[0].hex(): digests[1].hex(),
        b64encode(digests[0]).decode(): b64encode(digests[1]).decode(),
        "xpires=": "xpires=9",
    }
    for old, new in swaps.items():
        url = address.url.replace(old, new)
        headers = {name: value.replace(old, new) for name, value in address.headers.items()}
        if (url, headers) == (address.url, address.headers):
            continue  # one store says the checksum in the address, the other in a header
        for body in (content, other):
            answer = await web.put(url, content=body, headers=headers)
            assert answer.status_code == 403, answer.text
    for key in (KEY, "teams/other/secret"):
        assert await any_store.size(key) is None
