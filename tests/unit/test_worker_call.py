"""A worker is asked for an answer, and nobody waits for ever for one."""

from __future__ import annotations

import asyncio

import pytest
from arq.connections import ArqRedis

from adapters.worker_call import WorkerService
from domain.ports import WorkerUnavailableError
from stack import PATIENCE

SERVICE = WorkerService("present", "queue", "function", "Nobody is there.")


async def test_a_redis_that_is_there_and_says_nothing_is_given_up() -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        redis = ArqRedis(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
        with pytest.raises(WorkerUnavailableError, match=r"within 0\.1 seconds"):
            await asyncio.wait_for(SERVICE.answer(redis, 0.1), PATIENCE)
        await redis.aclose()
