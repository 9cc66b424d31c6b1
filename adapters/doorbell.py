"""Redis publish/subscribe as the event log's doorbell: it says only that a stream moved, and carries passing news."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.ports import Ring

_PREFIX = "agridrone:ring:"
_TIMER_SECONDS = 5.0
_RECONNECT_SECONDS = 0.5
_QUEUE_LENGTH = 200
_PATIENCE_SECONDS = 2.0

_log = structlog.get_logger(__name__)


class RedisDoorbell:
    """Fulfils domain.ports.Doorbell. One subscription a process, however many listeners."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._listeners: dict[str, set[asyncio.Queue[Ring]]] = {}
        self._task: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()

    async def open(self) -> None:
        """Subscribes, so that no ring is missed from now on. Waits a moment for Redis, and then goes on trying."""
        self._task = asyncio.create_task(self._relay())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._subscribed.wait(), _TIMER_SECONDS)

    async def ring(self, ring: Ring) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._redis.publish(_PREFIX + ring.stream, orjson.dumps(ring.news))
        except (RedisError, OSError) as error:
            # The event is in the log; listeners look there on their timer.
            _log.warning("ring_lost", stream=ring.stream, error=str(error))

    @asynccontextmanager
    async def listen(self, stream: str) -> AsyncIterator[AsyncIterator[Ring | None]]:
        queue: asyncio.Queue[Ring] = asyncio.Queue(_QUEUE_LENGTH)
        self._listeners.setdefault(stream, set()).add(queue)
        try:
            yield _rings(queue)
        finally:
            listeners = self._listeners[stream]
            listeners.discard(queue)
            if not listeners:
                del self._listeners[stream]

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _relay(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.psubscribe(_PREFIX + "*")
                    self._subscribed.set()
                    async for message in pubsub.listen():
                        self._deliver(message["channel"], message["data"])
            except (RedisError, OSError) as error:
                _log.warning("doorbell_reconnects", error=str(error))
                await asyncio.sleep(_RECONNECT_SECONDS)

    def _deliver(self, channel: bytes | str, data: bytes | str) -> None:
        name = channel.decode() if isinstance(channel, bytes) else channel
        stream = name.removeprefix(_PREFIX)
        ring = Ring(stream, orjson.loads(data))
        for queue in self._listeners.get(stream, ()):
            if queue.full() and ring.news is not None:
                continue  # a listener that slow can do without this news
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(ring)


async def _rings(queue: asyncio.Queue[Ring]) -> AsyncIterator[Ring | None]:
    while True:
        ring = None
        # Not wait_for: where a ring comes as the listener is cancelled, that gives the ring and forgets the rest.
        with suppress(TimeoutError):
            async with asyncio.timeout(_TIMER_SECONDS):
                ring = await queue.get()
        yield ring
