"""The inference service of a GPU host: what it answers, what it refuses and how, and deployments meanwhile."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from adapters.detector import found_from_json, request_to_json
from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.models.config import Preprocessing, Tile
from domain.models.detection import DetectRequest, ServedModel
from domain.models.model import DeploymentStatus, TrainedModel
from domain.ports import UnitOfWork
from domain.serving import served
from inference_hosts import InferenceHost, add_photographs, add_served, deploy, inference_host
from plant_scenes import as_jpeg, ground, planted
from rendering.pixels import Pixels
from seeds import Home, make_home
from trained_detectors import Detector
from workers import preloading
from workers.engine import Engine, RuntimeKind
from workers.engine.runtime import Found
from workers.engine.torch_runtime import TorchRuntime
from workers.gpu_room import GpuBusyError

_WIDTH, _HEIGHT, _SEEN = 1176, 662, 5
_ACTIVE, _FAILED = DeploymentStatus.ACTIVE, DeploymentStatus.FAILED


class Turns:
    """Fulfils GpuTurns: the GPU is somebody else's while `taken` says by whom."""

    def __init__(self) -> None:
        self.taken: str | None = None
        self.within = 0

    @asynccontextmanager
    async def turn(self, wait_seconds: float) -> AsyncIterator[None]:
        if self.taken:
            raise GpuBusyError(self.taken)
        self.within += 1
        try:
            yield
        finally:
            self.within -= 1

    async def is_free(self) -> bool:
        return self.taken is None

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def host(sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path, turns: Turns) -> InferenceHost:
    return inference_host(sqlite_database, store, tmp_path / "host", turns)


@pytest.fixture
async def home(sqlite_database: SqlDatabase, store: LocalStore) -> Home:
    """With a photograph."""
    home = await make_home(sqlite_database)
    pixels, _ = planted(ground(51), 51, 130)
    await add_photographs(sqlite_database, store, home, [as_jpeg(pixels[:_HEIGHT, :_WIDTH])])
    return home


@pytest.fixture
async def model(sqlite_database: SqlDatabase, store: LocalStore, home: Home, detector: Detector) -> ServedModel:
    """It looks at pictures as large as the photograph is."""
    model = replace(await detector.stored(store), team_id=home.team.id, preprocessing=Preprocessing())
    await add_served(sqlite_database, home, model)
    return model


@pytest.fixture
async def image_key(sqlite_database: SqlDatabase, home: Home) -> str:
    asset = await sqlite_database.read(lambda uow: uow.assets.any_of(home.project.id))
    assert asset is not None
    return asset.s3_key


async def row_of(database: SqlDatabase, model: ServedModel) -> TrainedModel:
    row = await database.read(lambda uow: uow.models.get(model.id))
    assert row is not None
    return row


async def answered(host: InferenceHost, request: DetectRequest) -> dict[str, Any]:
    """As over the queue, by somebody who has ten seconds."""
    return await host.inference.answer(request_to_json(request), 0.0, 10.0)


async def test_the_queue_is_told_what_is_wrong_with_what(
    host: InferenceHost, model: ServedModel, image_key: str, store: LocalStore, turns: Turns
) -> None:
    request = DetectRequest(model, image_key, 0.25, 0.45)
    found = found_from_json(await answered(host, request))
    assert len(found.detections) >= _SEEN
    assert (found.image_width, found.image_height) == (_WIDTH, _HEIGHT)
    assert found.inference_ms > 0
    assert (await answered(host, replace(request, image_key="teams/nothing")))["error"] == "UNSUPPORTED"
    await store.put("teams/text", b"no image", "image/jpeg")
    assert (await answered(host, replace(request, image_key="teams/text")))["error"] == "UNSUPPORTED"
    lost = replace(model, id="lost", weights_key="teams/nothing.pt", weights_sha256="0" * 64)
    assert (await answered(host, replace(request, model=lost)))["error"] == "NOT_READY"
    other = replace(model, id="other", weights_sha256="0" * 64, onnx=None)
    refused = await answered(host, replace(request, model=other))
    assert (refused["error"], "SHA-256" in refused["message"]) == ("NOT_READY", True)
    assert (await host.inference.answer_load(asdict(other)))["error"] == "NOT_READY"
    turns.taken = "The training 17 has the GPU."
    assert await answered(host, request) == {"error": "GPU_BUSY", "message": "The training 17 has the GPU."}
    assert (await host.inference.answer_load(asdict(model)))["error"] == "GPU_BUSY"
    turns.taken = None
    assert await host.inference.answer_load(asdict(model)) == {}
    assert host.inference.loaded() == (model.id,)
    assert await host.inference.answer_unload() == {}
    assert host.inference.loaded() == ()


