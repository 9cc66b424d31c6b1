"""Deliveries over HTTP: to the address that was checked and no other, straight, and wherever it does not lead on."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from ipaddress import IPv6Address, ip_address

import httpx

from adapters.settings import Settings
from domain.errors import DomainError
from domain.ports import WebhookError
from domain.webhook_target import SETTING, WebhookTarget, checked_target, is_public

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The IP addresses of a host, those to be tried first first. Raises OSError for one that has none."""

_SECONDS = 10.0
_CONNECT_SECONDS = 4.0
_ADDRESSES = 4
_LOOKUPS = 4


@contextmanager
def open_webhook_sender(settings: Settings) -> Iterator[HttpWebhookSender]:
    """The one sender of the process."""
    # Threads of its own: a name server that hangs may hold one for half a minute.
    threads = ThreadPoolExecutor(_LOOKUPS, "webhook-lookup")
    try:
        yield HttpWebhookSender(settings.webhook_private_targets, partial(_look_up, threads))
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


class HttpWebhookSender:
    """Fulfils domain.ports.WebhookSender.

    A name is resolved here, at each delivery, and the connection goes to the very address that was checked: what the
    name leads to a moment later does not matter. No proxy is asked, no redirect followed, no cookie kept, and of the
    answer no more is read than its head. `trust` is by default who httpx trusts; `seconds` is for a whole try.
    """

    def __init__(
        self,
        private_targets: bool,
        resolve: Resolve,
        trust: ssl.SSLContext | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        self._private_targets = private_targets
        self._resolve = resolve
        self._given_trust = trust
        self._seconds = seconds

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        # At the first delivery: to read all authorities takes longer than everything else that starts with a sender.
        return self._given_trust or httpx.create_ssl_context()

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """As the port says."""
        try:
            # Anew, since the setting may have changed since the webhook was made.
            target = checked_target(url, self._private_targets)
        except DomainError as error:
            raise WebhookError(error.message) from error
        try:
            async with asyncio.timeout(self._seconds):
                return await self._to_first(await self._addresses(target), target, headers, body)
        except TimeoutError as error:
            raise WebhookError(f"{target.host} gave no answer within {self._seconds:g} s.") from error
        except httpx.TransportError as error:
            raise WebhookError(_cause(error, target)) from error

    async def _addresses(self, target: WebhookTarget) -> Sequence[str]:
        try:
            found = await self._resolve(target.host, target.port)
        except OSError as error:
            raise WebhookError(f"The name {target.host} leads to no address.") from error
        if not self._private_targets and not all(is_public(ip_address(address)) for address in found):
            text = f"{target.host} leads to an address that is not public; an operator may allow such by {SETTING}."
            raise WebhookError(text)
        return found[:_ADDRESSES]

    async def _to_first(
        self, addresses: Sequence[str], target: WebhookTarget, headers: Mapping[str, str], body: bytes
    ) -> int:
        """To the first address that takes the connection. What was sent to one is sent to no other."""
        *others, last = addresses
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._post(address, target, headers, body)
        return await self._post(last, target, headers, body)

    async def _post(self, address: str, target: WebhookTarget, headers: Mapping[str, str], body: bytes) -> int:
        host = f"[{address}]" if isinstance(ip_address(address), IPv6Address) else address
        client = httpx.AsyncClient(
            verify=self._trust,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
        )
        request = client.build_request(
            "POST",
            f"{target.scheme}://{host}:{target.port}{target.path}",
            headers={**headers, "Host": target.authority, "Connection": "close"},
            content=body,
            # The certificate has to be the name's, not the address's.
            extensions={"sni_hostname": target.host},
        )
        async with client:
            response = await client.send(request, stream=True)
            await response.aclose()
            return response.status_code


def _cause(error: httpx.TransportError, target: WebhookTarget) -> str:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"The certificate of {target.host} cannot be trusted ({seen.verify_message})."
        seen = seen.__cause__ or seen.__context__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return f"{target.host} takes no connection at port {target.port}."
    return f"{target.host} broke off without a whole answer ({type(error).__name__})."


async def _look_up(threads: ThreadPoolExecutor, host: str, port: int) -> list[str]:
    look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(threads, look)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
