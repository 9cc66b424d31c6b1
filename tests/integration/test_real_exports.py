"""Real aerial images, cut and copied, in every format: what independent readers find is what was rendered."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from adapters.local_store import LocalStore
from data_sets import Entry, assert_same_boxes
from domain.models.config import Augmentation, Preprocessing, Resize, ResizeMode, Tile, VersionConfig
from domain.models.geometry import Box
from domain.models.imports import ExportFormat
from domain.models.version import Split
from real_images import needs_real_images, stored_real_images
from renderers import renderer
from rendering.decode import decode
from rendering.naming import Stems
from rendering.order import order_of
from stored_images import StoredVersion, written_version
from workers.child.environment import contained_environment
from workers.dataset_archives import DatasetArchives
from workers.renderer import Renderer
from workers.sources import Sources

pytestmark = [needs_real_images, pytest.mark.filterwarnings("ignore")]
ROOT = Path(__file__).parents[2]
READERS = ROOT / ".venv-readers" / "bin" / "python"
CONFIG = VersionConfig(
    Preprocessing(tile=Tile(2, 2, overlap=0.1), resize=Resize(224, 160, ResizeMode.FIT_REFLECT)),
    Augmentation(multiplier=2, horizontal_flip=True, rotate90=True, rotation=15, shear=5, crop=0.2, brightness=0.1),
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A version of the real images, who renders it, and what that gives."""

    stored: StoredVersion
    rendering: Renderer
    store: LocalStore
    entries: list[Entry]
    folder: Path

    async def exported(self, format_: ExportFormat) -> Path:
        """The unpacked archive."""
        work, root = self.folder / f"{format_}-work", self.folder / format_
        work.mkdir()
        archives = DatasetArchives(self.store, self.rendering)
        archive = archives.archive(self.stored.version, self.stored.manifest, format_, work, lambda *_: None)
        data = b"".join([chunk async for chunk in archive.chunks()])
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            file.extractall(root)
        return root


async def rendered(store: LocalStore, rendering: Renderer, folder: Path) -> Rendered:
    stored = written_version(folder, await stored_real_images(store), CONFIG)
    classes = tuple(sorted({one.weed_type for image in stored.images for one in image.annotations}))
    stored = replace(stored, version=replace(stored.version, classes=classes))
    (folder / "sources").mkdir()
    orders = ((image, order_of(image, CONFIG)) for image in stored.images)
    entries, stems = list[Entry](), Stems()
    async with aclosing(rendering.rendered("team", orders, Sources(store, folder / "sources"))) as images:
        async for one in images:
            stem = stems.of(one.image)
            entries += [Entry(one.image.split, stem + picture.suffix, picture) for picture in one.pictures()]
    return Rendered(stored, rendering, store, entries, folder)


async def test_every_reader_finds_what_was_rendered(store: LocalStore, tmp_path: Path) -> None:
    async with renderer(tmp_path, 2) as rendering:
        made = await rendered(store, rendering, tmp_path)
        assert len(made.entries) == 4 * sum(2 if i.split is Split.TRAIN else 1 for i in made.stored.images)
        assert sum(len(entry.picture.labels) for entry in made.entries) > 1500
        for entry in made.entries:
            assert decode(entry.picture.jpeg, 1).shape == (entry.picture.height, entry.picture.width, 3)
        found = {format_: await made.exported(format_) for format_ in ExportFormat}
    _check_yolo(made, found[ExportFormat.YOLO], "detect", tmp_path / "detect")
    _check_yolo(made, found[ExportFormat.YOLO_SEG], "segment", tmp_path / "segment")
    _check_coco(made, found[ExportFormat.COCO])
    if READERS.exists():
        for format_ in (ExportFormat.PASCAL_VOC, ExportFormat.CREATEML, ExportFormat.CSV):
            _check_datumaro(made, found[format_], format_)
    else:
        assert os.environ.get("CI") != "true", "datumaro is not installed; `make readers` does it."


def _check_yolo(made: Rendered, root: Path, task: str, scratch: Path) -> None:
    scratch.mkdir()
    command = [
        sys.executable,
        str(ROOT / "tests" / "ultralytics_reader.py"),
        task,
        str(root / "data.yaml"),
        str(scratch),
    ]
    environment = {**os.environ, **contained_environment(scratch, 1), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    answer = json.loads(done.stdout)
    labels = {}
    for split, checked in answer["splits"].items():
        assert (checked["corrupt"], checked["missing"], checked["warnings"]) == (0, 0, []), split
        for stem, rows in checked["labels"].items():
            folder = {"train": "train", "val": "valid", "test": "test"}[split]
            labels[f"{folder}/{stem}"] = [(answer["names"][int(kind)], Box(*box)) for kind, *box in rows]
    # What is not a hundredth of a pixel large is no line there, nor is a line twice.
    assert sum(map(len, labels.values())) >= 0.99 * sum(len(entry.picture.labels) for entry in made.entries)
    whole = [e for e in made.entries if len(labels[e.name]) == len(e.picture.labels)]
    assert len(whole) >= 0.98 * len(made.entries)
    assert_same_boxes({entry.name: labels[entry.name] for entry in whole}, whole, 0.5)


def _check_coco(made: Rendered, root: Path) -> None:
    found = {}
    for split in ("train", "valid", "test"):
        coco = COCO(str(root / split / "_annotations.coco.json"))
        names = {one["id"]: one["name"] for one in coco.dataset["categories"]}
        for image in coco.dataset["images"]:
            rows = [(names[a["category_id"]], Box(*a["bbox"])) for a in coco.imgToAnns[image["id"]]]
            found[f"{split}/{Path(image['file_name']).stem}"] = rows
            assert all(coco.annToMask(a).sum() > 0 or np.prod(a["bbox"][2:]) < 4 for a in coco.imgToAnns[image["id"]])
    assert_same_boxes(found, made.entries, 0.5)


def _check_datumaro(made: Rendered, root: Path, format_: ExportFormat) -> None:
    command = [str(READERS), str(ROOT / "tests" / "datumaro_reader.py"), format_.value, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert_same_boxes({n: [(c, Box(*box)) for c, *box in rows] for n, rows in answer.items()}, made.entries, 0.5)
