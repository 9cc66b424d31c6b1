"""Detection over stored images by a trained model, by way of the engine of a GPU host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from detecting import current, ended, started, story, waiting_on
from domain.jobs import JobKind
from domain.models.detection import DetectionJobStatus, DetectRequest
from domain.models.model import TrainedModel
from domain.serving import served
from inference_hosts import InferenceHost, add_photographs, add_served, inference_host
from plant_scenes import as_jpeg, ground, planted
from seeds import Home, make_home, take
from trained_detectors import Detector
from workers.claims import ClaimLoops, PostponedError
from workers.detection import Detection
from workers.gpu_room import GpuBusyError
from workers.local_detection import LocalDetection

_WIDTH, _HEIGHT = 640, 480


class Busy:
    """Fulfils GpuTurns; somebody else has the GPU while `busy`."""

    def __init__(self) -> None:
        self.busy = False

    @asynccontextmanager
    async def turn(self, wait_seconds: float) -> AsyncIterator[None]:
        if self.busy:
            raise GpuBusyError("A training has the GPU of this host.")
        yield

    async def is_free(self) -> bool:
        return not self.busy

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def turns() -> Busy:
    return Busy()


@pytest.fixture
def host(sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path, turns: Busy) -> InferenceHost:
    return inference_host(sqlite_database, store, tmp_path / "host", turns)


@pytest.fixture
async def home(sqlite_database: SqlDatabase) -> Home:
    return await make_home(sqlite_database)


@pytest.fixture
async def model(sqlite_database: SqlDatabase, store: LocalStore, home: Home, detector: Detector) -> TrainedModel:
    """The one that the project detects with."""
    row = await add_served(sqlite_database, home, await detector.stored(store))
    await sqlite_database.write(lambda uow: uow.models.update(row.id, team_id=home.team.id))
    await sqlite_database.write(lambda uow: uow.projects.update(home.project.id, active_model_id=row.id))
    return row


def photographs(number: int) -> list[bytes]:
    scenes = [planted(ground(70 + index), 70 + index, 130)[0][:_HEIGHT, :_WIDTH] for index in range(number)]
    return [as_jpeg(pixels) for pixels in scenes]


async def test_a_batch_finds_what_single_detections_do(
    sqlite_database: SqlDatabase, store: LocalStore, home: Home, host: InferenceHost, model: TrainedModel, turns: Busy
) -> None:
    database = sqlite_database
    half = photographs(1)[0]
    assets = await add_photographs(database, store, home, [*photographs(3), half[: len(half) // 2]])
    assets[2], assets[3] = assets[3], assets[2]
    job = await started(database, home)
    work = Detection(database, store, LocalDetection(database, host.inference))
    turns.busy = True
    claim = await take(database, JobKind.DETECTION)
    with pytest.raises(PostponedError, match="A training has the GPU"):
        await work.run(claim)
    assert (await current(database, job)).done == 0
    turns.busy = False
    await work.run(claim)
    done = await current(database, job)
    assert (done.status, done.done, done.failed) == (DetectionJobStatus.COMPLETED, 4, 1)
    waiting = await waiting_on(database, assets)
    found = 0
    for asset in (assets[0], assets[1], assets[3]):
        alone = await host.inference.detect(DetectRequest(served(model), asset.s3_key, 0.25, 0.45), 1)
        kept = sorted((one.weed_type, round(one.box.x, 3)) for one in waiting[asset.id])
        assert len(kept) >= 0.9 * len(alone.detections) > 0
        assert set(kept) <= {(one.weed_type, round(one.box.x, 3)) for one in alone.detections}
        found += len(kept)
    assert done.found == found
    (fault,) = [event.payload for event in await story(database, job) if event.payload["message"]]
    assert (fault["assetId"], assets[2].filename in fault["message"]) == (assets[2].id, True)


async def test_weights_that_changed_fail_the_job_with_the_reason(
    sqlite_database: SqlDatabase, store: LocalStore, home: Home, host: InferenceHost, model: TrainedModel
) -> None:
    await add_photographs(sqlite_database, store, home, photographs(1))
    await store.put(model.weights_key, b"something else", "application/octet-stream")
    job = await started(sqlite_database, home)
    work = Detection(sqlite_database, store, LocalDetection(sqlite_database, host.inference))
    loops = asyncio.create_task(ClaimLoops(sqlite_database, "test", [work]).run())
    failed = await ended(sqlite_database, job)
    loops.cancel()
    await asyncio.gather(loops, return_exceptions=True)
    assert (failed.status, failed.done) == (DetectionJobStatus.FAILED, 0)
    assert failed.failure_reason is not None
    assert "failed 3 times" not in failed.failure_reason
