"""Generated photographs of 4000 × 2250 pixels with small plants on them, each a coloured disc, and where they are."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from domain.models.annotation import AnnotationSource
from domain.models.geometry import Box
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Split
from rendering.pixels import Pixels

WIDTH, HEIGHT = 4000, 2250
CLASSES = ("pine", "wattle")
_COLOURS = {"pine": (20, 90, 220), "wattle": (240, 220, 30)}
_SIDES = (64, 96)


@dataclass(frozen=True, slots=True)
class Plant:
    """`box` is in pixels of its photograph."""

    kind: str
    box: Box


def ground(seed: int) -> Pixels:
    """A field without plants: soil in patches, and the grain of a camera."""
    random = np.random.default_rng(seed)
    patches = random.integers(70, 150, (HEIGHT // 125, WIDTH // 125, 3), dtype=np.uint8)
    field = cv2.resize(patches, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    grain = random.integers(0, 24, (HEIGHT, WIDTH, 1), dtype=np.uint8)
    ground: Pixels = field + grain
    return ground


def planted(field: Pixels, seed: int, count: int) -> tuple[Pixels, list[Plant]]:
    """The field with so many plants, none of which touches another."""
    random = np.random.default_rng(seed)
    plants: list[Plant] = []
    while len(plants) < count:
        side = int(random.integers(*_SIDES))
        x, y = int(random.integers(0, WIDTH - side)), int(random.integers(0, HEIGHT - side))
        wide = Box(x - 20, y - 20, side + 40, side + 40)
        if all(wide.iou(plant.box) == 0 for plant in plants):
            plants.append(Plant(CLASSES[len(plants) % 2], Box(float(x), float(y), float(side), float(side))))
    return drawn(field, plants), plants


def drawn(field: Pixels, plants: list[Plant]) -> Pixels:
    """The field with those plants."""
    picture = field.copy()
    for plant in plants:
        box, radius = plant.box, plant.box.width / 2
        centre = round(box.x + radius), round(box.y + radius)
        cv2.circle(picture, centre, round(radius), _COLOURS[plant.kind], -1, cv2.LINE_AA)
    return picture


def as_jpeg(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92)
    return file.getvalue()


def frozen_scene(folder: Path, seed: int, split: Split, count: int = 130) -> FrozenImage:
    """A photograph in `folder`, as a version freezes it; its key is its file's name there."""
    pixels, plants = planted(ground(seed), seed, count)
    path = folder / f"scene-{seed}.jpg"
    data = as_jpeg(pixels)
    path.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    annotations = tuple(
        FrozenAnnotation(f"{seed}-{number}", one.kind, one.box, None, None, AnnotationSource.MANUAL, True)
        for number, one in enumerate(plants)
    )
    facts = (path.name, path.name, path.name, sha256, len(data), WIDTH, HEIGHT, 1, None, None, sha256)
    return FrozenImage(*facts, split, annotations)
