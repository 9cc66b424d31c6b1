"""The keys that an organisation's sign-in publishes at an address: fetched when they are needed, and kept."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

import httpx
import structlog

from adapters.key_set import KeySetError, VerificationKey, read_key_set

MAX_AGE = 600.0
"""Seconds after which the set is fetched again; what it has lost by then is good no longer."""
MAX_AGE_WHILE_AWAY = 4 * 3600.0
"""Seconds that the last set serves while no other can be fetched."""
PAUSE = 10.0
"""Seconds between two fetches for tokens of an unknown key, and after one that failed: whatever callers send, the
server of the keys is not asked more often."""
FETCH_SECONDS = 5.0
_MAX_BYTES = 1 << 20

_log = structlog.get_logger(__name__)


class KeysAwayError(Exception):
    """No keys are known, or only ones that are too old, and none can be fetched now."""


class PublishedKeys:
    """The key set at `url`. `clock` tells seconds, from any beginning; it never goes back."""

    def __init__(
        self, url: str, fetch_seconds: float = FETCH_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._fetch_seconds = fetch_seconds
        self._clock = clock
        # Redirects are not followed: who the keys come from is the operator's to say.
        self._http = httpx.AsyncClient(follow_redirects=False, timeout=httpx.Timeout(None))
        self._keys: tuple[VerificationKey, ...] = ()
        self._fetched_at = -math.inf
        self._not_before = -math.inf
        self._away = False
        self._fetching: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Ends a fetch that runs, and its connections."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
        await self._http.aclose()

    async def candidates(self, kid: str | None, algorithm: str) -> list[VerificationKey]:
        """The keys that a token of that header may be signed by; without a `kid`, all that sign by the algorithm.

        Fetches the set where it is old or has none. Raises KeysAwayError.
        """
        overdue = self._age() >= MAX_AGE
        found = self._matching(kid, algorithm)
        if overdue or not found:
            fetch = self._fetch_unless_paused(overdue)
            # A server that is known to be away keeps nobody waiting whose key is known.
            if fetch is not None and not (found and self._away):
                await asyncio.shield(fetch)
                found = self._matching(kid, algorithm)
        if self._age() >= MAX_AGE_WHILE_AWAY:
            raise KeysAwayError
        return found

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _matching(self, kid: str | None, algorithm: str) -> list[VerificationKey]:
        if self._age() >= MAX_AGE_WHILE_AWAY:
            return []
        return [key for key in self._keys if algorithm in key.algorithms and kid in (None, key.kid)]

    def _fetch_unless_paused(self, overdue: bool) -> asyncio.Task[None] | None:
        """The fetch that runs, or a new one."""
        now = self._clock()
        if self._fetching is None and now >= self._not_before:
            if not overdue:
                self._not_before = now + PAUSE
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        began, keys = self._clock(), None
        try:
            async with asyncio.timeout(self._fetch_seconds):
                keys = read_key_set(await self._download())
        except TimeoutError:
            self._note_failure(f"no answer within {self._fetch_seconds:g} s")
        except (KeySetError, httpx.HTTPError, httpx.InvalidURL) as error:
            self._note_failure(f"{type(error).__name__}: {error}")
        finally:
            self._fetching = None
            if keys is None:
                self._not_before = self._clock() + PAUSE
        if keys is not None:
            if self._away or not keys:
                _log.warning("sign_in_keys_fetched", host=self._host, keys=len(keys))
            self._keys, self._fetched_at, self._away = keys, began, False

    def _note_failure(self, reason: str) -> None:
        self._away = True
        _log.warning("sign_in_keys_not_fetched", host=self._host, reason=reason)

    async def _download(self) -> bytes:
        # Not packed: nobody knows how large a small answer may become.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        async with self._http.stream("GET", self._url, headers=headers) as response:
            if response.is_redirect:
                raise KeySetError("the server sends elsewhere: set JWKS_URL to where the keys are")
            if response.status_code != httpx.codes.OK:
                raise KeySetError(f"the server answers with HTTP {response.status_code}")
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > _MAX_BYTES:
                    raise KeySetError(f"the answer is larger than {_MAX_BYTES >> 20} MB")
            return bytes(body)

    @property
    def _host(self) -> str:
        return httpx.URL(self._url).host
