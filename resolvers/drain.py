"""The end of the process, as those meet it who are connected: first they are turned away, then they are sent on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_LAST_WORDS_SECONDS = 1.0


class CutOffError(Exception):
    """What lasted is over, because the process ends; it goes on at another one."""


class Drain:
    """Whether the process was told to stop, and what of its answers would last beyond that."""

    def __init__(self) -> None:
        self.begun = False
        """New callers had better go elsewhere."""
        self._lasting: set[asyncio.Timeout] = set()
        self._ends_at: float | None = None

    @asynccontextmanager
    async def lasting(self) -> AsyncIterator[None]:
        """Around an answer that may never end by itself. Raises CutOffError once the process cannot wait for it."""
        try:
            async with asyncio.timeout_at(self._ends_at) as end:
                self._lasting.add(end)
                try:
                    yield
                finally:
                    self._lasting.discard(end)
        except TimeoutError as error:
            if not end.expired():
                raise
            raise CutOffError from error

    def cut_off(self) -> None:
        """Ends in a second what lasts: what is about to end by itself does so within it."""
        self._ends_at = asyncio.get_running_loop().time() + _LAST_WORDS_SECONDS
        for end in self._lasting:
            end.reschedule(self._ends_at)
