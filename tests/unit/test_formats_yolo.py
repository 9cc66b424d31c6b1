"""YOLO label files: what a line says, what is left out, and Ultralytics' own checker on all of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_sets import CLASSES, Entry, assert_same_boxes, data_set, field, label, picture, write
from domain.models.geometry import Box
from domain.models.imports import ExportFormat
from domain.models.version import Split
from rendering.formats import open_format
from rendering.formats.dataset_format import FOLDERS
from rendering.formats.yolo import data_yaml
from rendering.labels import Label
from workers.child.environment import contained_environment

ROOT = Path(__file__).parents[2]
KEYS = {"train": Split.TRAIN, "val": Split.VAL, "test": Split.TEST}


def _ultralytics(folder: Path, task: str, data: Path) -> dict[str, Any]:
    scratch = folder / "config"
    arguments = [sys.executable, str(ROOT / "tests" / "ultralytics_reader.py"), task, str(data), str(scratch)]
    environment = os.environ | contained_environment(scratch, 1) | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _lines(folder: Path, format_: ExportFormat, *labels: Label, size: tuple[int, int] = (64, 48)) -> list[str]:
    data = open_format(format_, CLASSES, "", folder)
    ((name, content),) = data.labels(Split.VAL, "a", picture(labels, *size))
    assert name == "valid/labels/a.txt"
    return content.decode().splitlines()


def _with_hard_ones() -> list[Entry]:
    """Beside fields: labels that are equal, that print equal, that are too small, and at the very edges."""
    hard = [
        label("wattle", 10, 10, 8, 8),
        label("wattle", 10, 10, 8, 8),
        label("wattle", 10.0000001, 10, 8, 8),
        label("=1+1", 10, 10, 8, 8),
        label("none", 63.99999, 47.99999, 0.00001, 0.00001),
        label("none", -1e-12, 0, 64.0000001, 48),
        label("none", 60.1, 40.3, 3.9, 7.7),
    ]
    return [*data_set(), Entry(Split.TRAIN, "hard", picture(hard))]


@pytest.mark.parametrize(("format_", "task"), [(ExportFormat.YOLO, "detect"), (ExportFormat.YOLO_SEG, "segment")])
def test_ultralytics_finds_no_fault(tmp_path: Path, format_: ExportFormat, task: str) -> None:
    root = tmp_path / "set"
    entries = _with_hard_ones()
    data = write(root, format_, entries)
    assert data.left_out == {"LABELS_REPEATED": 2, "LABELS_TOO_SMALL": 1}
    answer = _ultralytics(tmp_path, task, root / "data.yaml")
    assert answer["names"] == list(CLASSES)
    found = {}
    for key, split in KEYS.items():
        checked = answer["splits"][key]
        own = [entry for entry in entries if entry.split is split]
        bare = sum(not entry.picture.labels for entry in own)
        counts = {"found": len(own), "missing": 0, "empty": bare, "corrupt": 0, "warnings": []}
        assert {name: checked[name] for name in counts} == counts
        for stem, rows in checked["labels"].items():
            found[f"{FOLDERS[split]}/{stem}"] = [(CLASSES[int(kind)], Box(*box)) for kind, *box in rows]
    hard = found.pop("train/hard")
    assert [name for name, _ in hard] == ["wattle", "=1+1", "none", "none"]
    assert_same_boxes(found, [entry for entry in entries if entry.stem != "hard"], 0.01)


def test_a_line_is_the_class_with_centre_and_size_as_shares(tmp_path: Path) -> None:
    lines = _lines(tmp_path, ExportFormat.YOLO, label("=1+1", 16, 12, 32, 6), label("wattle", 0, 0, 64, 48))
    assert lines == ["1 0.500000 0.312500 0.500000 0.125000", "0 0.500000 0.500000 1.000000 1.000000"]


def test_an_outline_is_all_its_points_and_a_box_its_corners(tmp_path: Path) -> None:
    triangle = (16.0, 12.0), (48.0, 12.0), (16.0, 24.0)
    lines = _lines(
        tmp_path, ExportFormat.YOLO_SEG, label("wattle", 16, 12, 32, 12, polygon=triangle), label("none", 0, 0, 64, 24)
    )
    assert lines == [
        "0 0.250000 0.250000 0.750000 0.250000 0.250000 0.500000",
        "5 0.000000 0.000000 1.000000 0.000000 1.000000 0.500000 0.000000 0.500000",
    ]


@pytest.mark.parametrize("format_", [ExportFormat.YOLO, ExportFormat.YOLO_SEG])
def test_no_value_leaves_the_picture(tmp_path: Path, format_: ExportFormat) -> None:
    around = label("wattle", -0.5, -0.5, 65, 49, polygon=((-0.5, -0.5), (64.5, -0.5), (64.5, 48.5)))
    (line,) = _lines(tmp_path, format_, around)
    values = line.split()[1:]
    assert all(0 <= float(value) <= 1 and not value.startswith("-") for value in values)


def test_a_picture_without_objects_has_an_empty_file(tmp_path: Path) -> None:
    assert _lines(tmp_path, ExportFormat.YOLO) == []


def test_a_label_of_no_class_of_the_data_set_is_no_line(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="thistle"):
        _lines(tmp_path, ExportFormat.YOLO, label("thistle", 1, 1, 9, 9))


@pytest.mark.parametrize(
    ("used", "train", "val", "test"),
    [
        ({Split.TRAIN, Split.VAL, Split.TEST}, "train", "valid", "test"),
        ({Split.TRAIN}, "train", "train", None),
        ({Split.TRAIN, Split.TEST}, "train", "train", "test"),
        ({Split.VAL}, "valid", "valid", None),
        ({Split.TEST}, "test", "test", "test"),
        (set(), "train", "train", None),
    ],
)
def test_train_and_val_are_named_whatever_splits_there_are(
    tmp_path: Path, used: set[Split], train: str, val: str, test: str | None
) -> None:
    root = tmp_path / "set"
    write(root, ExportFormat.YOLO, [Entry(split, "a", field(0)) for split in sorted(used)])
    content = yaml.safe_load((root / "data.yaml").read_text(encoding="ascii"))
    assert content["train"] == f"{train}/images"
    assert content["val"] == f"{val}/images"
    assert content.get("test") == (f"{test}/images" if test else None)
    assert content["nc"] == len(CLASSES)
    assert content["names"] == list(CLASSES)


def test_no_class_name_breaks_the_yaml() -> None:
    names = [
        "no",
        "1.0",
        "~",
        "- a: b",
        "#",
        'q"',
        "back\\slash",
        "\\U0001f33f",
        "\u2028",
        "\x85",
        "Ж",
        "🌿",
        "{x}",
        "'",
    ]
    assert yaml.safe_load(data_yaml(names, {Split.TRAIN}, Split.TRAIN))["names"] == names
