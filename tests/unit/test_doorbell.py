"""Listening at the doorbell, and leaving it."""

from __future__ import annotations

import asyncio
from typing import cast

import orjson
import pytest
from redis.asyncio import Redis

from adapters.doorbell import RedisDoorbell


@pytest.mark.parametrize("steps", range(5))
async def test_who_leaves_as_it_rings_has_left(steps: int) -> None:
    """A listener whose end was lost would listen for ever, and tell a client that has unsubscribed."""
    doorbell = RedisDoorbell(cast("Redis", None))

    async def listen() -> None:
        async with doorbell.listen("stream") as rings:
            async for _ in rings:
                pass

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0.01)
    doorbell._deliver("agridrone:ring:stream", orjson.dumps(None))
    for _ in range(steps):
        await asyncio.sleep(0)
    listener.cancel()
    await asyncio.wait([listener], timeout=1)
    assert listener.cancelled()
