"""The keys of an organisation's sign-in: how long they are kept, when they are fetched, and a server that fails."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from adapters.published_keys import MAX_AGE, MAX_AGE_WHILE_AWAY, PAUSE, KeysAwayError, PublishedKeys
from key_server import KeyServer, ed25519_key, key_set, rsa_key
from stack import PATIENCE

OLD, NEW = ed25519_key("old"), ed25519_key("new")


@dataclass
class Clock:
    """It goes as the test says."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    """It publishes the old key."""
    async with KeyServer().running() as server:
        server.publish(OLD)
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keys(server: KeyServer, clock: Clock) -> AsyncIterator[PublishedKeys]:
    keys = PublishedKeys(server.url, clock=clock)
    yield keys
    await keys.close()


async def known(keys: PublishedKeys, kid: str | None) -> list[str | None]:
    """The names of the keys that a token of that name may be signed by."""
    async with asyncio.timeout(PATIENCE):
        return [key.kid for key in await keys.candidates(kid, "EdDSA")]


async def test_the_set_is_fetched_once_and_kept(keys: PublishedKeys, server: KeyServer, clock: Clock) -> None:
    assert server.asked == 0
    together = await asyncio.gather(*(known(keys, "old") for _ in range(20)))
    assert together == [["old"]] * 20
    clock.seconds += MAX_AGE - 1
    assert await known(keys, "old") == ["old"]
    assert server.asked == 1
    clock.seconds += 1
    assert await known(keys, "old") == ["old"]
    assert server.asked == 2


async def test_a_key_that_is_new_is_fetched_at_once(keys: PublishedKeys, server: KeyServer) -> None:
    await known(keys, "old")
    server.publish(OLD, NEW)
    assert await asyncio.gather(*(known(keys, "new") for _ in range(20))) == [["new"]] * 20
    assert server.asked == 2


async def test_a_key_that_was_removed_ends_with_the_age_of_the_set(
    keys: PublishedKeys, server: KeyServer, clock: Clock
) -> None:
    await known(keys, "old")
    server.publish(NEW)
    clock.seconds += MAX_AGE - 1
    assert await known(keys, "old") == ["old"]
    clock.seconds += 1
    assert await known(keys, "old") == []


async def test_unknown_keys_lead_to_a_fetch_every_few_seconds_at_most(
    keys: PublishedKeys, server: KeyServer, clock: Clock
) -> None:
    await known(keys, "old")
    for number in range(100):
        assert await known(keys, f"made up {number}") == []
    assert server.asked == 2
    server.publish(NEW)
    assert await known(keys, "new") == []
    clock.seconds += PAUSE
    assert await known(keys, "new") == ["new"]
    assert server.asked == 3


async def test_an_algorithm_that_no_key_has_is_an_unknown_key(keys: PublishedKeys, server: KeyServer) -> None:
    await known(keys, "old")
    for algorithm in ("RS256", "HS256", "none"):
        assert await keys.candidates("old", algorithm) == []
    assert server.asked == 2


async def test_names_that_several_keys_have_and_keys_without_one(keys: PublishedKeys, server: KeyServer) -> None:
    server.publish(ed25519_key("twin"), ed25519_key("twin"), ed25519_key(None), rsa_key("twin"))
    assert await known(keys, "twin") == ["twin", "twin"]
    assert await known(keys, None) == ["twin", "twin", None]
    assert await known(keys, "None") == []


async def test_known_keys_serve_while_the_server_is_away(keys: PublishedKeys, server: KeyServer, clock: Clock) -> None:
    await known(keys, "old")
    server.status, server.body = 503, b""
    clock.seconds += MAX_AGE
    with capture_logs() as logged:
        for _ in range(10):
            assert await known(keys, "old") == ["old"]
            assert await known(keys, "new") == []
    assert server.asked == 2
    assert [(line["log_level"], line["event"]) for line in logged] == [("warning", "sign_in_keys_not_fetched")]
    assert "503" in logged[0]["reason"]
    clock.seconds += MAX_AGE_WHILE_AWAY - MAX_AGE - 1
    assert await known(keys, "old") == ["old"]
    clock.seconds += 1
    with pytest.raises(KeysAwayError):
        await known(keys, "old")
    server.publish(NEW)
    clock.seconds += PAUSE
    assert await known(keys, "new") == ["new"]
    assert await known(keys, "old") == []


async def test_a_server_that_is_known_to_be_away_keeps_nobody_waiting(
    keys: PublishedKeys, server: KeyServer, clock: Clock
) -> None:
    await known(keys, "old")
    server.status = 500
    clock.seconds += MAX_AGE
    await known(keys, "old")
    server.silent = True
    server.came.clear()
    clock.seconds += PAUSE
    async with asyncio.timeout(4):  # a fetch waits for five seconds
        assert await known(keys, "old") == ["old"]
        await server.came.wait()


async def test_a_slow_server_is_given_up(server: KeyServer, clock: Clock) -> None:
    server.silent = True
    keys = PublishedKeys(server.url, fetch_seconds=0.2, clock=clock)
    with capture_logs() as logged:
        for _ in range(3):
            with pytest.raises(KeysAwayError):
                await known(keys, "old")
    assert server.asked == 1
    assert "0.2 s" in logged[0]["reason"]
    server.publish(OLD)
    clock.seconds += PAUSE
    assert await known(keys, "old") == ["old"]
    await keys.close()


async def test_nobody_answers_at_the_address(server: KeyServer, clock: Clock) -> None:
    gone = PublishedKeys("http://127.0.0.1:9/keys", clock=clock)
    with capture_logs() as logged, pytest.raises(KeysAwayError):
        await known(gone, "old")
    assert (logged[0]["event"], logged[0]["host"]) == ("sign_in_keys_not_fetched", "127.0.0.1")
    await gone.close()


async def test_an_answer_that_is_no_set_changes_nothing(keys: PublishedKeys, server: KeyServer, clock: Clock) -> None:
    async with KeyServer().running() as elsewhere:
        elsewhere.publish(NEW)
        good = key_set(NEW)
        answers: list[tuple[int, bytes, dict[str, str]]] = [
            (200, b"", {}),
            (200, b"<html>", {"Content-Type": "text/html"}),
            (200, b'{"keys": 5}', {}),
            (200, gzip.compress(good), {"Content-Encoding": "gzip"}),
            (200, good + b" " * (1 << 20), {}),
            (200, good, {"Content-Length": "9999"}),
            (200, good, {"Transfer-Encoding": "chunked"}),
            (204, b"", {}),
            (302, b"", {"Location": elsewhere.url}),
            (307, b"", {"Location": "/keys"}),
            (404, good, {}),
            (500, good, {}),
        ]
        await known(keys, "old")
        for server.status, server.body, server.headers in answers:
            clock.seconds += MAX_AGE
            with capture_logs() as logged:
                assert await known(keys, "old") == ["old"]
                clock.seconds += PAUSE
                assert await known(keys, "new") == []
            events = {line["event"] for line in logged}
            assert events == {"sign_in_keys_not_fetched"}, (server.status, server.body[:40])
            server.publish(OLD)
            clock.seconds += PAUSE
            await known(keys, "new")
        assert elsewhere.asked == 0


async def test_an_empty_set_ends_every_key_and_is_told(keys: PublishedKeys, server: KeyServer, clock: Clock) -> None:
    await known(keys, "old")
    server.publish()
    clock.seconds += MAX_AGE
    with capture_logs() as logged:
        assert await known(keys, "old") == []
    assert [(line["event"], line["keys"]) for line in logged] == [("sign_in_keys_fetched", 0)]


async def test_a_caller_who_leaves_takes_no_fetch_along(keys: PublishedKeys, server: KeyServer) -> None:
    server.silent = True
    first = asyncio.create_task(known(keys, "old"))
    await server.came.wait()
    second = asyncio.create_task(known(keys, "old"))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert not second.done()
    await keys.close()
    with pytest.raises(asyncio.CancelledError):
        await second
