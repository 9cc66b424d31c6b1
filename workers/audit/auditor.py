"""The audit: every invariant, over all that there is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from arq.connections import ArqRedis

from domain.ports import Database, ObjectStore
from workers.audit.check import Check, Suspicion
from workers.audit.finding import Checked, Finding
from workers.audit.gpu_leases import GpuLeases
from workers.audit.images import Images
from workers.audit.manifests import Manifests
from workers.audit.named_objects import object_checks
from workers.audit.records import record_checks
from workers.audit.trainings import training_checks
from workers.audit.versions import version_checks
from workers.audit.work import Work

_WAITING = 100


class Auditor:
    """Looks without changing anything, in memory that does not grow with what it looks at; with `read_back` it reads
    the bytes of every object that has a checksum, which takes as long as downloading them all.

    Everything may go on meanwhile. What belongs together in the database is read in one transaction. What lies in two
    places, as a row and its object, cannot be: so whatever looks wrong is looked at anew a moment later, from the start
    and in the order in which nothing sound can look wrong, and only what is wrong still is told.
    """

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        redis: ArqRedis | None,
        *,
        read_back: bool = False,
        pause_seconds: float = 1.0,
    ) -> None:
        """Without a Redis, what only Redis knows is left out. What looks wrong is looked at anew in `pause_seconds`."""
        self._database = database
        self._store = store
        self._redis = redis
        self._read_back = read_back
        self._pause_seconds = pause_seconds
        self._checks: Sequence[Check] = ()

    async def findings(self) -> AsyncGenerator[Finding, None]:
        """Every violation. Raises what the database, the store (OSError) or Redis (RedisError) does."""
        self._checks = self._all_checks()
        waiting: list[Suspicion] = []
        for check in self._checks:
            async for suspicion in check.suspicions():
                waiting.append(suspicion)
                if len(waiting) == _WAITING:
                    for finding in await self._confirmed(waiting):
                        yield finding
                    waiting = []
        for finding in await self._confirmed(waiting):
            yield finding

    def checked(self) -> list[Checked]:
        """What the last audit looked at, as far as it came; an invariant that several checks cover is told once."""
        found: dict[str, Checked] = {}
        for one in (one for check in self._checks for one in check.checked()):
            before = found.get(one.invariant)
            looked_at = one.looked_at + (before.looked_at if before else 0)
            found[one.invariant] = Checked(one.invariant, one.subjects, looked_at, one.left_out)
        return list(found.values())

    def _all_checks(self) -> list[Check]:
        database, store, read_back = self._database, self._store, self._read_back
        return [
            *version_checks(database),
            Manifests(database, store),
            Images(database, store, read_back),
            *training_checks(database),
            *object_checks(database, store, read_back),
            *record_checks(database),
            Work(database, self._redis),
            GpuLeases(database, self._redis),
        ]

    async def _confirmed(self, suspicions: Sequence[Suspicion]) -> list[Finding]:
        """What is wrong still a moment later."""
        if not suspicions:
            return []
        await asyncio.sleep(self._pause_seconds)
        return [finding for one in suspicions if (finding := await one.again()) is not None]
