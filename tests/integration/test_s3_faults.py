"""The object store on S3, when the server or the way to it fails."""

from __future__ import annotations

import asyncio
import errno
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random

import aioboto3
import pytest

from adapters.s3_store import S3Store, open_s3_store
from adapters.s3_writer import PART_BYTES
from adapters.settings import Settings
from domain.ports import ObjectStore
from faulty_server import Fault, FaultyServer
from s3_server import refusal

KEY = "teams/t/originals/ab/abc"
QUICK_SECONDS = 0.5
SMALLEST_PART = 5 << 20


@pytest.fixture
async def behind(faulty_s3: FaultyServer, s3_settings: Settings) -> AsyncIterator[S3Store]:
    """The bucket, reached through the faulty server."""
    async with open_s3_store(_at(s3_settings, faulty_s3.url)) as store:
        yield store


@pytest.fixture
async def hasty(faulty_s3: FaultyServer, s3_settings: Settings) -> AsyncIterator[S3Store]:
    """As `behind`, for faults of which only a time-out tells."""
    async with open_s3_store(_at(s3_settings, faulty_s3.url), read_seconds=QUICK_SECONDS) as store:
        yield store


def _at(settings: Settings, url: str) -> Settings:
    return settings.model_copy(update={"s3_endpoint_url": url})


async def _keys(store: S3Store) -> list[str]:
    return [found.key async for found in store.under("teams/")]


async def _open_uploads(settings: Settings) -> int:
    session = aioboto3.Session("tests", "any", region_name="us-east-1")
    async with session.client("s3", endpoint_url=settings.s3_endpoint_url) as client:
        answer = await client.list_multipart_uploads(Bucket=settings.s3_bucket)
    return len(answer.get("Uploads", []))


async def test_a_busy_server_is_asked_again(faulty_s3: FaultyServer, behind: S3Store) -> None:
    faulty_s3.faults += [Fault.BUSY, Fault.BUSY]
    await behind.put(KEY, b"bytes", "")
    faulty_s3.faults += [Fault.BUSY, Fault.LOST]
    assert await behind.get(KEY) == b"bytes"
    assert len(faulty_s3.seen) == 6


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.SILENT, Fault.DROPPED])
async def test_a_server_that_stays_faulty_is_an_os_error(
    faulty_s3: FaultyServer, hasty: S3Store, s3_settings: Settings, fault: Fault
) -> None:
    faulty_s3.every = fault
    attempts = {
        "write": hasty.put(KEY, b"x", ""),
        "read": hasty.get(KEY),
        "copy": hasty.copy(KEY, "teams/t/copy"),
        "delete": hasty.delete(KEY),
        "list": _keys(hasty),
        "look at": hasty.size(KEY),
        "reach": hasty.ready(),
    }
    outcomes = await asyncio.gather(*attempts.values(), return_exceptions=True)
    for doing, outcome in zip(attempts, outcomes, strict=True):
        assert isinstance(outcome, OSError)
        for words in (s3_settings.s3_bucket, faulty_s3.url, f"cannot {doing}"):
            assert words in str(outcome)


async def test_a_server_that_is_not_there_is_an_os_error(s3_settings: Settings, faulty_s3: FaultyServer) -> None:
    async with open_s3_store(_at(s3_settings, "http://127.0.0.1:9")) as store:
        with refusal(s3_settings.s3_bucket, "http://127.0.0.1:9", "cannot reach"):
            await store.ready()
        with refusal("cannot write"):
            await store.put(KEY, b"x", "")


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.STALLED, Fault.CHANGED_ANSWER])
async def test_a_body_that_is_not_whole_is_never_taken_for_the_object(
    faulty_s3: FaultyServer, s3_store: ObjectStore, hasty: S3Store, tmp_path: Path, fault: Fault
) -> None:
    await s3_store.put(KEY, b"b" * 3_000_000, "")
    (tmp_path / "target").write_bytes(b"of before")
    faulty_s3.every = fault
    with refusal("cannot read", KEY):
        await hasty.get(KEY)
    with refusal("cannot read", KEY):
        await hasty.download(KEY, tmp_path / "target")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("target", b"of before")]


