"""Turns on the host's GPU for detections, which are short and come in crowds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol


class GpuBusyError(Exception):
    """Somebody else has the GPU; the message is a sentence that says who."""


class GpuTurns(Protocol):
    def turn(self, wait_seconds: float) -> AbstractAsyncContextManager[None]:
        """Within it the GPU may be used for detections, as many at once as come. Raises GpuBusyError when others have
        it for longer than `wait_seconds`."""

    async def is_free(self) -> bool:
        """Whether a turn could begin now."""


class FreeTurns:
    """Fulfils GpuTurns where everybody computes at once."""

    @asynccontextmanager
    async def turn(self, wait_seconds: float) -> AsyncIterator[None]:
        yield

    async def is_free(self) -> bool:
        return True
