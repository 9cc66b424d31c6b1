"""How deliveries travel: to the address that was checked, straight, and no further; and every way they fail."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.settings import load_settings
from adapters.webhook_http import HttpWebhookSender, open_webhook_sender
from domain.ports import WebhookError
from stack import PATIENCE
from tls_certificates import certificate_of
from webhook_receiver import Answer, Fault, WebhookReceiver

NAME, UNKNOWN = "hooks.example.org", "elsewhere.example.org"
HEADERS = {"Content-Type": "application/json", "X-Signature": "sha256=00"}
BODY = b'{"id": "1"}'
TRUST = ssl.create_default_context()


class Names:
    """A name server that knows all names but one: each look-up has the next answer, and the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        if host == UNKNOWN:
            raise OSError("Name or service not known")
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def sender(names: Names | None = None, private: bool = True, seconds: float = PATIENCE) -> HttpWebhookSender:
    return HttpWebhookSender(private, names or Names(["127.0.0.1"]), TRUST, seconds)


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver().running() as receiver:
        yield receiver


async def why(sender: HttpWebhookSender, url: str) -> str:
    """Why nothing was delivered there, in words that name nothing of the address but its host."""
    with pytest.raises(WebhookError) as failed:
        await sender.send(url, HEADERS, BODY)
    text = str(failed.value)
    assert text.endswith(".")
    assert "team=7" not in text
    return text


async def test_it_arrives_as_it_is_under_the_name_that_was_asked_for(receiver: WebhookReceiver) -> None:
    names = Names(["127.0.0.1"], ["192.0.2.1"])
    assert await sender(names).send(receiver.url(NAME), HEADERS, BODY) == 204
    (received,) = receiver.received
    assert received.line == "POST /hooks?team=7 HTTP/1.1"
    assert received.body == BODY
    assert received.headers["host"] == f"{NAME}:{receiver.port}"
    assert HEADERS.items() <= {name.title(): value for name, value in received.headers.items()}.items()
    assert names.asked == 1, "a second look-up may lead elsewhere"


async def test_the_system_s_own_names_are_looked_up(receiver: WebhookReceiver, tmp_path: Path) -> None:
    with open_webhook_sender(load_settings(data_dir=tmp_path, webhook_private_targets=True)) as sender:
        assert await sender.send(receiver.url("localhost"), HEADERS, BODY) == 204
        assert "no address" in await why(sender, receiver.url("no-such-name.invalid"))
    with open_webhook_sender(load_settings(data_dir=tmp_path, webhook_private_targets=False)) as sender:
        assert "https" in await why(sender, receiver.url("localhost"))
    assert receiver.connections == 1


@pytest.mark.parametrize("status", [200, 302, 410, 500])
async def test_the_status_is_told_whatever_it_is(receiver: WebhookReceiver, status: int) -> None:
    receiver.every = Answer(status, {"Content-Length": "0"})
    assert await sender().send(receiver.url(), HEADERS, BODY) == status


async def test_no_redirect_is_followed(receiver: WebhookReceiver) -> None:
    async with WebhookReceiver().running() as inner:
        for status in (301, 302, 303, 307, 308):
            receiver.answers.append(Answer(status, {"Location": inner.url()}))
            assert await sender().send(receiver.url(), HEADERS, BODY) == status
        assert inner.connections == 0


async def test_no_proxy_is_asked_and_no_cookie_kept(receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    async with WebhookReceiver().running() as proxy:
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(variable, proxy.url(path=""))
        receiver.every = Answer(200, {"Set-Cookie": "of=another-team; Path=/"})
        for _ in range(2):
            assert await sender().send(receiver.url(), HEADERS, BODY) == 200
        assert proxy.connections == 0
    assert all("cookie" not in received.headers for received in receiver.received)


@pytest.mark.parametrize(
    "answers", [["127.0.0.1"], ["10.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"]]
)
async def test_a_name_that_leads_inside_is_asked_nothing(receiver: WebhookReceiver, answers: list[str]) -> None:
    outside = sender(Names(answers), private=False)
    assert "not public" in await why(outside, f"https://{NAME}:{receiver.port}/?team=7")
    assert receiver.connections == 0


async def test_a_name_is_checked_anew_each_time(receiver: WebhookReceiver) -> None:
    names = Names(["2001:db8::1"], ["127.0.0.1"])
    outside = sender(names, private=False, seconds=0.2)
    for _ in range(2):
        assert "not public" in await why(outside, f"https://{NAME}:{receiver.port}/")
    assert (names.asked, receiver.connections) == (2, 0)


async def test_the_next_address_is_tried_when_one_takes_no_connection(receiver: WebhookReceiver) -> None:
    assert await sender(Names(["127.0.0.2", "127.0.0.1"])).send(receiver.url(NAME), HEADERS, BODY) == 204
    receiver.every = Fault.DROPPED
    assert "broke off" in await why(sender(Names(["127.0.0.1", "127.0.0.1"])), receiver.url(NAME))
    assert receiver.connections == 2, "what may have arrived is not sent to the next"


async def test_every_fault_is_a_sentence(receiver: WebhookReceiver) -> None:
    for fault in (Fault.DROPPED, Fault.GARBAGE):
        receiver.answers.append(fault)
        assert "broke off" in await why(sender(), receiver.url())
    nobody = receiver.url().replace(str(receiver.port), "1")
    assert "takes no connection at port 1" in await why(sender(), nobody)
    assert "no address" in await why(sender(), receiver.url(UNKNOWN))


async def test_a_receiver_that_hangs_is_left_and_one_that_talks_on_is_not_listened_to(
    receiver: WebhookReceiver,
) -> None:
    receiver.answers.append(Fault.SILENT)
    assert "no answer within 0.3 s" in await why(sender(seconds=0.3), receiver.url())
    receiver.answers.append(Fault.ENDLESS)
    async with asyncio.timeout(PATIENCE):
        assert await sender().send(receiver.url(), HEADERS, BODY) == 200


async def test_a_name_server_that_hangs_is_left_too() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(PATIENCE)
        return []

    began = time.monotonic()
    assert "no answer" in await why(HttpWebhookSender(True, never, seconds=0.2), f"http://{NAME}/")
    assert time.monotonic() - began < PATIENCE


async def test_a_certificate_has_to_be_trusted_and_of_that_name(tmp_path: Path) -> None:
    served, trust = certificate_of(NAME, tmp_path)
    asked: list[str | None] = []
    served.sni_callback = lambda _, name, __: asked.append(name)
    names = Names(["127.0.0.1"])
    async with WebhookReceiver(served).running() as receiver:
        assert await HttpWebhookSender(True, names, trust).send(receiver.url(NAME), HEADERS, BODY) == 204
        assert asked == [NAME]
        assert "certificate" in await why(HttpWebhookSender(True, names), receiver.url(NAME))
        _, other = certificate_of("other.example.org", tmp_path)
        assert "certificate" in await why(HttpWebhookSender(True, names, other), receiver.url(NAME))
        assert "certificate" in await why(HttpWebhookSender(True, names, trust), receiver.url("b.example.org"))
        assert len(receiver.received) == 1
