"""Pascal VOC, CreateML and CSV: the very files, and what is left out of them."""

from __future__ import annotations

import csv
import json
import tracemalloc
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from data_sets import CLASSES, TITLE, Entry, data_set, label, picture, write
from domain.models.imports import ExportFormat
from domain.models.version import Split
from rendering.formats import open_format
from rendering.labels import Label

BOX = label("wattle", 10.254, 0, 20, 30.5)


def _one(folder: Path, format_: ExportFormat, *labels: Label, classes: tuple[str, ...] = CLASSES) -> Path:
    root = folder / "set"
    write(root, format_, [Entry(Split.TRAIN, "a", picture(labels))], classes)
    return root


def test_voc_elements(tmp_path: Path) -> None:
    root = fromstring((_one(tmp_path, ExportFormat.PASCAL_VOC, BOX) / "train" / "a.xml").read_bytes())
    texts = {path: root.findtext(path) for path in ("folder", "filename", "path", "source/database", "segmented")}
    assert texts == {
        "folder": "train",
        "filename": "a.jpg",
        "path": "a.jpg",
        "source/database": TITLE,
        "segmented": "0",
    }
    assert [root.findtext(f"size/{side}") for side in ("width", "height", "depth")] == ["64", "48", "3"]
    (found,) = root.iterfind("object")
    assert [(part.tag, part.text) for part in found.iterfind("bndbox/*")] == [
        ("xmin", "10.25"),
        ("ymin", "0"),
        ("xmax", "30.25"),
        ("ymax", "30.5"),
    ]
    flags = ("pose", "truncated", "difficult", "occluded")
    assert [found.findtext(flag) for flag in flags] == ["Unspecified", "0", "0", "0"]


def test_voc_keeps_hundredths_in_a_huge_picture(tmp_path: Path) -> None:
    root = fromstring(
        (_one(tmp_path, ExportFormat.PASCAL_VOC, label("wattle", 12345.67, 1, 7, 7)) / "train" / "a.xml").read_bytes()
    )
    assert root.findtext("object/bndbox/xmin") == "12345.67"


def test_voc_holds_class_names_that_xml_cannot(tmp_path: Path) -> None:
    names = ("<!ENTITY x>&amp;]]>", "null\0and\uffff", "'\"")
    labels = [label(name, 1, 1, 9, 9) for name in names]
    root = _one(tmp_path, ExportFormat.PASCAL_VOC, *labels, classes=names)
    found = fromstring((root / "train" / "a.xml").read_bytes(), forbid_dtd=True)
    expected = ["<!ENTITY x>&amp;]]>", "null\ufffdand\ufffd", "'\""]
    assert [name.text for name in found.iterfind("object/name")] == expected


def test_createml_gives_the_centre(tmp_path: Path) -> None:
    root = _one(tmp_path, ExportFormat.CREATEML, BOX)
    assert json.loads((root / "train" / "_annotations.createml.json").read_bytes()) == [
        {
            "image": "a.jpg",
            "annotations": [{"label": "wattle", "coordinates": {"x": 20.25, "y": 15.25, "width": 20, "height": 30.5}}],
        }
    ]


def test_csv_has_votts_columns_and_class_names_as_they_are(tmp_path: Path) -> None:
    root = tmp_path / "set"
    entries = [
        Entry(Split.VAL, "bare", picture()),
        Entry(Split.VAL, "a", picture([BOX, label("=1+1", 1, 2, 3, 4)])),
    ]
    write(root, ExportFormat.CSV, entries)
    with (root / "valid" / "valid-export.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["image", "xmin", "ymin", "xmax", "ymax", "label"],
            ["bare.jpg", "", "", "", "", ""],
            ["a.jpg", "10.25", "0.0", "30.25", "30.5", "wattle"],
            ["a.jpg", "1.0", "2.0", "4.0", "6.0", "=1+1"],
        ]
    assert not (root / "train").exists()


@pytest.mark.parametrize("format_", [f for f in ExportFormat if not f.startswith("YOLO")])
def test_what_rounding_leaves_without_an_area_is_left_out_and_counted(tmp_path: Path, format_: ExportFormat) -> None:
    root = tmp_path / "set"
    slivers = [label("wattle", 3, 3, 0.004, 20), label("wattle", 3, 3, 20, 0.004)]
    data = write(root, format_, [Entry(Split.TRAIN, "a", picture([BOX, *slivers]))])
    assert data.left_out == {"LABELS_TOO_SMALL": 2}
    assert "1 objects" in (root / "README.dataset.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("format_", ExportFormat)
def test_equal_pictures_give_equal_bytes(tmp_path: Path, format_: ExportFormat) -> None:
    contents = []
    for name in ("one", "two"):
        write(tmp_path / name, format_, data_set())
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        contents.append({str(path.relative_to(tmp_path / name)): path.read_bytes() for path in files})
    assert contents[0] == contents[1]
    assert sum(name.endswith(".jpg") for name in contents[0]) == len(data_set())


@pytest.mark.parametrize("format_", ExportFormat)
def test_the_readme_tells_what_there_is(tmp_path: Path, format_: ExportFormat) -> None:
    write(tmp_path / "set", format_, data_set())
    text = (tmp_path / "set" / "README.dataset.txt").read_text(encoding="utf-8")
    assert text.startswith(f"{TITLE}\n")
    assert "7 pictures with 42 objects of 6 classes." in text
    assert "train: 3 pictures\nvalid: 2 pictures\ntest: 2 pictures\n" in text
    for number, name in enumerate(CLASSES):
        assert f"{number}  {name}\n" in text


@pytest.mark.parametrize("format_", [ExportFormat.COCO, ExportFormat.CREATEML, ExportFormat.CSV])
def test_memory_does_not_grow_with_the_labels(tmp_path: Path, format_: ExportFormat) -> None:
    crowded = picture([label("wattle", number, number, 3.25, 3.5) for number in range(40)])
    data = open_format(format_, CLASSES, TITLE, tmp_path)
    data.labels(Split.TRAIN, "first", crowded)
    tracemalloc.start()
    for number in range(1_000):
        data.labels(Split.TRAIN, f"{number}", crowded)
    files = [found for _, found in data.finish() if isinstance(found, Path)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(file.stat().st_size for file in files) > 1 << 20
    assert peak < 1 << 19
