"""The faster runtime answers only where it answers as torch does, and that is found out once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.models.detection import DetectRequest, ServedModel
from inference_hosts import InferenceHost, add_photographs, add_served, deploy, inference_host
from plant_scenes import as_jpeg, ground, planted
from seeds import Home, make_home
from trained_detectors import Detector
from workers.engine import RuntimeKind, torch_runtime
from workers.parity_pictures import PICTURES, pictures_of


@pytest.fixture
async def home(sqlite_database: SqlDatabase, store: LocalStore) -> Home:
    """With three photographs."""
    home = await make_home(sqlite_database)
    photographs = [as_jpeg(planted(ground(seed), seed, 130)[0]) for seed in (41, 42, 43)]
    await add_photographs(sqlite_database, store, home, photographs)
    return home


async def served_of(database: SqlDatabase, store: LocalStore, home: Home, detector: Detector) -> ServedModel:
    model = replace(await detector.stored(store), team_id=home.team.id)
    await add_served(database, home, model)
    return model


async def kind_after(host: InferenceHost, model: ServedModel) -> RuntimeKind:
    """Which runtime the host has the model in, once it has had the time to choose."""
    await host.inference.load(model, 1)
    assert host.engine.residents()[0].model.id == model.id
    await host.preloading.settle()
    return host.engine.residents()[0].runtime.kind


def tampered(detector: Detector, folder: Path) -> Detector:
    """Its ONNX file is that of a network that learned a little more, and on record as such."""
    network = onnx.load(str(detector.onnx))
    scores = [one for one in network.graph.initializer if ".cv3." in one.name and one.name.endswith("2.bias")]
    assert scores
    for one in scores:
        one.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(one) + 0.3, one.name))
    path = folder / "tampered.onnx"
    onnx.save(network, str(path))
    return replace(detector, onnx=path, onnx_sha256=hashlib.sha256(path.read_bytes()).hexdigest())


async def test_onnx_takes_over_after_it_answered_as_torch(
    sqlite_database: SqlDatabase,
    store: LocalStore,
    home: Home,
    detector: Detector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = await served_of(sqlite_database, store, home, detector)
    host = inference_host(sqlite_database, store, tmp_path)
    await host.inference.load(model, 1)
    assert host.engine.residents()[0].runtime.kind is RuntimeKind.TORCH  # nobody waits for the comparison
    request = DetectRequest(model, await an_image(sqlite_database, home), 0.25, 0.45)
    by_torch = await host.inference.detect(request, 1)
    assert await kind_after(host, model) is RuntimeKind.ONNX
    by_onnx = await host.inference.detect(request, 1)
    assert len(by_onnx.detections) == len(by_torch.detections) > 60
    for one, other in zip(by_onnx.detections, by_torch.detections, strict=True):
        assert one.weed_type == other.weed_type
        assert one.confidence == pytest.approx(other.confidence, abs=0.01)
        assert one.box.iou(other.box) > 0.95
    # The next start knows, and unpickles nothing.
    monkeypatch.setattr(torch_runtime, "open_model", None)
    again = inference_host(sqlite_database, store, tmp_path)
    assert await kind_after(again, model) is RuntimeKind.ONNX
    assert await again.inference.detect(request, 1) is not None


async def an_image(database: SqlDatabase, home: Home) -> str:
    asset = await database.read(lambda uow: uow.assets.any_of(home.project.id))
    assert asset is not None
    return asset.s3_key


async def test_other_weights_under_the_right_checksum_never_answer(
    sqlite_database: SqlDatabase, store: LocalStore, home: Home, detector: Detector, tmp_path: Path
) -> None:
    model = await served_of(sqlite_database, store, home, tampered(detector, tmp_path))
    host = inference_host(sqlite_database, store, tmp_path)
    assert await kind_after(host, model) is RuntimeKind.TORCH
    row = await sqlite_database.read(lambda uow: uow.models.get(model.id))
    assert row is not None
    deployment = await deploy(sqlite_database, host, home, row)
    assert deployment.status == "ACTIVE"
    assert host.engine.residents()[0].runtime.kind is RuntimeKind.TORCH
    assert await kind_after(inference_host(sqlite_database, store, tmp_path), model) is RuntimeKind.TORCH


@pytest.mark.parametrize("fault", ["missing", "changed"])
async def test_without_its_onnx_file_a_model_answers_by_torch(
    sqlite_database: SqlDatabase, store: LocalStore, home: Home, detector: Detector, tmp_path: Path, fault: str
) -> None:
    model = await served_of(sqlite_database, store, home, detector)
    assert await kind_after(inference_host(sqlite_database, store, tmp_path / "host"), model) is RuntimeKind.ONNX
    assert model.onnx
    if fault == "missing":
        await store.delete(model.onnx.key)
    else:
        await store.put(model.onnx.key, b"something else", "application/octet-stream")
    # A host that knows that it may, and has no file yet.
    (tmp_path / "other").mkdir()
    (tmp_path / "host" / "runtimes").rename(tmp_path / "other" / "runtimes")
    host = inference_host(sqlite_database, store, tmp_path / "other")
    assert await kind_after(host, model) is RuntimeKind.TORCH
    request = DetectRequest(model, await an_image(sqlite_database, home), 0.25, 0.45)
    assert len((await host.inference.detect(request, 1)).detections) > 60


def test_few_images_are_shown_in_more_pictures(detector: Detector) -> None:
    photograph = as_jpeg(ground(1))
    assert len(list(pictures_of([photograph], detector.preprocessing))) == PICTURES
    assert len(list(pictures_of([photograph, b"no image", photograph], detector.preprocessing))) == 6
    assert list(pictures_of([], detector.preprocessing)) == []
