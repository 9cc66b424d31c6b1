"""Makes snapshots in processes of its own, each of which dies at a step that it is told: before something that it asks
of the database or of the object store, or after something that the object store did.

It reads the beginning of a step's name a line, and answers with a line of JSON: `died` and the step, or `done` and all
steps when there was no such one.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import event

from adapters import s3_writer
from adapters.object_store import open_object_store
from adapters.s3_store import S3Store
from adapters.settings import load_settings
from db import snapshot as snapshot_reads
from db.database import SqlDatabase
from domain.jobs import Claim
from seeds import silent_database
from workers import snapshot as snapshot_writes
from workers.claims import ClaimLoops
from workers.snapshot import Snapshot

_SECONDS = 60


class Steps:
    """Counts what is asked, each kind for itself, and ends the process at the fatal one, as kill -9 would."""

    def __init__(self, fatal: str) -> None:
        self._fatal = fatal
        self._counts: Counter[str] = Counter()
        self.reached: list[str] = []

    def reach(self, kind: str) -> None:
        self._counts[kind] += 1
        name = f"{self._counts[kind]}. {kind}"
        self.reached.append(name)
        if name.startswith(self._fatal):
            _answer("died", [name])
            os._exit(0)

    def watch_database(self, database: SqlDatabase) -> None:
        engine = database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *given: self.reach(f"before {given[2][:60]!r}"))
        event.listen(engine, "commit", lambda _: self.reach("before COMMIT"))
        event.listen(engine, "rollback", lambda _: self.reach("before ROLLBACK"))

    def watch_store(self, store: S3Store) -> None:
        events = store._client.meta.events
        for when in ("before", "after"):
            name = f"{when}-call"
            events.register_first(f"{name}.s3", lambda model, name=name, **_: self.reach(f"{name} {model.name}"))


class OneSnapshot(Snapshot):
    """Says when it is over."""

    slots = 1

    def __init__(self, database: SqlDatabase, store: S3Store, folder: Path) -> None:
        super().__init__(database, store, folder)
        self.over = asyncio.Event()

    async def run(self, claim: Claim) -> None:
        await super().run(claim)
        self.over.set()

    async def fail(self, claim: Claim, reason: str) -> None:
        await super().fail(claim, reason)
        self.over.set()


async def _make(words: dict[str, Any], fatal: str) -> list[str]:
    """All steps, when none was fatal."""
    steps, database = Steps(fatal), silent_database(words["database_url"])
    steps.watch_database(database)
    async with open_object_store(load_settings(**words["settings"])) as store:
        assert isinstance(store, S3Store)
        steps.watch_store(store)
        handler = OneSnapshot(database, store, Path(words["folder"]))
        loops = asyncio.create_task(ClaimLoops(database, "child", [handler]).run())
        async with asyncio.timeout(_SECONDS):
            await handler.over.wait()
        loops.cancel()
        await asyncio.gather(loops, return_exceptions=True)
    await database.close()
    return steps.reached


def _answer(outcome: str, steps: list[str]) -> None:
    sys.stdout.write(f"{json.dumps([outcome, steps])}\n")
    sys.stdout.flush()


def main(words: dict[str, Any]) -> None:
    # Small portions, so that ten images have several of each.
    snapshot_reads._IMAGES_AT_ONCE = 4
    snapshot_writes._ROWS_A_TRANSACTION = 4
    s3_writer.PART_BYTES = 2 << 10
    for line in sys.stdin:
        # What takes long, the imports, is done once for all of them.
        if os.fork() == 0:
            _answer("done", asyncio.run(_make(words, line.strip())))
            os._exit(0)
        if os.wait()[1] != 0:
            _answer("failed", [])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
