"""A training whose worker is killed, and one that is cancelled."""

from __future__ import annotations

import asyncio

from live.server import LiveServer, live_server, wait_for
from live.team import team_on

_EPOCHS = 16
# The child hears within 10 s that its parent is gone, at once when the pipe closes.
_ORPHAN_SECONDS = 15
# A lease of 30 s, a sweep every 5 s, torch's start and the training, on a busy machine.
_AGAIN_SECONDS = 240
_CANCEL_SECONDS = 10


async def test_a_killed_gpu_worker_costs_time_and_nothing_else() -> None:
    with live_server() as server:
        async with team_on(server) as team:
            version_id, job_id = await team.training_under_way(epochs=_EPOCHS)
            worker = server.part("worker", "gpu")
            (orphan,) = server.training_children()
            worker.kill()
            wait_for(lambda: orphan not in server.training_children(), _ORPHAN_SECONDS, "the orphaned child to end")
            before = await team.job(job_id)
            assert before["status"] == "RUNNING", "the training was over before the kill"
            async with asyncio.timeout(_AGAIN_SECONDS):
                events = [event async for event in team.training_events(job_id)]
            epochs = [event["epoch"] for event in events if event["kind"] == "EPOCH"]
            assert epochs == list(range(1, _EPOCHS + 1))
            statuses = [event["status"] for event in events if event["kind"] == "STATUS"]
            assert statuses == ["QUEUED", "PREPARING", "RUNNING", "PREPARING", "RUNNING", "COMPLETED"]
            job = await team.job(job_id)
            assert (job["status"], job["attempts"], len(job["epochs"])) == ("COMPLETED", 2, _EPOCHS)
            assert await team.model_names() == [job["model"]["name"]]
            assert (await team.version(version_id))["status"] == "READY"
            assert server.training_children() == []


async def test_a_cancelled_training_ends_at_once() -> None:
    with live_server() as server:
        async with team_on(server) as team:
            # Long enough never to end by itself here.
            version_id, job_id = await team.training_under_way(epochs=2000)
            assert len(server.training_children()) == 1
            await team.cancel(job_id)
            async with asyncio.timeout(_CANCEL_SECONDS):
                events = [event async for event in team.training_events(job_id)]
            assert (events[-1]["kind"], events[-1]["status"]) == ("STATUS", "CANCELLED")
            assert (await team.job(job_id))["status"] == "CANCELLED"
            assert server.training_children() == []
            assert await team.model_names() == []
            assert (await team.version(version_id))["status"] == "READY"
            _check_nothing_left(server)


def _check_nothing_left(server: LiveServer) -> None:
    """The training's folder goes too, once the state to go on from is kept."""
    work = server.data_dir / "work"
    wait_for(lambda: not list(work.glob("gpu-*/training-*")), _CANCEL_SECONDS, "the training's folder to go")
