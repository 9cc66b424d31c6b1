"""The command line's client waits its turn where the server takes no more calls for now."""

from __future__ import annotations

import httpx
import pytest

from cli import client as client_module
from cli.client import Client, RateLimitedError

LIMITED = {
    "errors": [{"message": "Try again in 7 s.", "extensions": {"code": "RATE_LIMITED", "retryAfterSeconds": 7}}],
    "data": None,
}


def answering(refusals: int, asked: list[bytes]) -> httpx.MockTransport:
    """Refuses so often, and then answers."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        return httpx.Response(200, json=LIMITED if len(asked) <= refusals else {"data": {"viewer": {"id": "me"}}})

    return httpx.MockTransport(answer)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits, which take no time."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    return waits


async def called(refusals: int) -> tuple[object, list[bytes]]:
    asked: list[bytes] = []
    async with Client("http://127.0.0.1:1", "token") as client:
        await client._http.aclose()
        client._http = httpx.AsyncClient(base_url=client.address, transport=answering(refusals, asked))
        return await client.call("{ viewer { id } }"), asked


async def test_a_call_that_comes_too_soon_is_made_again_when_the_server_says(slept: list[float]) -> None:
    answer, asked = await called(2)
    assert answer == {"id": "me"}
    assert slept == [7, 7]
    assert len(set(asked)) == 1


async def test_it_does_not_wait_for_ever(slept: list[float]) -> None:
    with pytest.raises(RateLimitedError) as limited:
        await called(100)
    assert limited.value.seconds == 7
    assert len(slept) == client_module._WAITS
