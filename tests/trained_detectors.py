"""Real detectors of generated plants, trained within seconds, as files and as the GPU host is told of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from domain.ids import new_id
from domain.models.config import Preprocessing, Resize, ResizeMode, Tile, VersionConfig
from domain.models.detection import ServedModel
from domain.models.model import ModelFile
from domain.models.training import BaseModel, StartingWeights, TrainingConfig
from domain.models.version import Split
from domain.ports import ObjectStore
from domain.recipe import effective_arguments
from domain.serving import ONNX_NAME
from plant_scenes import CLASSES, frozen_scene
from rendered_trees import render_tree
from tiny_trainings import unheard
from workers.child.protocol import TrainSpec
from workers.child_process import run_child

IMAGE_SIZE = 160
WHOLE = Preprocessing(resize=Resize(IMAGE_SIZE, IMAGE_SIZE, ResizeMode.FIT_WITHIN))
TILED = replace(WHOLE, tile=Tile(4, 4))
TEAM = "team"


@dataclass(frozen=True, slots=True)
class Detector:
    """`onnx` is the same network as `weights`; each comes with its SHA-256 (hex) as of when it was written."""

    weights: Path
    weights_sha256: str
    onnx: Path
    onnx_sha256: str
    preprocessing: Preprocessing

    async def stored(self, store: ObjectStore) -> ServedModel:
        """The detector as a model of its own, its files in the store as they are now."""
        id_ = new_id()
        keys = f"teams/{TEAM}/models/{id_}.pt", f"teams/{TEAM}/models/{id_}.onnx"
        for key, path in zip(keys, (self.weights, self.onnx), strict=True):
            await store.put(key, path.read_bytes(), "application/octet-stream")
        onnx = ModelFile(ONNX_NAME, keys[1], self.onnx_sha256, self.onnx.stat().st_size, "application/octet-stream")
        return ServedModel(id_, TEAM, keys[0], self.weights_sha256, onnx, CLASSES, self.preprocessing, IMAGE_SIZE)


async def train_detector(folder: Path, preprocessing: Preprocessing, epochs: int) -> Detector:
    """Trains on two photographs, put through `preprocessing`; a third one says which epoch was the best."""
    (folder / "scenes").mkdir(parents=True)
    splits = (Split.TRAIN, Split.TRAIN, Split.VAL)
    images = [frozen_scene(folder / "scenes", seed, split) for seed, split in enumerate(splits)]
    version = VersionConfig(preprocessing)
    kinds = {Split.TRAIN, Split.VAL}
    tree = render_tree(folder / "tree", images, lambda one: folder / "scenes" / one.s3_key, version, CLASSES, kinds)
    config = TrainingConfig(BaseModel.YOLO11N, epochs=epochs, batch_size=2, image_size=IMAGE_SIZE)
    arguments = effective_arguments(config, tree.splits[Split.TRAIN].images)
    spec = TrainSpec(tree.data_yaml, "yolo11n", StartingWeights.SCRATCH, arguments, threads=2)
    result = await run_child(spec, folder / "work", unheard)
    assert result.weights
    (onnx,) = (file.path for file in result.files if file.name == ONNX_NAME)
    return Detector(result.weights, _sha256(result.weights), onnx, _sha256(onnx), preprocessing)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
