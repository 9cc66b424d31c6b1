"""The queue that all GPU hosts share, for a host whose GPU is lent to a training."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import structlog
from arq.worker import Worker
from redis.exceptions import RedisError

from adapters.gpu_mutex import RedisGpuMutex
from domain.models.gpu import GpuHolder
from workers.gpu_turns import DETECTIONS_SUBJECT

_LOOKS_A_TTL = 60
_log = structlog.get_logger(__name__)


async def keep_gate(queue: Worker, mutex: RedisGpuMutex) -> NoReturn:
    """While a training or an evaluation has the GPU, this host leaves the queue's messages to hosts that can answer.
    SAM3 is another matter: it gives the GPU back before long, and who needs this host's answer waits for that."""
    while True:
        try:
            lease = await mutex.look()
            detecting = lease is not None and lease.subject_id == DETECTIONS_SUBJECT
            queue.allow_pick_jobs = lease is None or lease.holder is GpuHolder.SAM3 or detecting
        except (RedisError, OSError) as error:
            _log.warning("gpu_unknown", error=repr(error))
        await asyncio.sleep(mutex.ttl_seconds / _LOOKS_A_TTL)
