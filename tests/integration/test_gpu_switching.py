"""Detections, SAM3 and trainings on one GPU that has memory for one of them: each finds room, and nobody is killed for
it, whatever SAM3 does.

`GPU_SWITCHES=100` is the long form.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import psutil
import pytest
from redis.asyncio import Redis

from adapters.local_store import LocalStore
from adapters.sam3 import Sam3Client
from db.database import SqlDatabase
from domain.models.config import Preprocessing
from domain.models.detection import DetectRequest, FoundObjects, ServedModel
from domain.models.gpu import GpuHolder
from gpu_budget import GpuBudget
from gpu_faces import SECRET, Face, running_face
from inference_hosts import add_photographs, add_served
from plant_scenes import as_jpeg, ground, planted
from sam3_server import Manner, Sam3Process, running_sam3
from seeds import Home, make_home
from trained_detectors import Detector
from workers import gpu_room, gpu_turns
from workers.claims import PostponedError
from workers.engine import Engine, NetworkFile, Resident
from workers.gpu_room import GIB, GpuBusyError, GpuRoom
from workers.host_gpu import ExclusiveGpu

SWITCHES = int(os.environ.get("GPU_SWITCHES", "10"))
TOTAL, SAM3_SHARE, OUR_SHARE, TRAINING_SHARE = 8 * GIB, 13 * GIB // 2, 2 * GIB, 4 * GIB
FULL = r"6\.5 of 8\.0 GiB"
TTL_SECONDS = 3.0
PATIENCE_SECONDS = 60.0
BOUND_SECONDS = 20.0
"""Within so long a detection has its answer or its error, on a busy machine too. Nothing here needs two seconds."""
WIDTH, HEIGHT = 588, 331


class BudgetedEngine(Engine):
    """A model that is loaded has its share of the GPU's memory."""

    def __init__(self, budget: GpuBudget) -> None:
        super().__init__("cpu", 2)
        self._budget = budget

    def load(self, model: ServedModel, file: NetworkFile) -> Resident:
        self._budget.take(model.id, OUR_SHARE)
        return super().load(model, file)

    def unload(self) -> None:
        models = [one.model.id for one in self.residents()]
        super().unload()
        for model in models:
            self._budget.give_back(model)


@dataclass(frozen=True)
class Host:
    """A GPU host that SAM3 shares, `request` a detection on it."""

    face: Face
    sam3: Sam3Process
    budget: GpuBudget
    gpu: ExclusiveGpu
    request: DetectRequest

    async def detected(self, wait_seconds: float = PATIENCE_SECONDS) -> FoundObjects:
        """Bounded in time, whatever becomes of it."""
        async with asyncio.timeout(BOUND_SECONDS):
            return await self.face.host.inference.detect(self.request, wait_seconds)

    async def computed(self, seconds: float = 0.05) -> None:
        """SAM3 has had its turn, and stays loaded."""
        answer = await self.sam3.computed(self.face.address, SECRET, seconds, wait_seconds=30)
        assert answer == {"outcome": "COMPUTED"}
        assert self.tenants() == ["SAM3"]

    async def trained(self) -> None:
        async with asyncio.timeout(BOUND_SECONDS), self.gpu.held(GpuHolder.TRAINING, "job"):
            self.budget.take("training", TRAINING_SHARE)
            self.budget.give_back("training")

    def tenants(self) -> list[str]:
        """Who has memory: SAM3, or the ids of our models."""
        return [name.split(" ")[0] for name in self.budget.names()]


