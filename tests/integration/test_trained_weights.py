"""What trainings learn, for real: yolo11n on tiny generated sets at 64 pixels."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean

import numpy as np
import onnx
import onnxruntime
import pytest

from domain.models.training import StartingWeights
from domain.models.version import Split
from rendering.tree import RenderedTree
from tiny_trainings import CLASSES, tiny_field, tiny_tree, train_spec, unheard
from workers.child.environment import contained_environment
from workers.child.protocol import RUN_VARIABLE, SPEC_NAME, ChildResult, TrainSpec, spec_to_json
from workers.child_process import run_child
from workers.digest import sha256_of

_SEEDS = (0, 1)
_LEARNT_EPOCHS = 14
_FEW_EPOCHS = 4


def _images_tree(folder: Path, name: str, classes: tuple[str, ...], first: int) -> RenderedTree:
    images = [tiny_field(folder, first + i, Split.TRAIN if i < 6 else Split.VAL, classes) for i in range(9)]
    return tiny_tree(folder, images, tuple(sorted(classes)), {Split.TRAIN, Split.VAL}, name)


def _seeded(spec: TrainSpec, seed: int) -> TrainSpec:
    return replace(spec, arguments={**spec.arguments, "seed": seed})


async def _trained(spec: TrainSpec, folder: Path) -> ChildResult:
    result = await run_child(spec, folder, unheard)
    assert result.weights is not None
    return result


def _onnx(result: ChildResult) -> Path:
    (path,) = (file.path for file in result.files if file.name == "model.onnx")
    return path


def _weights_hash(result: ChildResult) -> str:
    """Of the numbers alone: files carry dates."""
    tensors = onnx.load(_onnx(result)).graph.initializer
    assert len(tensors) > 50
    return hashlib.sha256(b"".join(tensor.raw_data for tensor in tensors)).hexdigest()


@pytest.fixture(scope="module")
async def learnt(tmp_path_factory: pytest.TempPathFactory) -> ChildResult:
    """A model that knows two classes fairly well."""
    folder = tmp_path_factory.mktemp("learnt")
    return await _trained(train_spec(_images_tree(folder, "tree", CLASSES, 0), _LEARNT_EPOCHS), folder / "work")


@pytest.fixture(scope="module")
def wider(tmp_path_factory: pytest.TempPathFactory) -> RenderedTree:
    """A version with one more class."""
    return _images_tree(tmp_path_factory.mktemp("wider"), "tree", ("pine", "thistle", "wattle"), 100)


@pytest.fixture(scope="module")
async def from_scratch(wider: RenderedTree, tmp_path_factory: pytest.TempPathFactory) -> list[ChildResult]:
    """One of each seed."""
    folder, spec = tmp_path_factory.mktemp("scratch"), train_spec(wider, _FEW_EPOCHS)
    return [await _trained(_seeded(spec, seed), folder / str(seed)) for seed in _SEEDS]


async def test_from_a_checkpoint_a_version_with_one_more_class_is_learnt_faster_than_from_scratch(
    learnt: ChildResult, wider: RenderedTree, from_scratch: list[ChildResult], tmp_path: Path
) -> None:
    assert learnt.weights is not None
    spec = train_spec(wider, _FEW_EPOCHS, weights=learnt.weights, weights_sha256=sha256_of(learnt.weights))
    spec = replace(spec, start=StartingWeights.CHECKPOINT)
    going_on = [await _trained(_seeded(spec, seed), tmp_path / str(seed)) for seed in _SEEDS]
    assert {result.classes for result in (*going_on, *from_scratch)} == {("pine", "thistle", "wattle")}
    reached = [result.metrics.map50 for result in going_on]
    before = [result.metrics.map50 for result in from_scratch]
    assert mean(reached) > mean(before) + 0.1, (reached, before)


async def test_the_same_version_seed_and_threads_make_the_same_weights(
    wider: RenderedTree, from_scratch: list[ChildResult], tmp_path: Path
) -> None:
    again = await _trained(_seeded(train_spec(wider, _FEW_EPOCHS), _SEEDS[0]), tmp_path / "again")
    assert _weights_hash(again) == _weights_hash(from_scratch[0])
    assert again.metrics == from_scratch[0].metrics
    assert _weights_hash(from_scratch[1]) != _weights_hash(from_scratch[0])


async def test_the_onnx_model_answers_without_torch(learnt: ChildResult) -> None:
    session = onnxruntime.InferenceSession(_onnx(learnt), providers=["CPUExecutionProvider"])
    picture = np.full((1, 3, 64, 64), 0.4, dtype=np.float32)
    (answer,) = session.run(None, {"images": picture})
    # Four numbers of a box and one for each class, at 8 x 8, 4 x 4 and 2 x 2 places.
    assert answer.shape == (1, 4 + len(CLASSES), 64 + 16 + 4)
    assert np.isfinite(answer).all()


async def test_what_ultralytics_starts_for_each_gpu_reports_and_measures_as_one_process_does(tmp_path: Path) -> None:
    """There is no second GPU here: the script that it would start once for each is started once, on the CPU."""
    spec = train_spec(_images_tree(tmp_path, "tree", CLASSES, 0), 2)
    run = tmp_path / "work"
    run.mkdir()
    (run / SPEC_NAME).write_text(spec_to_json(spec))
    (run / "reports").write_text("")
    environment = os.environ | contained_environment(run / "config", 2) | {RUN_VARIABLE: str(run)}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _LAUNCH],
        env=environment,
        cwd=run,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    reports = (run / "reports").read_text()
    assert [kind for kind in ("batch", "state", "epoch") if f'"kind": "{kind}"' in reports] == [
        "batch",
        "state",
        "epoch",
    ]
    assert '"images": 6' in (run / "measured.json").read_text()


_LAUNCH = """
import os, runpy, sys
from pathlib import Path
from workers.child.environment import contain_ultralytics, prepare_config
from workers.child.protocol import spec_from_json
run = Path.cwd()
prepare_config(run / "config")
contain_ultralytics(run, 2)
from ultralytics import YOLO
from ultralytics.utils.dist import generate_ddp_file
from workers.child.train import _arguments
from workers.child.trainer import Trainer
spec = spec_from_json((run / "spec.json").read_text())
model = YOLO("yolo11n.yaml")
launcher = Trainer(overrides={**model.overrides, "data": str(spec.data_yaml), **_arguments(spec, run, None)})
launcher.model = launcher.get_model(cfg=model.model.yaml)
launcher.callbacks.clear()
script = generate_ddp_file(launcher)
(run / "reports").write_text("")
runpy.run_path(script, run_name="__main__")
"""
