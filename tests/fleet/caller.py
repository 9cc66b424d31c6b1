"""A client of several API processes, that asks until one answers."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar, cast

from cli.client import ApiError, Client
from fleet.violation import Violation

T = TypeVar("T")
_PATIENCE_SECONDS = 180
_ATTEMPT_SECONDS = 60
_PAUSE_SECONDS = 0.3
_DROPS = 0.05
_PASSING = (None, "INTERNAL", "UNAVAILABLE")


class Caller:
    """Turns to the API processes one after the other. What it asks has to bear being asked twice."""

    def __init__(self, clients: Sequence[Client], chance: random.Random) -> None:
        self._clients = itertools.cycle(clients)
        self._chance = chance

    async def call(self, document: str, **variables: Any) -> Any:
        """As Client.call. Raises ApiError for a refusal, and Violation when no answer came for three minutes."""
        return await self.ask(lambda client: client.call(document, **variables))

    async def once(self, document: str, **variables: Any) -> Any:
        """As Client.call, also for a server in trouble."""
        return await next(self._clients).call(document, **variables)

    async def ask(self, question: Callable[[Client], Awaitable[T]]) -> T:
        """The first answer that is none of a server in trouble."""
        began = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(_ATTEMPT_SECONDS):
                    return await question(next(self._clients))
            except (ApiError, TimeoutError) as error:
                _require_passing(error, time.monotonic() - began)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def follow(
        self, document: str, after: str | None = None, **variables: Any
    ) -> AsyncGenerator[dict[str, Any], None]:
        """As Client.follow, by turns over the API processes: of its own accord it lets go of a connection now and
        then."""
        heard_at = time.monotonic()
        while True:
            events = next(self._clients).follow(document, after, **variables)
            try:
                async with aclosing(cast(AsyncGenerator[dict[str, Any], None], events)):
                    async for event in events:
                        after, heard_at = event["cursor"], time.monotonic()
                        yield event
                        if self._chance.random() < _DROPS:
                            break
                    else:
                        return
            except (ApiError, TimeoutError) as error:
                _require_passing(error, time.monotonic() - heard_at)
                await asyncio.sleep(_PAUSE_SECONDS)


def _require_passing(error: ApiError | TimeoutError, seconds: float) -> None:
    if isinstance(error, ApiError) and error.code not in _PASSING:
        raise error
    if seconds > _PATIENCE_SECONDS:
        raise Violation(f"For {seconds:.0f} s no API process answered: {error!r}") from error
