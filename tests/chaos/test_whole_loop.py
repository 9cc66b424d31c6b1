"""The whole loop, on MariaDB, Redis and S3 that fail too, with two processes of each part: whatever happens, nothing
that was acknowledged is lost, nothing is done twice, and all goes on.

`CHAOS_ROUNDS=200` is the long form, which `make chaos` runs; `CHAOS_SEED` repeats the faults of a run, though not what
happens to be at work when they strike.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cli.client import Client
from cli.demo.project import make_project
from db.engine import create_engine
from fleet.books import Books
from fleet.caller import Caller
from fleet.faults import FAULTS, SHORT
from fleet.fleet import running_fleet
from fleet.journal import Journal
from fleet.rounds import Rounds
from fleet.world import World

_ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "0"))
_SEED = int(os.environ.get("CHAOS_SEED") or random.randrange(1 << 32))
_PROGRAMS = ("mariadbd", "mariadb-install-db", "redis-server")


@pytest.mark.timeout(600 + 60 * _ROUNDS)
async def test_whatever_happens_the_loop_goes_on_and_loses_nothing(tmp_path: Path) -> None:
    _require_programs()
    chance = random.Random(_SEED)
    faults = list(_drawn(chance, _ROUNDS) if _ROUNDS else chance.sample(SHORT, len(SHORT)))
    journal = Journal(tmp_path / "journal.txt")
    journal.note(f"seed {_SEED}, {len(faults)} rounds; logs in {tmp_path}")
    async with running_fleet(tmp_path) as fleet, AsyncExitStack() as stack:
        try:
            clients = [await stack.enter_async_context(Client(one, fleet.token)) for one in fleet.addresses]
            project_id, _ = await make_project(clients[0])
            engine = create_engine(fleet.database_url)
            stack.push_async_callback(engine.dispose)
            world = World(Caller(clients, random.Random(_SEED)), project_id, random.Random(_SEED))
            await Rounds(fleet, world, Books(engine, world.ledger), journal).run(faults, chance, bool(_ROUNDS))
        except BaseException as error:
            error.add_note(f"The seed was {_SEED}. The logs end with:\n{fleet.log_tails()}")
            raise
    assert world.ledger.done["versions"]


def _drawn(chance: random.Random, rounds: int) -> Iterator[str]:
    """Each kind of fault comes as often as any other, give or take one."""
    while rounds > 0:
        some = chance.sample(sorted(FAULTS), min(rounds, len(FAULTS)))
        yield from some
        rounds -= len(some)


def _require_programs() -> None:
    missing = [name for name in _PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{', '.join(missing)}: not installed")
    if missing:
        pytest.skip(f"{', '.join(missing)}: not installed")
