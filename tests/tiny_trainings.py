"""Tiny sets of generated fields, rendered for the training child: 64 × 64 tiles with two coloured blocks each."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from domain.models.annotation import AnnotationSource
from domain.models.config import Augmentation, Preprocessing, Resize, Tile, VersionConfig
from domain.models.geometry import Box
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.training import BaseModel, StartingWeights, TrainingConfig
from domain.models.version import Split
from domain.recipe import effective_arguments
from rendered_trees import render_tree
from rendering.tree import RenderedTree
from workers.child.protocol import Report, TrainSpec

EPOCHS = 3
CLASSES = ("pine", "wattle")
VERSION = VersionConfig(
    preprocessing=Preprocessing(tile=Tile(1, 2), resize=Resize(64, 64)),
    augmentation=Augmentation(multiplier=2, horizontal_flip=True),
)
COLOURS = {"pine": (30, 140, 40), "wattle": (230, 210, 40), "thistle": (190, 60, 200)}


def tiny_field(folder: Path, number: int, split: Split, kinds: tuple[str, ...] = CLASSES) -> FrozenImage:
    """A 128 × 64 field with two coloured blocks in either half."""
    random = np.random.default_rng(number)
    pixels = random.integers(90, 130, (64, 128, 3), dtype=np.uint8)
    annotations = []
    for index, left in enumerate((0, 32, 64, 96)):
        kind = kinds[index % len(kinds)]
        x, y = left + random.integers(2, 12), random.integers(2, 44)
        pixels[y : y + 18, x : x + 18] = COLOURS[kind]
        box = Box(float(x), float(y), 18, 18)
        annotations.append(FrozenAnnotation(f"{number}-{index}", kind, box, None, None, AnnotationSource.MANUAL, True))
    path = folder / f"{number}.png"
    Image.fromarray(pixels).save(path)
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    return FrozenImage(
        path.name, path.name, path.name, sha256, len(data), 128, 64, 1, None, None, "g", split, tuple(annotations)
    )


def tiny_tree(
    folder: Path, images: list[FrozenImage], classes: tuple[str, ...], splits: set[Split], name: str
) -> RenderedTree:
    return render_tree(folder / name, images, lambda image: folder / image.s3_key, VERSION, classes, splits)


def train_spec(tree: RenderedTree, epochs: int = EPOCHS, **changes: Any) -> TrainSpec:
    config = TrainingConfig(BaseModel.YOLO11N, epochs=epochs, batch_size=4, image_size=64)
    arguments = effective_arguments(config, tree.splits[Split.TRAIN].images)
    return TrainSpec(tree.data_yaml, "yolo11n", StartingWeights.SCRATCH, arguments, threads=1, **changes)


async def unheard(report: Report) -> None:
    """Nobody listens."""
