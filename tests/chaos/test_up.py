"""`up` itself: told to stop, and killed."""

from __future__ import annotations

import os

import psutil
from sqlalchemy import select

from db.engine import create_engine
from db.tables import training_jobs
from db.types import database_now
from domain.jobs import LEASE_SECONDS
from live.imagery import fields
from live.server import LiveServer, live_server, wait_for
from live.team import team_on

# The parts look every second whether `up` is there; the API then gives open connections 3 s.
_ORPHAN_SECONDS = 20
_AGAIN_SECONDS = 60
_PULSE_SECONDS = 30
# Epochs: it never ends by itself here.
_LONG = 2000


async def test_up_that_is_told_to_stop_gives_the_work_back_and_killed_takes_its_parts_along() -> None:
    with live_server() as server:
        for kind in ("io", "gpu"):
            _check_pulse(server, kind)
        async with team_on(server) as team:
            project_id = team.project_id
            _, job_id = await team.training_under_way(epochs=_LONG)
        await _check_sigterm(server, job_id)
        server.start()
        async with team_on(server, project_id) as team:
            wait_for(server.training_children, _AGAIN_SECONDS, "the training to be taken up again")
            job = await team.job(job_id)
            assert (job["status"], job["attempts"]) == ("RUNNING", 2)
        server.kill()
        wait_for(lambda: not _besides_redis(server), _ORPHAN_SECONDS, "the parts and the training child to end")
        server.start()
        assert len(_redis_servers(server)) == 1, "the first `up`'s Redis is still there"
        async with team_on(server, project_id) as team:
            await team.upload(fields(10)[8:])
            assert (await team.frozen_version())["imageCount"] == 10
        assert server.stop() == 0
        assert server.processes() == []


def _check_pulse(server: LiveServer, kind: str) -> None:
    """The sign of life that the image's health check looks for."""
    (folder,) = wait_for(lambda: list((server.data_dir / "work").glob(f"{kind}-*")), _AGAIN_SECONDS, f"worker {kind}")
    os.utime(folder, (0, 0))
    wait_for(lambda: folder.stat().st_mtime > 0, _PULSE_SECONDS, f"a sign of life of worker {kind}")


async def _check_sigterm(server: LiveServer, job_id: str) -> None:
    assert len(server.training_children()) == 1
    assert server.stop() == 0
    assert server.processes() == []
    assert await _is_free(server, job_id), "the lease was not given back"


async def _is_free(server: LiveServer, job_id: str) -> bool:
    """The next worker may take the job at once."""
    engine = create_engine(server.database_url)
    over = training_jobs.c.heartbeat_at < database_now(LEASE_SECONDS)
    async with engine.connect() as connection:
        job = await connection.execute(select(training_jobs.c.id).where(training_jobs.c.id == job_id, over))
        found = job.first() is not None
    await engine.dispose()
    return found


def _redis_servers(server: LiveServer) -> list[psutil.Process]:
    return [process for process in server.processes() if "valkey" in process.name()]


def _besides_redis(server: LiveServer) -> list[psutil.Process]:
    """An embedded Redis outlives a killed `up`; the next one ends it."""
    return [process for process in server.processes() if "valkey" not in process.name()]
