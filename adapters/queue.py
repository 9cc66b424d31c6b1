"""The arq queues. Their messages are JSON: they wake workers for what stands in the database, or ask for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import orjson
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.exceptions import RedisError

from adapters.origins import Origins
from domain.jobs import JobKind

IO_QUEUE, TRAINING_QUEUE, INFERENCE_QUEUE = "agridrone:io", "agridrone:training", "agridrone:inference"


def gpu_host_queue(host: str) -> str:
    """The queue of what only that GPU host can do."""
    return f"agridrone:gpu:{host}"


QUEUE_OF: Mapping[JobKind, str] = {
    JobKind.UPLOAD: IO_QUEUE,
    JobKind.IMPORT: IO_QUEUE,
    JobKind.SNAPSHOT: IO_QUEUE,
    JobKind.CHECK: IO_QUEUE,
    JobKind.EXPORT: IO_QUEUE,
    JobKind.TRAINING: TRAINING_QUEUE,
    JobKind.EVALUATION: TRAINING_QUEUE,
    JobKind.DEPLOYMENT: TRAINING_QUEUE,
    JobKind.DETECTION: TRAINING_QUEUE,
    JobKind.ROBOFLOW_DEPLOYMENT: IO_QUEUE,
    JobKind.ROBOFLOW_DETECTION: IO_QUEUE,
    JobKind.WEBHOOK_DELIVERY: IO_QUEUE,
}

_PATIENCE_SECONDS = 2.0
_log = structlog.get_logger(__name__)


async def connect_queue(redis_url: str) -> ArqRedis:
    """A pool whose messages are JSON: with pickle, writing to Redis would be running code on the workers."""
    settings = RedisSettings.from_dsn(redis_url)
    return await create_pool(settings, job_serializer=orjson.dumps, job_deserializer=orjson.loads)


class ArqQueue:
    """Fulfils domain.ports.JobQueue."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self._origins = Origins(redis)

    async def wake(self, kind: JobKind, ids: Sequence[str]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await asyncio.gather(
                    self._origins.remember(kind, ids),
                    self._redis.enqueue_job("wake", kind.value, _queue_name=QUEUE_OF[kind]),
                )
        except (RedisError, OSError) as error:
            # The row is committed, and the workers' sweep finds it within seconds.
            _log.warning("wake_lost", kind=kind.value, error=str(error))
