"""Letting the API know that this worker answers."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from adapters.presence import PRESENCE_SECONDS, announce

_log = structlog.get_logger(__name__)


async def stay_present(redis: ArqRedis, service: str) -> NoReturn:
    """Announces the service, one of adapters.presence, for as long as it runs."""
    while True:
        try:
            await announce(redis, service)
        except (RedisError, OSError) as error:
            _log.warning("presence_lost", service=service, error=str(error))
        await asyncio.sleep(PRESENCE_SECONDS / 3)
