"""What is rendered anew for a next version, and what is not."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import orjson

from domain.models.config import Augmentation, AugmentationPreset, ClassRename, Preprocessing, Resize, Tile
from domain.models.config import VersionConfig as Config
from domain.models.geometry import Box
from domain.models.version import Split
from marked_images import marked_image
from rendering.order import Order, order_of

BOXES = [Box(10, 10, 30, 20), Box(100, 50, 40, 40)]
PLAIN = Config(Preprocessing(tile=Tile(2, 2)), Augmentation(multiplier=3, horizontal_flip=True, rotation=10))


def keys(order: Order, fingerprint: str = "f") -> list[str]:
    return [order.key(copy, fingerprint) for copy in range(3)]


def test_what_changes_no_picture_changes_no_key(tmp_path: Path) -> None:
    image, _ = marked_image(tmp_path, BOXES)
    order = order_of(image, PLAIN)
    assert len(set(keys(order))) == 3
    same = [
        order_of(replace(image, asset_id="other", filename="other.jpg", s3_key="k", group="g"), PLAIN),
        order_of(image, replace(PLAIN, augmentation=replace(PLAIN.augmentation, multiplier=7))),
        order_of(image, replace(PLAIN, augmentation=replace(PLAIN.augmentation, preset=AugmentationPreset.LIGHT))),
        order_of(image, replace(PLAIN, preprocessing=replace(PLAIN.preprocessing, drop_classes=("elsewhere",)))),
        order_of(
            replace(image, annotations=tuple(replace(a, id="x", weed_type="Pine") for a in image.annotations)),
            replace(PLAIN, preprocessing=replace(PLAIN.preprocessing, class_remap=(ClassRename("Pine", "pine"),))),
        ),
    ]
    assert all(keys(one) == keys(order) for one in same)
    # An image that moved out of training is the same picture there.
    assert order_of(replace(image, split=Split.VAL), PLAIN).key(0, "f") == order.key(0, "f")


def test_what_changes_a_picture_changes_its_key(tmp_path: Path) -> None:
    image, _ = marked_image(tmp_path, BOXES)
    order = order_of(image, PLAIN)
    moved = replace(image.annotations[0], box=Box(11, 10, 30, 20))
    others = [
        order_of(replace(image, sha256="ab" * 32), PLAIN),
        order_of(replace(image, orientation=6), PLAIN),
        order_of(replace(image, annotations=(moved, image.annotations[1])), PLAIN),
        order_of(replace(image, annotations=image.annotations[:1]), PLAIN),
        order_of(image, replace(PLAIN, preprocessing=replace(PLAIN.preprocessing, resize=Resize(64, 64)))),
        order_of(image, replace(PLAIN, preprocessing=replace(PLAIN.preprocessing, grayscale=True))),
        order_of(image, PLAIN, tiles=(0, 2)),
    ]
    assert all(set(keys(one)).isdisjoint(keys(order)) for one in others)
    assert set(keys(order, "another renderer")).isdisjoint(keys(order))
    # Another augmentation makes other copies of the same picture.
    turned = order_of(image, replace(PLAIN, augmentation=replace(PLAIN.augmentation, rotation=11)))
    assert keys(turned)[0] == keys(order)[0]
    assert set(keys(turned)[1:]).isdisjoint(keys(order))


def test_an_order_survives_its_way_to_another_process(tmp_path: Path) -> None:
    outline = ((10.0, 10.0), (40.0, 10.0), (25.0, 30.0))
    image, _ = marked_image(tmp_path, BOXES, polygons=[outline])
    order = order_of(image, PLAIN, tiles=(1, 3))
    assert Order.from_json(orjson.loads(orjson.dumps(order.to_json()))) == order


def test_copies_are_of_training_images_alone_and_annotations_that_go_are_counted(tmp_path: Path) -> None:
    image, _ = marked_image(tmp_path, BOXES, split=Split.TEST)
    odd = replace(image.annotations[0], weed_type="shadow")
    outside = replace(image.annotations[0], box=Box(500, 500, 5, 5))
    config = replace(PLAIN, preprocessing=replace(PLAIN.preprocessing, drop_classes=("shadow",)))
    order = order_of(replace(image, annotations=(odd, outside, *image.annotations)), config)
    assert order.copies == 1
    assert len(order.labels) == 2
    assert order.left_out == {"LABELS_OF_DROPPED_CLASSES": 1, "LABELS_WITHOUT_AREA": 1}


_FINGERPRINT_AND_BYTES = """
import numpy as np
from domain.augmentation import Draw
from rendering.augmenting import augmented
from rendering.fingerprint import fingerprint
pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
print(fingerprint())
print(augmented(pixels, Draw(degrees=7.3)).tobytes().hex())
"""


def test_a_processor_that_computes_otherwise_has_another_fingerprint() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", _FINGERPRINT_AND_BYTES],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENCV_CPU_DISABLE": without},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for without in ("", "AVX2,AVX512-SKX")
    ]
    (one, pixels), (other, other_pixels) = outputs
    assert one != other or pixels == other_pixels
