"""Whether this process is awake all the time: not stopped, and not kept from the processor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_TICK_SECONDS = 0.02


class Wakefulness:
    def __init__(self) -> None:
        self.start_over()

    def start_over(self) -> None:
        """What was before does not count."""
        self._longest = 0.0
        self._ticked = time.monotonic()

    @property
    def longest_gap(self) -> float:
        """Seconds of the longest time in which it did nothing."""
        return max(self._longest, time.monotonic() - self._ticked)

    def tick(self) -> None:
        self._longest = self.longest_gap
        self._ticked = time.monotonic()


@asynccontextmanager
async def watched_wakefulness() -> AsyncIterator[Wakefulness]:
    """Watches while within."""
    wakefulness = Wakefulness()

    async def tick() -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            wakefulness.tick()

    ticking = asyncio.create_task(tick())
    try:
        yield wakefulness
    finally:
        ticking.cancel()