async def test_bytes_that_change_on_the_way_are_refused(
    faulty_s3: FaultyServer, behind: S3Store, s3_store: ObjectStore, tmp_path: Path
) -> None:
    (tmp_path / "small").write_bytes(b"bytes")
    (tmp_path / "large").write_bytes(b"x" * (PART_BYTES + 1))
    faulty_s3.faults.append(Fault.CHANGED_REQUEST)
    with refusal("cannot write", "BadDigest"):
        await behind.put_file(KEY, tmp_path / "small", "")
    faulty_s3.faults += [None, Fault.CHANGED_REQUEST]
    with refusal("cannot write", "BadDigest"):
        await behind.put_file(KEY, tmp_path / "large", "")
    assert await s3_store.size(KEY) is None


async def test_a_server_that_takes_no_bytes_is_given_up(
    faulty_s3: FaultyServer, hasty: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.s3_writer.SLOWEST_BYTES_A_SECOND", 1 << 30)
    faulty_s3.faults += [Fault.UNREAD] * 3
    with refusal("cannot write", KEY, "too long"):
        await hasty.put(KEY, bytes(64_000_000), "")


async def test_a_new_object_whose_answer_was_lost_is_known_for_ours(faulty_s3: FaultyServer, behind: S3Store) -> None:
    faulty_s3.faults.append(Fault.LOST)
    assert await behind.put_new(KEY, b"ours", "")
    faulty_s3.faults.append(Fault.LOST)
    assert not await behind.put_new(KEY, b"theirs", "")
    assert await behind.get(KEY) == b"ours"


async def test_a_new_object_waits_for_a_write_that_is_under_way(faulty_s3: FaultyServer, behind: S3Store) -> None:
    faulty_s3.faults += [Fault.CONFLICT] * 2
    assert await behind.put_new(KEY, b"ours", "")
    faulty_s3.faults += [Fault.CONFLICT] * 3
    with refusal("cannot write", "try again later"):
        await behind.put_new("teams/t/other", b"ours", "")


async def test_a_large_file_goes_in_parts_that_are_sent_again(
    faulty_s3: FaultyServer, behind: S3Store, tmp_path: Path
) -> None:
    data = Random(1).randbytes(2 * PART_BYTES + 1)
    (tmp_path / "large").write_bytes(data)
    await behind.put_file("teams/t/first", tmp_path / "large", "application/zip")
    faulty_s3.faults += [Fault.BUSY, Fault.LOST]
    await behind.put_file(KEY, tmp_path / "large", "application/zip")
    tag = await behind.download(KEY, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data
    assert tag.strip('"').endswith("-3"), "S3 counts the parts in the ETag"


@pytest.mark.parametrize("handed_on", [1, 3])
async def test_a_large_file_that_fails_leaves_neither_object_nor_parts(
    faulty_s3: FaultyServer, behind: S3Store, s3_settings: Settings, tmp_path: Path, handed_on: int
) -> None:
    """Of the requests that begin it, send its two parts and end it, one is refused."""
    await behind.put(KEY, b"old", "")
    (tmp_path / "large").write_bytes(b"x" * (PART_BYTES + 1))
    faulty_s3.faults += [*[None] * handed_on, Fault.FORBIDDEN]
    with refusal("cannot write", KEY):
        await behind.put_file(KEY, tmp_path / "large", "")
    assert await _open_uploads(s3_settings) == 0
    assert await behind.get(KEY) == b"old"


async def test_a_large_file_that_is_cancelled_leaves_neither_object_nor_parts(
    faulty_s3: FaultyServer, behind: S3Store, s3_settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(b"x" * (PART_BYTES + 1))
    faulty_s3.faults += [None, Fault.SILENT, Fault.SILENT]
    sending = asyncio.create_task(behind.put_file(KEY, tmp_path / "large", ""))
    await faulty_s3.saw(3)
    assert await _open_uploads(s3_settings) == 1
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert await _open_uploads(s3_settings) == 0
    assert await behind.size(KEY) is None


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Streams go in the smallest parts that S3 takes."""
    monkeypatch.setattr("adapters.s3_writer.STREAM_PART_BYTES", SMALLEST_PART)
    return SMALLEST_PART


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1 << 20):
        yield data[start : start + (1 << 20)]


async def test_a_stream_goes_in_parts_that_are_sent_again(
    faulty_s3: FaultyServer, behind: S3Store, small_parts: int
) -> None:
    data = Random(2).randbytes(2 * small_parts + 1)
    faulty_s3.faults += [None, Fault.BUSY, Fault.LOST, Fault.BUSY]
    await behind.put_stream(KEY, _pieces(data), "application/zip")
    assert await behind.get(KEY) == data
    numbers = {line.partition("partNumber=")[2].partition("&")[0] for line in faulty_s3.seen if "partNumber" in line}
    assert {number.split()[0] for number in numbers} == {"1", "2", "3"}


@pytest.mark.parametrize("handed_on", [1, 2, 4])
async def test_a_stream_that_the_server_refuses_leaves_neither_object_nor_parts(
    faulty_s3: FaultyServer, behind: S3Store, s3_settings: Settings, small_parts: int, handed_on: int
) -> None:
    """Of the requests that begin it, send its three parts and end it, one is refused."""
    await behind.put(KEY, b"old", "")
    faulty_s3.faults += [*[None] * handed_on, Fault.FORBIDDEN]
    with refusal("cannot write", KEY):
        await behind.put_stream(KEY, _pieces(bytes(2 * small_parts + 1)), "")
    assert await _open_uploads(s3_settings) == 0
    assert await behind.get(KEY) == b"old"


async def test_a_stream_s_bytes_that_change_on_the_way_are_refused(
    faulty_s3: FaultyServer, behind: S3Store, s3_settings: Settings, small_parts: int
) -> None:
    faulty_s3.faults += [None, Fault.CHANGED_REQUEST]
    with refusal("cannot write", "BadDigest"):
        await behind.put_stream(KEY, _pieces(bytes(2 * small_parts)), "")
    assert await _open_uploads(s3_settings) == 0
    assert await behind.size(KEY) is None


async def test_a_stream_that_is_cancelled_leaves_neither_object_nor_parts(
    faulty_s3: FaultyServer, behind: S3Store, s3_settings: Settings, small_parts: int
) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield bytes(1 << 20)

    faulty_s3.faults += [None, Fault.SILENT, Fault.SILENT]
    sending = asyncio.create_task(behind.put_stream(KEY, endless(), ""))
    await faulty_s3.saw(3)
    assert await _open_uploads(s3_settings) == 1
    assert asked * (1 << 20) == 2 * small_parts, "no more is made than two parts that are on their way"
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert await _open_uploads(s3_settings) == 0
    assert await behind.size(KEY) is None


async def test_an_abort_that_gets_no_answer_holds_nobody_up(
    faulty_s3: FaultyServer, behind: S3Store, small_parts: int
) -> None:
    faulty_s3.faults.append(None)
    faulty_s3.every = Fault.SILENT
    sending = asyncio.create_task(behind.put_stream(KEY, _pieces(bytes(2 * small_parts)), ""))
    await faulty_s3.saw(3)
    sending.cancel()
    async with asyncio.timeout(30):  # the server would be waited for three times a minute
        with pytest.raises(asyncio.CancelledError):
            await sending


async def test_a_stream_longer_than_an_object_can_be_says_so(
    behind: S3Store, s3_settings: Settings, small_parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.s3_writer._MOST_PARTS", 2)
    await behind.put_stream(KEY, _pieces(bytes(2 * small_parts)), "")
    with pytest.raises(OSError, match="larger than 2 parts") as refused:
        await behind.put_stream(KEY, _pieces(bytes(2 * small_parts + 1)), "")
    assert refused.value.errno == errno.EFBIG
    assert await _open_uploads(s3_settings) == 0
    assert await behind.size(KEY) == 2 * small_parts


async def test_refused_credentials_are_named_and_not_shown(
    faulty_s3: FaultyServer, behind: S3Store, s3_settings: Settings
) -> None:
    secrets = (s3_settings.s3_secret_access_key.get_secret_value(), "X-Amz-Signature", "Credential=")
    assert not any(secret in repr(s3_settings) + str(s3_settings) + repr(behind) for secret in secrets)
    attempts: list[Callable[[], Awaitable[object]]] = [
        behind.ready,
        lambda: behind.put_new(KEY, b"x", ""),
        lambda: behind.size(KEY),
    ]
    for attempt in attempts:
        faulty_s3.faults.append(Fault.FORBIDDEN)
        with pytest.raises(OSError, match=r"(?s)S3_ACCESS_KEY_ID.*S3_SECRET_ACCESS_KEY") as refused:
            await attempt()
        told = "".join(traceback.format_exception(refused.value))
        assert not any(secret in told for secret in secrets)
