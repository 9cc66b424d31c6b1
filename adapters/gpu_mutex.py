"""The mutex of a host's GPU in Redis: one lease at a time, which ends by itself unless it is renewed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from domain.models.gpu import GpuHolder, GpuLease

_PREFIX = "agridrone:gpu:"
_TTL_SECONDS = 30.0
_PATIENCE_SECONDS = 2.0

# KEYS: the lease, the past (`lent` and `spent`, the highest tokens that were lent and that were given back), the quiet.
# ARGV: milliseconds of the quiet.
_QUIET_WITHOUT_A_PAST = """
if not redis.call('HGET', KEYS[2], 'lent') then
  redis.call('HSET', KEYS[2], 'lent', 0)
  redis.call('SET', KEYS[3], 1, 'PX', ARGV[1])
end
"""
_IS_FREE = _QUIET_WITHOUT_A_PAST + "return 1 - math.min(1, redis.call('EXISTS', KEYS[1], KEYS[3]))"

# Then: milliseconds of the lease, token, holder, subject, owner, and for renewals since when.
_FACTS = "'token', ARGV[3], 'holder', ARGV[4], 'subject', ARGV[5], 'owner', ARGV[6]"
_SPENT = "tonumber(redis.call('HGET', KEYS[2], 'spent') or 0)"
_ACQUIRE = f"""
{_QUIET_WITHOUT_A_PAST}
if redis.call('EXISTS', KEYS[1], KEYS[3]) > 0 then return 'HELD' end
local token = tonumber(ARGV[3])
if token <= tonumber(redis.call('HGET', KEYS[2], 'lent')) or token <= {_SPENT} then return 'STALE' end
local now = redis.call('TIME')
local since = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('HSET', KEYS[1], {_FACTS}, 'since', since)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], 'lent', ARGV[3])
return since
"""
# What the lease is under was not given back, whoever gave back a higher token that got nothing. A lease under a lower
# one, which a Redis that forgot gave back to a holder of before, gives way.
_RENEW = f"""
local token = tonumber(ARGV[3])
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[3] and
  (token < tonumber(redis.call('HGET', KEYS[2], 'lent') or 0) or token <= {_SPENT}) then return 0 end
redis.call('HSET', KEYS[1], {_FACTS}, 'since', ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], 'lent', ARGV[3])
return 1
"""

# ARGV: the token. It is spent even when it holds nothing: a call that is still on its way with it comes too late.
_RELEASE = f"""
if tonumber(ARGV[1]) > {_SPENT} then redis.call('HSET', KEYS[2], 'spent', ARGV[1]) end
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
_ENDS_IN = """
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return -2 end
return redis.call('PTTL', KEYS[1])
"""
_LOOK = "return redis.call('HMGET', KEYS[1], 'token', 'holder', 'subject', 'owner', 'since')"


class StaleTokenError(Exception):
    """The GPU is free, but was lent under this token or a higher one before; draw a new one."""


class RedisGpuMutex:
    """The GPU of one host. A lease that is not renewed for `ttl_seconds` ends.

    A Redis that has forgotten whom it lent the GPU to, by a restart or FLUSHALL, lends nothing for a third of that
    time: the holder renews its lease before anybody else gets one. All calls raise RedisError, and OSError when Redis
    does not answer in time; what was asked may have happened all the same.
    """

    def __init__(self, redis: Redis, host: str, ttl_seconds: float = _TTL_SECONDS) -> None:
        self.host = host
        self.ttl_seconds = ttl_seconds
        # The braces keep a host's keys together on a Redis cluster.
        self._keys = [f"{_PREFIX}{{{host}}}:{name}" for name in ("lease", "past", "quiet")]
        self._times = [int(ttl_seconds * 1000 / 3), int(ttl_seconds * 1000)]
        self._is_free, self._acquire, self._renew, self._release, self._ends_in, self._look = (
            redis.register_script(script) for script in (_IS_FREE, _ACQUIRE, _RENEW, _RELEASE, _ENDS_IN, _LOOK)
        )

    async def is_free(self) -> bool:
        """Whether somebody could have the GPU now."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return bool(await self._is_free(keys=self._keys, args=self._times))

    async def acquire(self, token: int, holder: GpuHolder, subject_id: str, owner: str) -> GpuLease | None:
        """The GPU, under a fencing token that was just drawn; None while it is not free. Raises StaleTokenError."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            facts = [token, holder.value, subject_id, owner]
            answer = await self._acquire(keys=self._keys, args=[*self._times, *facts])
        if answer == b"STALE":
            raise StaleTokenError(f"The fencing token {token} of {self.host} is not the newest.")
        if answer == b"HELD":
            return None
        return GpuLease(self.host, holder, token, subject_id, owner, _time(answer))

    async def renew(self, lease: GpuLease) -> bool:
        """Holds the GPU for another `ttl_seconds`; also when the lease was forgotten or ran out, and nobody had the GPU
        since. False when somebody had, or has."""
        since = round(lease.since.timestamp() * 1000)
        facts = [lease.token, lease.holder.value, lease.subject_id, lease.owner, since]
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return bool(await self._renew(keys=self._keys, args=[*self._times, *facts]))

    async def release(self, token: int) -> bool:
        """Gives the GPU back, if it is held under that token; the token is worth nothing from now on."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return bool(await self._release(keys=self._keys, args=[token]))

    async def ends_in(self, token: int) -> float | None:
        """Seconds until the lease under that token ends unless it is renewed; None when there is none any more."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            milliseconds = int(await self._ends_in(keys=self._keys, args=[token]))
        return milliseconds / 1000 if milliseconds >= 0 else None

    async def look(self) -> GpuLease | None:
        """Who has the GPU."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            found: list[bytes | None] = await self._look(keys=self._keys)
        facts = [fact.decode() for fact in found if fact is not None]
        if not facts:
            return None
        token, holder, subject_id, owner, since = facts
        return GpuLease(self.host, GpuHolder(holder), int(token), subject_id, owner, _time(since))


async def leased_hosts(redis: Redis) -> set[str]:
    """The hosts whose GPU somebody has, whether anything else is known of them or not. Raises RedisError."""
    found = [key.decode() async for key in redis.scan_iter(match=f"{_PREFIX}{{*}}:lease")]
    return {key.removeprefix(f"{_PREFIX}{{").removesuffix("}:lease") for key in found}


def _time(milliseconds: Any) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
