"""What the loop has to survive. Each fault strikes, lasts for a while where it has a length, and is over when its
function returns; the answer says whom it struck."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from faulty_server import Fault
from fleet import database_faults
from fleet.entry import LEASE_SECONDS
from fleet.fleet import Fleet
from fleet.violation import Violation

_A_WHILE_SECONDS = 4
_HOUR_MILLISECONDS = 3_600_000
Strike = Callable[[Fleet, random.Random], Awaitable[str]]


def _killed(*kinds: str) -> Strike:
    async def strike(fleet: Fleet, chance: random.Random) -> str:
        part = chance.choice(fleet.of(*kinds))
        part.signal(signal.SIGKILL)
        return part.name

    return strike


def _told_to_end(*kinds: str) -> Strike:
    async def strike(fleet: Fleet, chance: random.Random) -> str:
        part = chance.choice(fleet.of(*kinds))
        pid, ends = part.pid, len(part.ends)
        part.signal(signal.SIGTERM)
        if not await part.ended(pid):
            raise Violation(f"{part.name} was told to end by SIGTERM, and runs on after half a minute.")
        # One that is told as it starts, before it listens to signals, just ends.
        codes = part.ends[ends:]
        if not set(codes) <= {0, -signal.SIGTERM}:
            raise Violation(f"{part.name} was told to end by SIGTERM, and ended with code {codes[0]}.")
        return part.name

    return strike


def _stopped(*kinds: str) -> Strike:
    async def strike(fleet: Fleet, chance: random.Random) -> str:
        part = chance.choice(fleet.of(*kinds))
        part.signal(signal.SIGSTOP)
        await asyncio.sleep(LEASE_SECONDS * chance.uniform(1.1, 1.4))
        part.signal(signal.SIGCONT)
        return part.name

    return strike


async def _child_killed(fleet: Fleet, chance: random.Random) -> str:
    """Of a training or an evaluation, or else what renders or reads an image in a process of its own, as soon as there
    is one."""
    ends = time.monotonic() + _A_WHILE_SECONDS
    while time.monotonic() < ends:
        for kind, word in (("gpu", "workers.child"), ("io", "workers.")):
            children = [(part, child) for part in fleet.of(kind) for child in part.children(word)]
            if children:
                part, child = chance.choice(children)
                child.kill()
                return f"{word} of {part.name}"
        await asyncio.sleep(0.1)
    return "nobody: no child came"


async def _all_killed(fleet: Fleet, chance: random.Random) -> str:
    for part in fleet.parts:
        part.signal(signal.SIGKILL)
    return "every part"


async def _redis_restarted(fleet: Fleet, chance: random.Random) -> str:
    seconds = chance.choice((0.0, _A_WHILE_SECONDS))
    await fleet.redis.restart(signal.SIGKILL, seconds)
    return f"away for {seconds:.0f} s, and then empty"


async def _redis_flushed(fleet: Fleet, chance: random.Random) -> str:
    async with Redis.from_url(fleet.redis_url) as redis:
        await redis.flushall()
    return "all keys"


def _clock_of_redis_jumps(milliseconds: int) -> Strike:
    """What has a time to live ends that much earlier or later. It is all that Redis does with its clock, which nobody
    can turn without turning this machine's."""

    async def strike(fleet: Fleet, chance: random.Random) -> str:
        jumped = 0
        async with Redis.from_url(fleet.redis_url) as redis:
            async for key in redis.scan_iter():
                with suppress(RedisError):
                    left = await redis.pttl(key)
                    jumped += left > 0 and bool(await redis.pexpire(key, max(left - milliseconds, 1)))
        return f"{jumped} keys, by {milliseconds / 60_000:+.0f} minutes"

    return strike


def _store(*faults: Fault | None) -> Strike:
    """The object store mishandles requests, each by one of these, for a while."""

    async def strike(fleet: Fleet, chance: random.Random) -> str:
        before = len(fleet.s3.seen)
        fleet.s3.choose = lambda: chance.choice(faults)
        await asyncio.sleep(_A_WHILE_SECONDS)
        fleet.s3.choose = None
        return f"{len(fleet.s3.seen) - before} requests"

    return strike


async def _disk_full(fleet: Fleet, chance: random.Random) -> str:
    part = chance.choice(fleet.of("io", "gpu"))
    part.fill_disk(True)
    await asyncio.sleep(_A_WHILE_SECONDS)
    part.fill_disk(False)
    return part.name


FAULTS: Mapping[str, Strike] = {
    "kill api": _killed("api"),
    "kill io": _killed("io"),
    "kill gpu": _killed("gpu"),
    "kill child": _child_killed,
    "kill all": _all_killed,
    "stop api": _stopped("api"),
    "stop io": _stopped("io"),
    "stop gpu": _stopped("gpu"),
    "term api": _told_to_end("api"),
    "term io": _told_to_end("io"),
    "term gpu": _told_to_end("gpu"),
    "redis restarted": _redis_restarted,
    "redis flushed": _redis_flushed,
    "redis clock ahead": _clock_of_redis_jumps(_HOUR_MILLISECONDS),
    "redis clock back": _clock_of_redis_jumps(-_HOUR_MILLISECONDS),
    "database killed": database_faults.killed,
    "database restarted": database_faults.restarted,
    "database clock ahead": database_faults.clock_ahead,
    "connections killed": database_faults.connections_killed,
    "deadlocks": database_faults.deadlocks,
    "lock time-outs": database_faults.lock_timeouts,
    "store busy": _store(Fault.BUSY),
    "store slow": _store(Fault.SLOW),
    "store cut": _store(Fault.CUT, Fault.LOST, Fault.DROPPED, None),
    "disk full": _disk_full,
}
"""By name: one of each kind of process, and of each server."""

SHORT = (
    "kill child",
    "kill io",
    "term gpu",
    "stop io",
    "redis restarted",
    "database killed",
    "deadlocks",
    "store cut",
)
"""One of each sort, for a run of a minute."""