SHORTAGE = RuntimeError(
    "[enforce fail at alloc_cpu.cpp:124] data. DefaultCPUAllocator: can't allocate memory: 12 bytes."
)


class Shortage:
    """A method that fails for want of memory, so many times, and then works."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method, self.left = method, 0

    def __get__(self, owner: object, kind: type) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if self.left:
                self.left -= 1
                raise SHORTAGE
            return self._method(owner, *arguments)

        return call


@pytest.mark.parametrize("place", [(TorchRuntime, "find"), (Engine, "open")], ids=["detecting", "loading"])
async def test_without_memory_all_models_go_and_it_is_tried_once_more(
    host: InferenceHost, model: ServedModel, image_key: str, monkeypatch: pytest.MonkeyPatch, place: tuple[type, str]
) -> None:
    request = DetectRequest(model, image_key, 0.25, 0.45)
    await host.inference.load(replace(model, id="neighbour"), 1)
    shortage = Shortage(getattr(*place))
    monkeypatch.setattr(*place, shortage)
    shortage.left = 1
    assert len((await host.inference.detect(request, 1)).detections) >= _SEEN
    assert host.inference.loaded() == (model.id,)
    await host.inference.unload()
    shortage.left = 2
    refused = await answered(host, request)
    assert (refused["error"], "memory" in refused["message"]) == ("GPU_BUSY", True)
    assert len((await host.inference.detect(request, 1)).detections) >= _SEEN


async def test_who_is_cancelled_keeps_the_gpu_until_it_is_let_go(
    host: InferenceHost, model: ServedModel, image_key: str, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    await host.inference.load(model, 1)
    find = TorchRuntime.find

    def slowly(runtime: TorchRuntime, pictures: Sequence[Pixels], confidence: float, iou: float) -> list[list[Found]]:
        begun.set()
        assert go_on.wait(30)
        return find(runtime, pictures, confidence, iou)

    monkeypatch.setattr(TorchRuntime, "find", slowly)
    task = asyncio.create_task(host.inference.detect(DetectRequest(model, image_key, 0.25, 0.45), 1))
    assert await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    await asyncio.wait([task], timeout=0.2)
    assert turns.within == 1
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert turns.within == 0


async def test_a_deployed_model_is_loaded_compared_and_warm(
    sqlite_database: SqlDatabase, host: InferenceHost, home: Home, model: ServedModel
) -> None:
    deployment = await deploy(sqlite_database, host, home, await row_of(sqlite_database, model))
    assert deployment.status is _ACTIVE
    (resident,) = host.engine.residents()
    assert (resident.model.id, resident.runtime.kind) == (model.id, RuntimeKind.ONNX)


async def test_a_deployment_without_its_images_says_so(
    sqlite_database: SqlDatabase, host: InferenceHost, home: Home, model: ServedModel, image_key: str, store: LocalStore
) -> None:
    await store.delete(image_key)
    deployment = await deploy(sqlite_database, host, home, await row_of(sqlite_database, model))
    assert (deployment.status, deployment.failure_reason) == (_FAILED, "The image is missing from the object store.")


async def test_while_the_gpu_is_held_a_deployment_is_checked_on_the_cpu(
    sqlite_database: SqlDatabase,
    host: InferenceHost,
    home: Home,
    model: ServedModel,
    turns: Turns,
    store: LocalStore,
    tmp_path: Path,
) -> None:
    turns.taken = "A training has the GPU."
    row = await row_of(sqlite_database, model)
    assert (await deploy(sqlite_database, host, home, row)).status is _ACTIVE
    assert host.inference.loaded() == ()
    await store.put(model.weights_key, b"not these", "application/octet-stream")
    (tmp_path / "host" / "weights" / f"{model.weights_sha256}.pt").unlink()
    broken = await deploy(sqlite_database, host, home, row)
    assert (broken.status, "SHA-256" in (broken.failure_reason or "")) == (_FAILED, True)


async def test_what_projects_detect_with_is_loaded_as_soon_as_it_may(
    sqlite_database: SqlDatabase,
    host: InferenceHost,
    home: Home,
    model: ServedModel,
    turns: Turns,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns.taken = "SAM3 has the GPU."
    await deploy(sqlite_database, host, home, await row_of(sqlite_database, model))
    await host.preloading.load()
    assert host.inference.loaded() == ()
    turns.taken = None
    await host.preloading.load()
    assert host.inference.loaded() == (model.id,)
    # Who unloaded them wanted the memory.
    await host.inference.unload()
    await host.preloading.load()
    assert host.inference.loaded() == ()
    monkeypatch.setattr(preloading, "_LEFT_ALONE_SECONDS", 0.0)
    await host.preloading.load()
    assert host.inference.loaded() == (model.id,)


async def test_nothing_gives_way_to_what_nobody_asked_for(
    sqlite_database: SqlDatabase, home: Home, model: ServedModel, store: LocalStore, tmp_path: Path
) -> None:
    small = inference_host(sqlite_database, store, tmp_path / "small", memory=50 * 2**20)
    await deploy(sqlite_database, small, home, await row_of(sqlite_database, model))
    other = replace(model, id="other")
    await small.inference.load(other, 1)
    assert small.inference.loaded() == ("other",)
    await small.preloading.load()
    assert small.inference.loaded() == ("other",)


async def test_deployments_that_fail_disturb_nobody(
    sqlite_database: SqlDatabase,
    host: InferenceHost,
    home: Home,
    model: ServedModel,
    image_key: str,
    store: LocalStore,
    tmp_path: Path,
    detector: Detector,
) -> None:
    database = sqlite_database
    better = replace(await detector.stored(store), team_id=home.team.id, preprocessing=Preprocessing(tile=Tile(2, 2)))
    good = [await row_of(database, model), await add_served(database, home, better)]
    broken = [await broken_model(database, store, home, model, how) for how in ("changed", "missing", "not a network")]
    expected: dict[str, object] = {}
    for row in reversed(good):
        assert (await deploy(database, host, home, row)).status is _ACTIVE
        expected.update([await active_answer(database, host, home, image_key)])
    answers: Counter[str] = Counter()

    async def client() -> None:
        while True:
            id_, detections = await active_answer(database, host, home, image_key)
            assert detections == expected[id_]
            answers[id_] += 1

    clients = [asyncio.create_task(client()) for _ in range(3)]
    for row in (*broken, good[1], *broken):
        before = answers.total()
        assert ((await deploy(database, host, home, row)).status is _ACTIVE) == (row in good)
        while answers.total() < before + 6:
            await asyncio.wait(clients, timeout=0.05, return_when=asyncio.FIRST_EXCEPTION)
            assert not any(task.done() for task in clients)
    for task in clients:
        task.cancel()
    await asyncio.wait(clients)
    assert set(answers) == {row.id for row in good}


async def broken_model(
    database: SqlDatabase, store: LocalStore, home: Home, model: ServedModel, how: str
) -> TrainedModel:
    data = (how * 100).encode()
    sha256 = hashlib.sha256(data if how == "not a network" else b"what it should be").hexdigest()
    broken = replace(model, id=f"broken-{how}", weights_key=f"teams/{how}.pt", weights_sha256=sha256, onnx=None)
    if how != "missing":
        await store.put(broken.weights_key, data, "application/octet-stream")
    return await add_served(database, home, broken)


async def active_answer(database: SqlDatabase, host: InferenceHost, home: Home, image_key: str) -> tuple[str, object]:
    """What the project's active model finds, by a client that asks which one that is."""

    async def active(uow: UnitOfWork) -> TrainedModel | None:
        project = await uow.projects.get(home.project.id)
        assert project is not None
        return await uow.models.get(project.active_model_id or "")

    row = await database.read(active)
    assert row is not None
    request = DetectRequest(served(row), image_key, 0.25, 0.45)
    answer = await answered(host, request)
    assert "error" not in answer, answer
    return row.id, answer["detections"]
