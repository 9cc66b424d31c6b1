"""What holders of a GPU write, into a Redis that lasts: each write shows its holder's fencing token, and is accepted
unless somebody wrote under a higher one before."""

from __future__ import annotations

import json
from dataclasses import dataclass

from redis.asyncio import Redis

_WRITE = """
local accepted = tonumber(ARGV[1]) >= tonumber(redis.call('GET', KEYS[1]) or 0)
if accepted then redis.call('SET', KEYS[1], ARGV[1]) end
local now = redis.call('TIME')
local entry = {token = tonumber(ARGV[1]), name = ARGV[2], word = ARGV[3], gap = tonumber(ARGV[4]), accepted = accepted,
  at = now[1] + now[2] / 1000000}
redis.call('RPUSH', KEYS[2], cjson.encode(entry))
return accepted and 1 or 0
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """`word` is ENTERED, WROTE, LEFT or LOST; `gap` is for how many seconds its holder had slept at most since it
    entered; `at` is in seconds of the journal's clock."""

    token: int
    name: str
    word: str
    gap: float
    accepted: bool
    at: float


class FencedJournal:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._write = redis.register_script(_WRITE)

    async def write(self, token: int, name: str, word: str, gap: float = 0.0) -> bool:
        """Whether it was accepted; it is on record in any case."""
        return bool(await self._write(keys=["highest", "entries"], args=[token, name, word, gap]))

    async def entries(self) -> list[Entry]:
        """In the order in which they were written."""
        entries: list[bytes] = await self._redis.lrange("entries", 0, -1)  # type: ignore[misc]
        return [Entry(**json.loads(entry)) for entry in entries]
