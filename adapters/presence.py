"""Who answers at once what the API asks of workers: a key in Redis for each service, renewed while one is there."""

from __future__ import annotations

from arq.connections import ArqRedis

PRESENCE_SECONDS = 15
"""How long a worker that is gone still counts as there."""

DETECTIONS = "agridrone:inference:present"
PREVIEWS = "agridrone:preview:present"


def gpu_host_presence(host: str) -> str:
    """The service of what only that GPU host can do."""
    return f"agridrone:gpu:{host}:present"


async def is_present(redis: ArqRedis, service: str) -> bool:
    """Whether a worker of the service was there a moment ago. Raises RedisError."""
    return bool(await redis.exists(service))


async def announce(redis: ArqRedis, service: str) -> None:
    """Says that a worker of the service is there. Raises RedisError."""
    await redis.set(service, 1, ex=PRESENCE_SECONDS)
