"""A worker of detections that is killed in the middle: another goes on, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from detecting import Eye, add_detector, current, freed, started, story, waiting_on, worked
from domain.models.detection import DetectionJob, DetectionJobStatus
from seeds import add_images, make_home
from stack import PATIENCE

_IMAGES = 90


async def test_killed_workers_cost_time_and_nothing_else(
    database: SqlDatabase, database_url: str, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    await add_detector(database, home)
    assets = await add_images(database, home.project, [str(number) for number in range(_IMAGES)])
    job = await started(database, home)
    looked: list[str] = []
    for upto in (20, 22, 40):
        looked += await killed_after(database_url, tmp_path, upto)
        done = await current(database, job)
        assert (done.status, done.done < _IMAGES) == (DetectionJobStatus.RUNNING, True)
        assert done.found == 2 * done.done == sum(len(one) for one in (await waiting_on(database, assets)).values())
        await freed(database, job)
    eye = Eye()
    await worked(database, store, eye, job)
    ended = await current(database, job)
    assert (ended.status, ended.total, ended.done) == (DetectionJobStatus.COMPLETED, _IMAGES, _IMAGES)
    assert (ended.failed, ended.found) == (0, 2 * _IMAGES)
    assert [len(one) for one in (await waiting_on(database, assets)).values()] == [2] * _IMAGES
    assert set(looked + eye.seen) == {asset.id for asset in assets}
    assert len(looked + eye.seen) < _IMAGES + 3 * 20, "much was looked at again"
    await told_once_each(database, job)


async def told_once_each(database: SqlDatabase, job: DetectionJob) -> None:
    told = await story(database, job)
    images = [event.payload["assetId"] for event in told if event.kind == "IMAGE"]
    assert len(images) == len(set(images)) == _IMAGES
    assert [event.seq for event in told] == list(range(1, len(told) + 1))


async def killed_after(database_url: str, folder: Path, images: int) -> list[str]:
    """What a worker looked at before it was killed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "detecting", database_url, str(folder / "objects")),
        stdout=PIPE,
        env={"PYTHONPATH": ":".join(place for place in sys.path if place)},
    )
    try:
        return [await line_of(process) for _ in range(images)]
    finally:
        process.kill()
        await process.wait()


async def line_of(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode().strip()
