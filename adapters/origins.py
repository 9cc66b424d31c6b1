"""Which request a piece of work goes back to: kept in Redis beside its row, so that its log lines and spans can say so.

It is kept for a day and at best: where Redis is away or has forgotten, the work goes on without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import uuid4

import orjson
import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError
from structlog.contextvars import get_contextvars

from adapters.tracing import traceparent
from domain.jobs import Claim, JobKind

_KEPT_SECONDS = 24 * 3600
_PATIENCE_SECONDS = 0.5
_BETWEEN = "|"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Origin:
    """A request by its id, and the span that it was in, as a W3C `traceparent`."""

    request_id: str | None = None
    traceparent: str | None = None

    @classmethod
    def here(cls) -> Origin:
        """The request that this task works for."""
        return cls(get_contextvars().get("request_id"), traceparent())

    @classmethod
    def of_message(cls, id_: str) -> Origin | None:
        """What `message_id` was made of, where it was made by that."""
        if id_.count(_BETWEEN) != 2:
            return None
        request_id, parent, _ = id_.split(_BETWEEN)
        return cls(request_id or None, parent or None)

    def message_id(self) -> str:
        """A new id of a message in a queue, which says whose it is: workers of every version take it for an id."""
        return _BETWEEN.join((self.request_id or "", self.traceparent or "", uuid4().hex))


class Origins:
    """Of rows that are to be worked on; of uploads by their batch, since they come by the thousand."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def remember(self, kind: JobKind, ids: Sequence[str]) -> None:
        """That this request asked for them, if it is one. Raises RedisError and OSError."""
        origin = Origin.here()
        if not ids or origin == Origin():
            return
        text = orjson.dumps(asdict(origin))
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_ in ids:
                pipe.set(_key(kind, id_), text, ex=_KEPT_SECONDS)
            await pipe.execute()

    async def of(self, claim: Claim) -> Origin:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                text = await self._redis.get(_key(claim.kind, claim.batch_id or claim.id))
            return Origin(**orjson.loads(text)) if text else Origin()
        except (RedisError, OSError) as error:
            _log.warning("origin_unknown", error=type(error).__name__)
        except (TypeError, ValueError):
            _log.warning("origin_unreadable")  # another version's
        return Origin()


def _key(kind: JobKind, id_: str) -> str:
    return f"agridrone:origin:{kind.value}:{id_}"
