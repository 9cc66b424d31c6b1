"""How often a training's state is copied."""

from __future__ import annotations

import asyncio
from pathlib import Path

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.jobs import JobKind
from domain.models.training import ResumePoint
from domain.models.version import DatasetStatus
from seeds import add_images, annotate, make_home, take
from versions_made import in_status, train
from workers.child.protocol import StateReport
from workers.training_states import TrainingStates

_OFFERED = 40


async def test_of_states_that_come_fast_few_are_copied_and_the_last_one_is_kept_in_the_end(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(sqlite_database)
    await annotate(sqlite_database, home, await add_images(sqlite_database, home.project, ["one"]))
    version = await in_status(sqlite_database, home, DatasetStatus.READY)
    job = await train(sqlite_database, home, version)
    states = TrainingStates(sqlite_database, store, await take(sqlite_database, JobKind.TRAINING), job)
    copying = asyncio.create_task(states.run())
    copied: set[int] = set()
    for epoch in range(1, _OFFERED + 1):
        paths = {name: tmp_path / f"{name}-{epoch}.pt" for name in ("last", "best")}
        for name, path in paths.items():
            path.write_bytes(f"{name} {epoch}".encode())
        states.offer(StateReport(epoch, **paths))
        await asyncio.sleep(0.01)
        copied |= {point.epoch for point in await _points(sqlite_database, job.id)}
    copying.cancel()
    await asyncio.wait([copying])
    await states.keep()
    # A copy may take a fiftieth of the time.
    assert 1 <= len(copied) < _OFFERED / 2
    newest, *_ = await _points(sqlite_database, job.id)
    assert newest.epoch == _OFFERED
    assert not list(tmp_path.glob("*-*.pt")), "what was offered is deleted"


async def _points(database: SqlDatabase, job_id: str) -> tuple[ResumePoint, ...]:
    job = await database.read(lambda uow: uow.jobs.get(job_id))
    assert job is not None
    return job.resume_points