@pytest.fixture(autouse=True)
async def limit(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(gpu_turns, "_LINGER_SECONDS", 0.05)
    monkeypatch.setattr(gpu_room, "_LOOK_SECONDS", 0.05)
    async with asyncio.timeout(PATIENCE_SECONDS + 3 * SWITCHES):
        yield


@pytest.fixture
async def home(sqlite_database: SqlDatabase) -> Home:
    return await make_home(sqlite_database)


@pytest.fixture
async def request_(sqlite_database: SqlDatabase, store: LocalStore, home: Home, detector: Detector) -> DetectRequest:
    pixels, _ = planted(ground(51), 51, 130)
    (asset,) = await add_photographs(sqlite_database, store, home, [as_jpeg(pixels[:HEIGHT, :WIDTH])])
    model = replace(await detector.stored(store), team_id=home.team.id, preprocessing=Preprocessing())
    await add_served(sqlite_database, home, model)
    return DetectRequest(model, asset.s3_key, 0.25, 0.45)


@pytest.fixture
async def host(
    sqlite_database: SqlDatabase, store: LocalStore, redis_url: str, request_: DetectRequest, tmp_path: Path
) -> AsyncIterator[Host]:
    budget = GpuBudget(tmp_path / "memory.json", TOTAL)
    async with Redis.from_url(redis_url) as redis, running_sam3(budget, SAM3_SHARE, redis_url) as sam3:
        room = GpuRoom(budget, Sam3Client(sam3.url, seconds=0.5, pauses=(0.05, 0.1)), SAM3_SHARE, wait_seconds=0.5)
        engine = BudgetedEngine(budget)
        async with running_face(sqlite_database, store, redis, tmp_path / "host", TTL_SECONDS, room, engine) as face:
            yield Host(face, sam3, budget, ExclusiveGpu(sqlite_database, face.mutex, room), request_)
            engine.unload()
    assert budget.overdrawn() == []


@asynccontextmanager
async def computing(host: Host, seconds: float) -> AsyncIterator[asyncio.Task[dict[str, object]]]:
    """SAM3 has the GPU."""
    task = asyncio.create_task(host.sam3.computed(host.face.address, SECRET, seconds))
    while not (lease := await host.face.mutex.look()) or lease.holder is not GpuHolder.SAM3:
        assert not task.done()
        await asyncio.sleep(0.02)
    yield task
    await asyncio.wait([task])


async def test_they_take_turns_without_end_and_leave_nothing_behind(host: Host) -> None:
    settled, rss = max(min(10, SWITCHES // 2), 1), 0
    to_sam3, to_yolo = [], []
    first = await host.detected()
    assert first.detections
    for number in range(1, SWITCHES + 1):
        began = time.perf_counter()
        await host.computed()
        to_sam3.append(time.perf_counter() - began)
        began = time.perf_counter()
        assert (await host.detected()).detections == first.detections
        to_yolo.append(time.perf_counter() - began)
        assert host.tenants() == [host.request.model.id]
        if number == settled:
            rss = psutil.Process().memory_info().rss
    grown = psutil.Process().memory_info().rss / rss
    print(  # noqa: T201
        f"{SWITCHES} switches: to SAM3 {median(to_sam3):.2f} s, to YOLO {median(to_yolo):.2f} s; RSS × {grown:.3f}"
    )
    assert grown <= 1.1
    report = await host.sam3.report()
    assert (report.computed, report.lost, report.disturbed) == (SWITCHES, 0, 0)


async def test_a_training_finds_both_of_them_gone(host: Host) -> None:
    await host.detected()
    await host.trained()
    await host.computed()
    await host.trained()
    assert host.tenants() == []


async def test_sam3_at_work_is_waited_for_and_not_disturbed(host: Host) -> None:
    async with computing(host, TTL_SECONDS / 2) as task:
        with pytest.raises(GpuBusyError, match="SAM3 has the GPU"):
            await host.detected(0)
        detecting = asyncio.create_task(host.detected())
        training = asyncio.create_task(host.trained())
        done, _ = await asyncio.wait([task, detecting, training], return_when=asyncio.FIRST_COMPLETED)
        assert done == {task}
    await asyncio.gather(detecting, training)
    report = await host.sam3.report()
    assert (report.computed, report.disturbed) == (1, 0)


@pytest.mark.parametrize("manner", [Manner.HANGS, Manner.REFUSES])
async def test_sam3_that_does_not_unload_keeps_the_others_out_for_now(manner: Manner, host: Host) -> None:
    await host.computed()
    await host.sam3.behave(manner)
    with pytest.raises(GpuBusyError, match=rf"being freed|{FULL} .* SAM3 "):
        await host.detected(0)
    with pytest.raises(PostponedError, match=rf"{FULL} .* SAM3 "):
        await host.trained()
    assert await host.face.mutex.is_free(), "SAM3 itself can go on"
    await host.computed()
    await host.sam3.behave(Manner.UNLOADS)
    assert (await host.detected()).detections


async def test_sam3_is_asked_again_before_anybody_gives_up(host: Host) -> None:
    await host.computed()
    await host.sam3.behave(Manner.REFUSES_ONCE)
    assert (await host.detected(0)).detections
    assert (await host.sam3.report()).asked_to_unload == 2


async def test_sam3_that_crashes_as_it_unloads_has_unloaded(host: Host) -> None:
    await host.computed()
    await host.sam3.behave(Manner.CRASHES)
    assert (await host.detected(0)).detections


async def test_sam3_that_loaded_by_itself_is_found_out(host: Host) -> None:
    await host.computed()
    await host.detected()
    await host.face.host.inference.unload()
    await host.face.room.make(GpuHolder.INFERENCE)
    await host.sam3.load()
    assert (await host.detected()).detections


async def test_what_sam3_held_when_it_died_is_free_when_its_lease_ends(host: Host) -> None:
    async with computing(host, PATIENCE_SECONDS):
        await host.sam3.kill()
        with suppress(GpuBusyError):  # not before its lease has run out
            await host.detected(0)
        assert (await host.detected()).detections
        await host.trained()
    assert host.tenants() == []
