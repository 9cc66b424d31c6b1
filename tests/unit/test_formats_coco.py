"""COCO files, read by pycocotools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pycocotools import mask
from pycocotools.coco import COCO

from data_sets import CLASSES, Entry, assert_same_boxes, data_set, label, picture, write
from domain.models.geometry import Box
from domain.models.imports import ExportFormat
from domain.models.version import Split
from rendering.formats.dataset_format import FOLDERS

FILE = "_annotations.coco.json"


def _read(path: Path) -> Any:
    return COCO(str(path))


def test_pycocotools_reads_the_same_boxes(tmp_path: Path) -> None:
    root = tmp_path / "set"
    entries = data_set()
    write(root, ExportFormat.COCO, entries)
    found: dict[str, list[tuple[str, Box]]] = {}
    for folder in FOLDERS.values():
        coco = _read(root / folder / FILE)
        names = {category["id"]: category["name"] for category in coco.dataset["categories"]}
        assert list(names.values()) == list(CLASSES)
        for image in coco.dataset["images"]:
            assert (root / folder / image["file_name"]).is_file()
            own = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
            stem = image["file_name"].removesuffix(".jpg")
            found[f"{folder}/{stem}"] = [(names[one["category_id"]], Box(*one["bbox"])) for one in own]
    assert_same_boxes(found, entries, 0.02)


def test_masks_cover_the_outline_or_the_box(tmp_path: Path) -> None:
    triangle = (10.0, 10.0), (50.0, 10.0), (10.0, 40.0)
    labels = [label("wattle", 10, 10, 40, 30, polygon=triangle), label("none", 4, 6, 20, 30)]
    root = tmp_path / "set"
    write(root, ExportFormat.COCO, [Entry(Split.TEST, "a", picture(labels))])
    coco = _read(root / "test" / FILE)
    outlined, boxed = coco.loadAnns([1, 2])
    assert (outlined["area"], boxed["area"]) == (600, 600)
    assert (outlined["iscrowd"], boxed["iscrowd"]) == (0, 0)
    outline, box = (coco.annToRLE(one) for one in (outlined, boxed))
    assert (outline["size"], box["size"]) == ([48, 64], [48, 64])
    assert mask.area(outline) == pytest.approx(600, rel=0.05)
    assert mask.area(box) == 600
    assert mask.toBbox(box).tolist() == [4, 6, 20, 30]


def test_numbers_are_unique_in_a_file_and_categories_begin_with_1(tmp_path: Path) -> None:
    root = tmp_path / "set"
    write(root, ExportFormat.COCO, data_set())
    for folder in FOLDERS.values():
        content = _read(root / folder / FILE).dataset
        for section in ("images", "annotations", "categories"):
            numbers = [one["id"] for one in content[section]]
            assert numbers == list(range(1, len(numbers) + 1))
        assert {one["image_id"] for one in content["annotations"]} <= {one["id"] for one in content["images"]}


def test_a_split_without_objects_has_lists_and_one_without_pictures_no_file(tmp_path: Path) -> None:
    root = tmp_path / "set"
    write(root, ExportFormat.COCO, [Entry(Split.VAL, "bare", picture())])
    content = _read(root / "valid" / FILE).dataset
    assert content["annotations"] == []
    assert len(content["images"]) == 1
    assert not (root / "train").exists()
