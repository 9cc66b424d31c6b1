"""Trainings whose processes are killed, stopped and cancelled, and those who watch them meanwhile.

`TRAINING_KILLS` kills processes of one training that often: by default twice, 12 times in the long form.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import psutil

from cli.client import Client
from db.tables import training_jobs
from live.leases import lease_runs_out
from live.server import LiveServer, wait_for
from live.team import Team, team_on

_KILLS = int(os.environ.get("TRAINING_KILLS", "2"))
_EPOCHS_BETWEEN = 5
# The child hears within 10 s that its parent is gone, at once when the pipe closes.
_ORPHAN_SECONDS = 15
# A lease of 30 s, a sweep every 5 s, torch's start and the training, on a busy machine.
_AGAIN_SECONDS = 240
_CANCEL_SECONDS = 10
_DROPS = 5


async def test_a_cancelled_training_ends_at_once_and_can_be_gone_on_with(server: LiveServer) -> None:
    async with team_on(server) as team:
        # Long enough never to end by itself here.
        version_id, job_id = await team.training_under_way(epochs=2000)
        assert len(server.training_children()) == 1
        waiting = await team.start_training(version_id, epochs=1, image_size=64)
        await team.cancel(waiting)
        assert (await team.job(waiting))["status"] == "CANCELLED"
        await team.cancel(job_id)
        async with asyncio.timeout(_CANCEL_SECONDS):
            events = [event async for event in team.training_events(job_id)]
        assert (events[-1]["kind"], events[-1]["status"]) == ("STATUS", "CANCELLED")
        before = await team.job(job_id)
        assert before["status"] == "CANCELLED"
        assert server.training_children() == []
        assert await team.model_names() == []
        assert (await team.version(version_id))["status"] == "READY"
        _check_nothing_left(server)
        await team.resume(job_id)
        await team.epoch_passed(job_id, before["epoch"] + 1)
        job = await team.job(job_id)
        assert [row["epoch"] for row in job["epochs"]] == list(range(1, job["epoch"] + 1))
        # What was running when it was cancelled is done again, and may have been told already.
        assert before["epoch"] + 1 <= await _begun_at(team, job_id) <= before["epoch"] + 2
        await team.cancel(job_id)
        wait_for(lambda: not server.training_children(), _CANCEL_SECONDS, "the training to end")


async def _begun_at(team: Team, job_id: str) -> int:
    """At which epoch the training says that it goes on."""
    async with asyncio.timeout(_AGAIN_SECONDS):
        while True:
            printed = "\n".join((await team.job(job_id))["logTail"])
            if said := re.search(r"Resuming training .* from epoch (\d+) to 2000", printed):
                return int(said[1])
            await asyncio.sleep(0.2)


async def test_processes_killed_at_random_epochs_cost_time_and_nothing_else(server: LiveServer) -> None:
    chance = random.Random()
    epochs = _EPOCHS_BETWEEN * (_KILLS + 1)
    async with team_on(server) as team:
        version_id, job_id = await team.training_under_way(epochs=epochs)
        watcher = asyncio.create_task(_watched(server, team, job_id))
        for number in range(_KILLS):
            first = 2 + number * _EPOCHS_BETWEEN
            await team.epoch_passed(job_id, chance.randint(first, first + _EPOCHS_BETWEEN - 1))
            await _KILL[number % len(_KILL)](server)
            await _taken_up_again(team, job_id, number + 1)
        async with asyncio.timeout(_AGAIN_SECONDS):
            seen = await watcher
        await _check_seen(team, job_id, seen, epochs)
        job = await team.job(job_id)
        assert (job["status"], job["attempts"]) == ("COMPLETED", _KILLS + 1)
        assert [row["epoch"] for row in job["epochs"]] == list(range(1, epochs + 1))
        assert await team.model_names() == [job["model"]["name"]]
        assert (await team.version(version_id))["status"] == "READY"
        assert server.training_children() == []
        _check_nothing_left(server)


async def _taken_up_again(team: Team, job_id: str, times: int) -> None:
    async with asyncio.timeout(_AGAIN_SECONDS):
        while (job := await team.job(job_id))["attempts"] <= times or job["status"] != "RUNNING":
            assert job["status"] in ("PREPARING", "RUNNING"), job
            await asyncio.sleep(0.1)


async def _kill_child(server: LiveServer) -> None:
    (child,) = server.training_children()
    child.kill()


async def _kill_worker(server: LiveServer) -> None:
    worker = server.part("worker", "gpu")
    orphans = server.training_children()
    worker.kill()
    await asyncio.to_thread(_wait_for_ends, server, orphans)
    await lease_runs_out(server, training_jobs, worker)


async def _kill_both(server: LiveServer) -> None:
    worker = server.part("worker", "gpu")
    children = server.training_children()
    for process in (worker, *children):
        process.kill()
    await asyncio.to_thread(_wait_for_ends, server, children)
    await lease_runs_out(server, training_jobs, worker)


_KILL: list[Callable[[LiveServer], Awaitable[None]]] = [_kill_child, _kill_worker, _kill_both]


def _wait_for_ends(server: LiveServer, children: list[psutil.Process]) -> None:
    # A parent that is stopped cannot bury its child, so it is in no list of the living but does not go either.
    living = server.training_children
    wait_for(lambda: not any(one in living() for one in children), _ORPHAN_SECONDS, "the orphaned child to end")


async def _watched(server: LiveServer, team: Team, job_id: str) -> list[dict[str, Any]]:
    """What somebody sees who comes late, drops the connection five times, and goes on by cursor, each time at the other
    of two API processes."""
    other = Client(await asyncio.to_thread(server.another_api), server.token("person@example.org"))
    kept: list[dict[str, Any]] = []
    async with other:
        for drop in range(_DROPS + 1):
            client = (team.client, other)[drop % 2]
            after = kept[-1]["cursor"] if kept else None
            async for event in Team(client, team.project_id).training_events(job_id, after):
                if event["kind"] != "BATCH":
                    kept.append(event)
                    if drop < _DROPS and len(kept) >= 3 * (drop + 1):
                        break
    return kept


async def _check_seen(team: Team, job_id: str, seen: list[dict[str, Any]], epochs: int) -> None:
    assert [event["epoch"] for event in seen if event["kind"] == "EPOCH"] == list(range(1, epochs + 1))
    told = [event async for event in team.training_events(job_id)]
    assert [event["cursor"] for event in seen] == [event["cursor"] for event in told]
    statuses = [event["status"] for event in seen if event["kind"] == "STATUS"]
    assert statuses == ["QUEUED", *["PREPARING", "RUNNING"] * (_KILLS + 1), "COMPLETED"]
    # It went on where it was, and did not begin anew.
    notes = [event["message"] for event in seen if event["kind"] == "LOG"]
    assert len([note for note in notes if note.startswith("Going on after epoch ")]) == _KILLS


async def test_a_worker_that_slept_through_its_lease_can_write_nothing(server: LiveServer) -> None:
    async with team_on(server) as team:
        _, job_id = await team.training_under_way(epochs=8)
        zombie = server.part("worker", "gpu")
        (child,) = server.training_children()
        zombie.send_signal(signal.SIGSTOP)
        try:
            await asyncio.to_thread(_wait_for_ends, server, [child])
            server.another("worker", "gpu")
            async with asyncio.timeout(_AGAIN_SECONDS):
                while (job := await team.job(job_id))["status"] != "COMPLETED":
                    assert job["status"] in ("PREPARING", "RUNNING"), job
                    await asyncio.sleep(0.2)
        finally:
            zombie.send_signal(signal.SIGCONT)
        # It hears at its next heartbeat that the job is not its own any more, and lets go of all it had.
        stem = f"gpu-*-{zombie.pid}/training-*"
        wait_for(lambda: not list((server.data_dir / "work").glob(stem)), _ORPHAN_SECONDS, "the zombie to let go")
        after = await team.job(job_id)
        for told in (job, after):
            del told["model"]["weightsUrl"]  # signed for a while, each time anew
        assert after == job
        assert job["attempts"] == 2
        assert await team.model_names() == [job["model"]["name"]]
        assert server.training_children() == []


def _check_nothing_left(server: LiveServer) -> None:
    """The training's folder goes too, once the state to go on from is kept."""
    work = server.data_dir / "work"
    wait_for(lambda: not list(work.glob("gpu-*/training-*")), _CANCEL_SECONDS, "the training's folder to go")
