"""An export whose worker is killed, and one that is cancelled, both while pictures are rendered."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import psutil

from db.tables import version_exports
from live.imagery import palms_or_fields
from live.leases import lease_runs_out
from live.server import LiveServer, wait_for
from live.team import Team, team_on

_ORPHAN_SECONDS = 15
# A sweep every 5 s, and the rendering, on a busy machine.
_AGAIN_SECONDS = 240
_CANCEL_SECONDS = 15
_STEPS = {"preset": "HEAVY", "multiplier": 4}
_SETTINGS = {"tile": {"rows": 4, "columns": 4}, "resize": {"width": 640, "height": 640}}
_EXPORT = """
mutation ($id: ID!) { exportVersion(id: $id, format: YOLO) { export { id status } userErrors { code message field } } }
"""
_CANCEL = "mutation ($id: ID!) { cancelExport(id: $id) { export { status } userErrors { code message field } } }"
_PROGRESS = """
subscription ($exportId: ID!, $after: String) {
  exportProgress(exportId: $exportId, after: $after) {
    cursor done total message export { status imageCount sizeBytes sha256 url failureReason }
  }
}
"""


async def test_a_cancelled_export_ends_at_once(server: LiveServer) -> None:
    async with team_on(server) as team:
        export_id, _ = await _rendering(team)
        await team.client.call(_CANCEL, id=export_id)
        async with asyncio.timeout(_CANCEL_SECONDS):
            events = [event async for event in _events(team, export_id)]
        assert events[-1]["export"]["status"] == "CANCELLED"
        wait_for(lambda: not _busy(server), _CANCEL_SECONDS, "the rendering to end")
        assert _archives(server) == []
        assert list((server.data_dir / "cache" / "pictures" / "incoming").iterdir()) == []


async def test_a_killed_io_worker_costs_time_and_nothing_else(server: LiveServer) -> None:
    async with team_on(server) as team:
        export_id, trained_on = await _rendering(team)
        children = _renderers(server)
        assert children
        worker = server.part("worker", "io")
        worker.kill()
        gone = {child.pid for child in children}
        wait_for(
            lambda: gone.isdisjoint(child.pid for child in _renderers(server)),
            _ORPHAN_SECONDS,
            "the orphans to end",
        )
        await lease_runs_out(server, version_exports, worker)
        async with asyncio.timeout(_AGAIN_SECONDS):
            events = [event async for event in _events(team, export_id)]
        made = events[-1]["export"]
        assert (made["status"], made["failureReason"]) == ("READY", None)
        assert any("attempt 2" in (event["message"] or "") for event in events)
        assert made["imageCount"] == trained_on
        (file,) = _archives(server)
        assert file.endswith(f"{export_id}/2.zip")
        data = (server.data_dir / "objects" / file).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (made["sha256"], made["sizeBytes"])


async def _rendering(team: Team) -> tuple[str, int]:
    """An export of which a few images are done, and the pictures that it will have."""
    await team.upload(palms_or_fields())
    splits = {"train": 1, "val": 0, "test": 0}
    version = await team.frozen_version(preprocessing=_SETTINGS, augmentation=_STEPS, splits=splits)
    export_id = (await team.client.call(_EXPORT, id=version["id"]))["export"]["id"]
    async for event in _events(team, export_id):
        assert event["export"]["status"] in ("QUEUED", "RENDERING"), event
        if event["done"]:
            assert event["done"] < event["total"], "the export is too short to be interrupted"
            break
    return export_id, version["splitCounts"]["trainAugmented"]


def _events(team: Team, export_id: str) -> AsyncIterator[dict[str, Any]]:
    return team.client.follow(_PROGRESS, exportId=export_id)


def _renderers(server: LiveServer) -> list[psutil.Process]:
    return [process for process in server.processes() if "workers.render_task:render_image" in process.cmdline()]


def _busy(server: LiveServer) -> bool:
    """Whether something is rendered: a child that is idle waits for its next image."""
    return any((server.data_dir / "cache" / "pictures" / "incoming").iterdir())


def _archives(server: LiveServer) -> list[str]:
    objects = server.data_dir / "objects"
    return [str(path.relative_to(objects)) for path in objects.glob("teams/*/exports/**/*.zip")]
