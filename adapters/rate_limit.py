"""How often each caller asks, counted in Redis for all processes together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_PREFIX = "agridrone:operations:"
_PATIENCE_SECONDS = 0.2
_LOOKS = 4
_BLIND_SECONDS = 5.0
_SILENT_SECONDS = 60.0
_SHARES = 100

# KEYS: the caller's count. ARGV: operations to add. The minute begins with its first operation.
_COUNT = """
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], 60000)
  left = 60000
end
return {count, left}
"""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Minute:
    """What this process still may let through for a caller, until `ends`, without asking Redis."""

    ends: float = 0.0
    left: int = 0
    over: bool = False
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class RedisRateLimiter:
    """Fulfils domain.ports.RateLimiter: `most` operations of each caller in the minute that begins with the first.

    Redis is asked for a hundredth of them at a time, so that most operations cost no round trip; what a process has
    left of it at the end of the minute is lost. While Redis does not answer nobody is limited, and nobody waits.
    """

    def __init__(self, redis: Redis, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds."""
        self._count = redis.register_script(_COUNT)
        self._most = most
        self._share = max(1, most // _SHARES)
        self._clock = clock
        self._minutes: dict[str, _Minute] = {}
        self._blind_until = self._silent_until = clock()

    async def admit(self, caller: str) -> int:
        minute = self._minutes.setdefault(caller, _Minute())
        seconds = self._known(minute)
        if seconds is None:
            async with minute.asking:
                seconds = self._known(minute)
                if seconds is None:
                    await self._ask(caller, minute)
                    seconds = self._known(minute) or 0
        return seconds

    def _known(self, minute: _Minute) -> int | None:
        """Seconds that one more operation has to wait, where that can be told without Redis."""
        now = self._clock()
        if now < minute.ends and minute.left > 0:
            minute.left -= 1
            return 0
        if now < minute.ends and minute.over:
            return ceil(minute.ends - now)
        return 0 if now < self._blind_until else None

    async def _ask(self, caller: str, minute: _Minute) -> None:
        try:
            count, milliseconds = await self._counted(caller)
        except (RedisError, OSError) as error:
            self._look_away(error)
            return
        minute.left = self._share - max(0, count - self._most)
        minute.over = minute.left <= 0
        minute.ends = self._clock() + milliseconds / 1000

    async def _counted(self, caller: str) -> tuple[int, int]:
        """The caller's count and the milliseconds until it ends. Raises RedisError, and OSError for no answer in time.

        It looks several times: were it once, an event loop that is late itself would be taken for a Redis that is away.
        """
        asking = asyncio.ensure_future(self._count(keys=[_PREFIX + caller], args=[self._share]))
        try:
            for _ in range(_LOOKS):
                if (await asyncio.wait({asking}, timeout=_PATIENCE_SECONDS / _LOOKS))[0]:
                    count, milliseconds = asking.result()
                    return count, milliseconds
        finally:
            asking.cancel()
        raise TimeoutError(f"no answer within {_PATIENCE_SECONDS} s")

    def _look_away(self, error: Exception) -> None:
        now = self._clock()
        self._blind_until = now + _BLIND_SECONDS
        if now >= self._silent_until:
            self._silent_until = now + _SILENT_SECONDS
            _log.warning("operations_not_counted", error=str(error))
