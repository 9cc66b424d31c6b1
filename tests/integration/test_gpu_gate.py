"""The queue that GPU hosts share: a host leaves its messages to others while it could not answer them for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from arq.connections import ArqRedis
from arq.jobs import Job

from adapters.gpu_mutex import RedisGpuMutex
from adapters.queue import INFERENCE_QUEUE, connect_queue
from domain.models.gpu import GpuHolder
from workers.gpu_gate import keep_gate
from workers.gpu_turns import DETECTIONS_SUBJECT
from workers.process import Served, queue_worker

LASTING_SECONDS = 6.0
"""A lease that does not end by itself here, however busy the machine is."""
PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
async def limit() -> AsyncIterator[None]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        yield


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[ArqRedis]:
    redis = await connect_queue(redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture
async def mutex(redis: ArqRedis) -> RedisGpuMutex:
    """As it is long after Redis' start."""
    mutex = RedisGpuMutex(redis, "gpu-host", LASTING_SECONDS)
    await mutex.is_free()
    await redis.delete("agridrone:gpu:{gpu-host}:quiet")
    return mutex


async def asked(redis: ArqRedis) -> Job:
    job = await redis.enqueue_job("detect", _queue_name=INFERENCE_QUEUE)
    assert job is not None
    return job


@pytest.mark.parametrize(
    ("holder", "subject", "answers"),
    [
        (GpuHolder.TRAINING, "job", False),
        (GpuHolder.INFERENCE, "evaluation", False),
        (GpuHolder.INFERENCE, DETECTIONS_SUBJECT, True),
        (GpuHolder.SAM3, "sam3", True),
    ],
)
async def test_a_host_answers_unless_its_gpu_is_gone_for_long(
    holder: GpuHolder, subject: str, answers: bool, redis: ArqRedis, mutex: RedisGpuMutex
) -> None:
    async def detect(_: dict[Any, Any]) -> str:
        return "found"

    queue = queue_worker(redis, INFERENCE_QUEUE, [Served("detect", detect, 60, 4)], 0.01)
    parts = [asyncio.create_task(part) for part in (queue.main(), keep_gate(queue, mutex))]
    try:
        assert await (await asked(redis)).result(poll_delay=0.02) == "found"
        assert await mutex.acquire(1, holder, subject, "") is not None
        while queue.allow_pick_jobs is not answers:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.02)
        waiting, found = await asked(redis), None
        with suppress(TimeoutError):
            found = await waiting.result(timeout=PATIENCE_SECONDS if answers else 0.5, poll_delay=0.02)
        assert found == ("found" if answers else None)
        await mutex.release(1)
        assert await waiting.result(poll_delay=0.02) == "found"
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
