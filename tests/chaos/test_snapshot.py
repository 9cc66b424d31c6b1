"""kill -9 of the io worker in the middle of a snapshot: the version comes out as if nothing had happened."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import psutil
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from chaos.field_book import ANNOTATIONS_AN_IMAGE, fill, frozen_images, frozen_rows
from db.engine import create_engine
from db.tables import training_datasets
from live.leases import lease_runs_out
from live.server import LiveServer
from live.team import Team, team_on

_IMAGES = 12_000
_STAGE_SECONDS = 60
# A sweep every 5 s, and the snapshots themselves on a busy machine.
_AGAIN_SECONDS = 120

_POINTS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "while the rows are read": lambda event: event["stage"] == "SELECTING",
    "while the manifest is written": lambda event: event["stage"] == "FREEZING",
    "between two batches of asset rows": lambda event: event["stage"] == "UPLOADING" and event["done"] > 0,
}


@dataclass
class _Interrupted:
    """A version whose worker was killed at a point, and the undisturbed one before it."""

    point: str
    team: Team
    worker: psutil.Process
    twin: dict[str, Any]
    version_id: str
    events: asyncio.Task[list[dict[str, Any]]]


@pytest.fixture
async def engine(server: LiveServer) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(server.database_url)
    yield engine
    await engine.dispose()


async def test_a_killed_io_worker_leaves_no_trace_in_a_version(server: LiveServer, engine: AsyncEngine) -> None:
    async with team_on(server) as team:
        # One after the other, each in a project of its own; the leases run out when all of them are there.
        interrupted = [await _interrupt(server, engine, await team.beside(), point) for point in _POINTS]
        for one in interrupted:
            await lease_runs_out(server, training_datasets, one.worker)
        async with asyncio.timeout(_AGAIN_SECONDS):
            for one in interrupted:
                await _check_version(engine, one, await one.events)
    (folder,) = (server.data_dir / "work").glob("io-*")
    assert folder.name.endswith(f"-{server.part('worker', 'io').pid}"), "what the dead workers left was not swept"


async def _interrupt(server: LiveServer, engine: AsyncEngine, team: Team, point: str) -> _Interrupted:
    await fill(engine, team.project_id, _IMAGES)
    twin = await team.frozen_version()
    worker = server.part("worker", "io")
    version_id = await team.create_version()
    killed = asyncio.Event()
    events = asyncio.create_task(_follow(team, version_id, _POINTS[point], worker, killed))
    try:
        await asyncio.wait_for(killed.wait(), _STAGE_SECONDS)
    except TimeoutError:
        events.cancel()
        raise
    assert (await team.version(version_id))["status"] == "CREATING", f"the kill came too late: {point}"
    if "asset rows" in point:
        assert 0 < len(await frozen_rows(engine, version_id)) < _IMAGES
    return _Interrupted(point, team, worker, twin, version_id, events)


async def _follow(
    team: Team, version_id: str, here: Callable[[dict[str, Any]], bool], worker: psutil.Process, killed: asyncio.Event
) -> list[dict[str, Any]]:
    """All of the version's events; the worker is killed at the first one that is `here`."""
    events = []
    async for event in team.version_events(version_id):
        events.append(event)
        if not killed.is_set() and here(event):
            worker.kill()
            worker.wait()
            killed.set()
    return events


async def _check_version(engine: AsyncEngine, interrupted: _Interrupted, events: list[dict[str, Any]]) -> None:
    point, twin = interrupted.point, interrupted.twin
    stages = [event["stage"] for event in events]
    assert stages.count("SELECTING") == 2, f"no second attempt: {point}"
    assert (stages.count("READY"), stages[-1]) == (1, "READY"), point
    version = await interrupted.team.version(interrupted.version_id)
    assert version["status"] == "READY", point
    assert version["contentDigest"] == twin["contentDigest"], point
    assert version["identicalTo"]["id"] == twin["id"], point
    assert (version["imageCount"], version["annotationCount"]) == (_IMAGES, _IMAGES * ANNOTATIONS_AN_IMAGE)
    assert version["splitCounts"] == twin["splitCounts"]
    assert await frozen_rows(engine, version["id"]) == list(range(_IMAGES)), point
    assert await frozen_images(engine, version["id"]) == _IMAGES, point
    await _check_manifest(interrupted.team, version)


async def _check_manifest(team: Team, version: dict[str, Any]) -> None:
    data = await team.client.download(version["manifest"]["url"])
    assert hashlib.sha256(data).hexdigest() == version["manifest"]["sha256"]
    assert len(data) == version["manifest"]["sizeBytes"]
    manifest = json.loads(data)
    assert manifest["header"]["version"] == version["version"]
    assert len({image["sha256"] for image in manifest["images"]}) == len(manifest["images"]) == _IMAGES
