"""What the demo works on: images with their true boxes, generated or the user's own."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from cli.demo.box import Box
from cli.demo.ground import DRY_NOON, LUSH_EVENING, Conditions
from cli.demo.scenes import scene

# Fewer would leave a split of one of the two versions empty.
_FEWEST_IMAGES = 12
_FIRST_FIELDS = range(1000, 1020)
_MORE_FIELDS = range(2000, 2028)
_UNSEEN_FIELDS = ((9000, DRY_NOON), *((seed, LUSH_EVENING) for seed in range(9001, 9005)), (9005, DRY_NOON))


class DataError(Exception):
    """The user's images or annotations cannot be used: a sentence that says what to mend."""


@dataclass(frozen=True)
class LabelledImage:
    """An image file and the true boxes on it, in pixels of the image as it is shown (EXIF orientation applied)."""

    name: str
    boxes: tuple[Box, ...]
    source: bytes | Path

    @property
    def filename(self) -> str:
        """The name without the folders that the annotation file puts before it."""
        return PurePosixPath(self.name).name

    def read(self) -> bytes:
        return self.source.read_bytes() if isinstance(self.source, Path) else self.source

    @cached_property
    def sha256(self) -> str:
        """Of the file's bytes, hex."""
        return hashlib.sha256(self.read()).hexdigest()


@dataclass(frozen=True)
class Dataset:
    """The images of version 1, those that version 2 adds, and those that nobody trains on.

    `generated` tells the known fields, on which thresholds can be promised, from a user's own images.
    """

    first: list[LabelledImage]
    more: list[LabelledImage]
    unseen: list[LabelledImage]
    generated: bool


def generated_fields() -> Dataset:
    """Fields on dry soil at noon for version 1; on lush grass in the evening for version 2, which version 1 never saw.

    Every field has a seed of its own, so no two images of the three sets are alike.
    """
    return Dataset(
        first=[_field(seed, DRY_NOON) for seed in _FIRST_FIELDS],
        more=[_field(seed, LUSH_EVENING) for seed in _MORE_FIELDS],
        unseen=[_field(seed, conditions) for seed, conditions in _UNSEEN_FIELDS],
        generated=True,
    )


def _field(seed: int, conditions: Conditions) -> LabelledImage:
    view = scene(seed, conditions)
    return LabelledImage(f"field-{seed}.jpg", view.boxes, view.jpeg)


def own_images(folder: Path, annotations: Path) -> Dataset:
    """The user's annotated images: every sixth (six at most) held out for detection, the others halved by turns.

    `annotations` is JSON: images[{file}], annotations[{image, label, bbox: [x, y, width, height], polygon?}]. A `file`
    may have leading folders that `folder` lacks. Raises DataError.
    """
    try:
        listing = json.loads(annotations.read_text("utf-8"))
        boxes = _boxes_by_file(listing["annotations"])
        files = sorted(image["file"] for image in listing["images"] if image["file"] in boxes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{annotations} is not an annotation file as the README describes it: {error!r}") from error
    if len(files) < _FEWEST_IMAGES:
        raise DataError(f"{annotations} has {len(files)} annotated images; the demo needs at least {_FEWEST_IMAGES}.")
    images = [LabelledImage(file, tuple(boxes[file]), _locate(folder, file)) for file in files]
    unseen = images[5::6][:6]
    held_out = {image.name for image in unseen}
    learned = [image for image in images if image.name not in held_out]
    return Dataset(first=learned[::2], more=learned[1::2], unseen=unseen, generated=False)


def _boxes_by_file(annotations: list[dict[str, Any]]) -> dict[str, list[Box]]:
    boxes: dict[str, list[Box]] = defaultdict(list)
    for annotation in annotations:
        x, y, width, height = annotation["bbox"]
        corners = annotation.get("polygon")
        polygon = tuple((float(across), float(down)) for across, down in corners) if corners else None
        boxes[annotation["image"]].append(Box(annotation["label"], x, y, width, height, polygon=polygon))
    return boxes


def _locate(folder: Path, file: str) -> Path:
    parts = PurePosixPath(file).parts
    for skipped in range(len(parts)):
        path = folder.joinpath(*parts[skipped:])
        if path.is_file():
            return path
    raise DataError(f"{file} is named in the annotations, but {folder} has no such image.")
