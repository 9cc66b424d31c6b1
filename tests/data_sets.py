"""Labelled pictures, and data sets written of them in the formats of an export."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from domain.models.geometry import Box, Point
from domain.models.imports import ExportFormat
from domain.models.version import Split
from pictures import encoded, pixels
from rendering.formats import open_format
from rendering.formats.dataset_format import FOLDERS, DatasetFormat
from rendering.labels import Label
from rendering.picture import Picture

CLASSES = ("wattle", "=1+1", 'thorn "apple" & <b>', "a,b;c: #d", "Ж 🌿", "none")
TITLE = "North <block> & more, v3"


@dataclass(frozen=True)
class Entry:
    """A picture and its place in a data set."""

    split: Split
    stem: str
    picture: Picture

    @property
    def name(self) -> str:
        """What a reader knows it by."""
        return f"{FOLDERS[self.split]}/{self.stem}"


def label(class_name: str, *box: float, polygon: tuple[Point, ...] | None = None) -> Label:
    return Label(0, class_name, Box(*box), polygon)


def picture(labels: Iterable[Label] = (), width: int = 64, height: int = 48, seed: int = 0) -> Picture:
    jpeg = encoded(pixels(seed, width, height))
    return Picture(None, 0, width, height, tuple(labels), jpeg, hashlib.sha256(jpeg).hexdigest())


def field(seed: int, width: int = 200, height: int = 120) -> Picture:
    """A picture with an object of every class anywhere in it, some of them outlined, and one that fills it."""
    random = np.random.default_rng(seed)
    labels = [label(CLASSES[seed % len(CLASSES)], 0, 0, width, height)]
    for number, name in enumerate(CLASSES):
        left, right = sorted(random.uniform(0, width, 2))
        top, bottom = sorted(random.uniform(0, height, 2))
        box = float(left), float(top), float(right - left), float(bottom - top)
        middle = box[0] + box[2] / 2
        triangle = (middle, box[1]), (box[0] + box[2], box[1] + box[3]), (box[0], box[1] + box[3])
        labels.append(label(name, *box, polygon=triangle if number % 2 else None))
    return picture(labels, width, height, seed)


def data_set() -> list[Entry]:
    """Fields in every split, and a picture without objects."""
    entries = [Entry(split, f"field_{seed}", field(seed, 200 + seed, 120)) for seed, split in enumerate([*Split] * 2)]
    return [*entries, Entry(Split.TRAIN, "bare_t0-1_c2", picture())]


def write(
    root: Path, format_: ExportFormat, entries: Sequence[Entry], classes: Sequence[str] = CLASSES
) -> DatasetFormat:
    """Writes the files of a data set under `root`, which is made."""
    spool = root.with_name(f"{root.name}-spool")
    spool.mkdir()
    data = open_format(format_, classes, TITLE, spool)
    for entry in entries:
        _put(root / data.image_path(entry.split, entry.stem), entry.picture.jpeg)
        for name, content in data.labels(entry.split, entry.stem, entry.picture):
            _put(root / name, content)
    for name, found in data.finish():
        _put(root / name, found if isinstance(found, bytes) else found.read_bytes())
    return data


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)


def boxes(entries: Iterable[Entry]) -> dict[str, list[tuple[str, Box]]]:
    """What a reader ought to find."""
    return {entry.name: [(one.class_name, one.box) for one in entry.picture.labels] for entry in entries}


def assert_same_boxes(found: dict[str, list[tuple[str, Box]]], entries: Iterable[Entry], within: float) -> None:
    """Each picture has its labels in their order, every edge within so many pixels."""
    expected = boxes(entries)
    assert found.keys() == expected.keys()
    for name, own in expected.items():
        assert [class_name for class_name, _ in found[name]] == [class_name for class_name, _ in own], name
        for (_, box), (_, other) in zip(found[name], own, strict=True):
            edges = zip(_edges(box), _edges(other), strict=True)
            assert max(abs(one - two) for one, two in edges) <= within, (name, box, other)


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.right, box.bottom
