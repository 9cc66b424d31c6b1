"""The engine: which models it holds, and what its answers refer to."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from domain.ids import new_id
from domain.models.config import ContrastMode, Preprocessing, Resize, ResizeMode
from domain.models.detection import ServedModel
from plant_scenes import CLASSES, Plant, as_jpeg, ground, planted
from rendering.decode import ImageUnreadable
from trained_detectors import IMAGE_SIZE, TEAM, TILED, Detector
from workers.engine import Engine, NetworkFile, Resident, RuntimeKind
from workers.weights import WeightsCorrupt

TORCH, ONNX = RuntimeKind.TORCH, RuntimeKind.ONNX


def file_of(detector: Detector, kind: RuntimeKind = ONNX) -> NetworkFile:
    if kind is ONNX:
        return NetworkFile(ONNX, detector.onnx, detector.onnx_sha256, CLASSES, IMAGE_SIZE)
    return NetworkFile(TORCH, detector.weights, detector.weights_sha256, CLASSES, IMAGE_SIZE)


def model_of(detector: Detector, preprocessing: Preprocessing = TILED) -> ServedModel:
    return ServedModel(new_id(), TEAM, "", detector.weights_sha256, None, CLASSES, preprocessing, IMAGE_SIZE)


def loaded(engine: Engine, detector: Detector, preprocessing: Preprocessing = TILED) -> Resident:
    return engine.load(model_of(detector, preprocessing), file_of(detector))


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, list[Plant]]:
    return planted(ground(31), 31, 60)


def hits(engine: Engine, resident: Resident, image: bytes, plants: list[Plant]) -> float:
    """The share of the plants that are found in their places."""
    found = engine.detect(resident, image, 0.25, 0.45).detections
    return sum(any(d.box.iou(p.box) > 0.4 for d in found) for p in plants) / len(plants)


@pytest.mark.parametrize(
    "preprocessing",
    [
        *(
            replace(TILED, resize=Resize(IMAGE_SIZE, IMAGE_SIZE, mode))
            for mode in ResizeMode
            if mode.value != "STRETCH"
        ),
        replace(TILED, resize=Resize(IMAGE_SIZE, 90)),
        replace(TILED, contrast=ContrastMode.STRETCH),
        replace(TILED, contrast=ContrastMode.ADAPTIVE),
        replace(TILED, grayscale=True),
    ],
    ids=lambda p: f"{p.resize.mode}-{p.contrast}-{p.grayscale}",
)
def test_boxes_are_in_pixels_of_the_source_whatever_the_preprocessing(
    detector: Detector, scene: tuple[np.ndarray, list[Plant]], preprocessing: Preprocessing
) -> None:
    pixels, plants = scene
    engine = Engine("cpu", 2)
    # The network never saw grey pictures, and finds less there.
    expected = 0.3 if preprocessing.grayscale else 0.75
    assert hits(engine, loaded(engine, detector, preprocessing), as_jpeg(pixels), plants) >= expected


def test_a_photograph_on_its_side_is_answered_upright(
    detector: Detector, scene: tuple[np.ndarray, list[Plant]]
) -> None:
    engine = Engine("cpu", 2)
    upright = Image.fromarray(scene[0])
    exif = Image.Exif()
    exif[0x0112] = 6
    files = [io.BytesIO(), io.BytesIO()]
    upright.save(files[0], "PNG", compress_level=1)
    upright.transpose(Image.Transpose.ROTATE_90).save(files[1], "PNG", exif=exif, compress_level=1)
    straight, turned = (engine.detect(loaded(engine, detector), file.getvalue(), 0.25, 0.45) for file in files)
    assert straight.detections
    assert (turned.width, turned.height, turned.detections) == (straight.width, straight.height, straight.detections)
    # A model whose version leaves pixels as they are stored sees it on its side, and is answered upright all the same.
    as_stored = loaded(engine, detector, replace(TILED, auto_orient=False))
    assert hits(engine, as_stored, files[1].getvalue(), scene[1]) >= 0.6


def test_those_unused_for_longest_give_way(detector: Detector) -> None:
    memory = file_of(detector).memory
    engine = Engine("cpu", 2, memory=2 * memory)
    first, second = loaded(engine, detector), loaded(engine, detector)
    assert not engine.has_room(1)
    assert engine.resident(first.model) is first
    third = loaded(engine, detector)
    assert [one.model.id for one in engine.residents()] == [third.model.id, first.model.id]
    assert engine.resident(second.model) is None
    # Who has begun with it sees it through.
    assert engine.detect(second, as_jpeg(ground(1)[:600, :600]), 0.25, 0.45).width == 600
    huge = Engine("cpu", 2, memory=1)
    assert [loaded(huge, detector).model.id] == [one.model.id for one in huge.residents()]
    engine.unload()
    assert engine.residents() == []
    assert engine.has_room(2 * memory)


def test_no_image_is_told_from_no_model(detector: Detector) -> None:
    engine = Engine("cpu", 2)
    with pytest.raises(ImageUnreadable):
        engine.detect(loaded(engine, detector), b"no image", 0.25, 0.45)
    changed = replace(file_of(detector), sha256=hashlib.sha256(b"other").hexdigest())
    with pytest.raises(WeightsCorrupt, match="SHA-256"):
        engine.open(changed)
    with pytest.raises(WeightsCorrupt, match="classes"):
        engine.open(replace(file_of(detector), classes=("pine",)))


def test_an_onnx_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(WeightsCorrupt, match="damaged"):
        Engine("cpu", 2).open(NetworkFile(ONNX, path, hashlib.sha256(path.read_bytes()).hexdigest(), CLASSES, 64))


def test_weights_without_numbers_are_refused(detector: Detector, tmp_path: Path) -> None:
    import torch

    engine = Engine("cpu", 2)
    engine.open(file_of(detector, TORCH))
    checkpoint = torch.load(detector.weights, weights_only=False)
    next(checkpoint["model"].parameters()).data.fill_(float("nan"))
    path = tmp_path / "nan.pt"
    torch.save(checkpoint, path)
    with pytest.raises(WeightsCorrupt, match="no numbers"):
        engine.open(NetworkFile(TORCH, path, hashlib.sha256(path.read_bytes()).hexdigest(), CLASSES, IMAGE_SIZE))


def test_loading_and_unloading_leaves_no_memory_behind(detector: Detector) -> None:
    engine = Engine("cpu", 2)
    image, process = as_jpeg(ground(3)[:500, :500]), psutil.Process()
    sizes = []
    for _ in range(15):
        for kind in (TORCH, ONNX):
            resident = engine.load(model_of(detector, Preprocessing()), file_of(detector, kind))
            engine.detect(resident, image, 0.25, 0.45)
        del resident
        engine.unload()
        sizes.append(process.memory_info().rss)
    after_ten, after_thirty = sizes[4], sizes[14]
    assert after_thirty <= 1.1 * after_ten
