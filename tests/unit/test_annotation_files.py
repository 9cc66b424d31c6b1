"""Annotation files of other tools say the same in every format, and what cannot be taken is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from annotation_files import Mark, Scene, coco, createml, csv_rows, data_yaml, parsed, pascal_voc, yolo_label, zipped
from domain.models.imports import ExportFormat
from domain.models.version import Split
from workers.importing.malformed import MalformedFileError
from workers.importing.parse import parse
from workers.importing.spool import ParsedFile, SpooledImage

TRIANGLE = ((20.0, 10.0), (60.0, 10.0), (20.0, 50.0))
SCENES = (
    Scene("field_1.jpg", marks=(Mark("thistle", (20, 10, 40, 40), TRIANGLE), Mark("dock", (100.5, 0, 99.5, 100)))),
    Scene("field_2.png", width=320, height=240, marks=(Mark("dock", (1, 2, 3, 4)),)),
    Scene("bare ground.jpg"),
)
LABELS = ("dock", "thistle")
RENAMED = "DJI_0001_JPG.rf.0123456789abcdef0123456789abcdef.jpg"


def _file(folder: Path, format_: ExportFormat) -> Path:
    """SCENES, the first two in train, the last in valid."""
    split = {"train": SCENES[:2], "valid": SCENES[2:]}
    if format_ is ExportFormat.PASCAL_VOC:
        entries = {f"{name}/{Path(s.name).stem}.xml": pascal_voc(s) for name, scenes in split.items() for s in scenes}
    elif format_ in (ExportFormat.YOLO, ExportFormat.YOLO_SEG):
        entries = {"data.yaml": data_yaml(LABELS), "README.dataset.txt": b"A sample."}
        for name, scenes in split.items():
            for scene in scenes:
                entries[f"{name}/images/{scene.name}"] = b"no picture"
                entries[f"{name}/labels/{Path(scene.name).stem}.txt"] = yolo_label(scene, LABELS)
    else:
        base, make = {
            ExportFormat.COCO: ("_annotations.coco.json", coco),
            ExportFormat.CREATEML: ("_annotations.createml.json", createml),
            ExportFormat.CSV: ("_annotations.csv", csv_rows),
        }[format_]
        entries = {f"{name}/{base}": make(scenes) for name, scenes in split.items()}
    return zipped(folder / "upload.zip", entries)


def _in_pixels(image: SpooledImage, scene: Scene) -> list[tuple[str, list[float], list[float]]]:
    """The label, the box and the polygon's coordinates of each object."""
    found = []
    for one in image.objects:
        across, down = (scene.width, scene.height) if one.normalized else (1, 1)
        box = [one.box.x * across, one.box.y * down, one.box.width * across, one.box.height * down]
        found.append((one.label, box, [part for x, y in one.polygon or () for part in (x * across, y * down)]))
    return found


@pytest.mark.parametrize("format_", ExportFormat)
def test_every_format_tells_the_same_scenes(tmp_path: Path, format_: ExportFormat) -> None:
    result, images, skips = parsed(_file(tmp_path, format_), format_)
    assert (result, skips) == (ParsedFile(images=3, objects=3, skipped=0), [])
    assert [Path(image.name).name for image in images] == [scene.name for scene in SCENES]
    assert [image.split for image in images] == [Split.TRAIN, Split.TRAIN, Split.VAL]
    has_polygons = format_ is not ExportFormat.CREATEML
    for image, scene in zip(images, SCENES, strict=True):
        for (label, box, polygon), mark in zip(_in_pixels(image, scene), scene.marks, strict=True):
            assert label == mark.label
            assert box == pytest.approx(mark.box)
            drawn = [part for point in mark.polygon or () for part in point] if has_polygons else []
            assert polygon == pytest.approx(drawn)


@pytest.mark.parametrize("format_", [ExportFormat.COCO, ExportFormat.CSV, ExportFormat.PASCAL_VOC])
def test_formats_that_hold_sizes_tell_them(tmp_path: Path, format_: ExportFormat) -> None:
    _, images, _ = parsed(_file(tmp_path, format_), format_)
    assert [(image.width, image.height) for image in images] == [(scene.width, scene.height) for scene in SCENES]


@pytest.mark.parametrize(
    ("format_", "content", "where"),
    [
        (ExportFormat.COCO, coco(SCENES), "annotations[0]"),
        (ExportFormat.CREATEML, createml(SCENES), "[0].annotations[0]"),
        (ExportFormat.CSV, csv_rows(SCENES), "line 2"),
        (ExportFormat.PASCAL_VOC, pascal_voc(SCENES[0]), "upload object[0]"),
    ],
)
def test_a_document_may_come_without_a_zip(tmp_path: Path, format_: ExportFormat, content: bytes, where: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    _, images, skips = parsed(path, format_)
    assert not skips
    assert (images[0].name, images[0].split, images[0].objects[0].where) == ("field_1.jpg", None, where)


@pytest.mark.parametrize("format_", [ExportFormat.COCO, ExportFormat.CREATEML, ExportFormat.CSV])
def test_a_byte_order_mark_does_no_harm(tmp_path: Path, format_: ExportFormat) -> None:
    make = {ExportFormat.COCO: coco, ExportFormat.CREATEML: createml, ExportFormat.CSV: csv_rows}[format_]
    path = tmp_path / "upload"
    path.write_bytes(b"\xef\xbb\xbf" + make(SCENES))
    assert parsed(path, format_)[0] == ParsedFile(3, 3, 0)


@pytest.mark.parametrize(
    ("label", "picture", "split"),
    [
        ("train/labels/a.txt", "train/images/a.jpg", Split.TRAIN),
        ("labels/val/a.txt", "images/val/a.jpg", Split.VAL),
        ("data/valid/labels/a.txt", "data/valid/images/a.jpg", Split.VAL),
        ("test/labels/deep/a.txt", "test/images/deep/a.jpg", Split.TEST),
        ("labels/a.txt", "images/a.jpg", None),
        ("a.txt", "a.jpg", None),
        ("north/labels/a.txt", "north/images/a.jpg", Split.TEST),
    ],
)
def test_yolo_labels_find_their_picture_and_split_in_any_layout(
    tmp_path: Path, label: str, picture: str, split: Split | None
) -> None:
    classes = "names: {0: dock}\ntrain: images/x\ntest:\n  - ../north/images\n"
    path = zipped(tmp_path / "a.zip", {"data.yaml": classes, label: "0 .5 .5 .1 .1", picture: "no picture"})
    _, images, skips = parsed(path, ExportFormat.YOLO)
    assert not skips
    assert [(image.name, image.split, len(image.objects)) for image in images] == [(picture, split, 1)]


def test_yolo_images_without_labels_and_labels_without_pictures_are_images(tmp_path: Path) -> None:
    entries: dict[str, bytes | str] = {
        "data.yaml": data_yaml(LABELS),
        "train/images/a.JPG": "",
        "train/labels/a.txt": "",
    }
    entries |= {"train/images/b.jpg": "", "train/labels/c.txt": "0 .5 .5 .1 .1\n\n1 .5 .5 .1 .1 .75\n"}
    _, images, _ = parsed(zipped(tmp_path / "a.zip", entries), ExportFormat.YOLO)
    assert {image.name: len(image.objects) for image in images} == {
        "train/images/a.JPG": 0,
        "train/images/b.jpg": 0,
        "train/images/c": 2,
    }
    assert [(one.label, one.confidence, one.where) for image in images for one in image.objects] == [
        ("dock", None, "train/labels/c.txt line 1"),
        ("thistle", 0.75, "train/labels/c.txt line 3"),
    ]


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ("names: [no, 1.0, on]", ["no", "1.0", "on"]),
        ("names:\n  0: a\n  2: c\n  1: b\n", ["a", "b", "c"]),
        ("names: &n [a, b, c]\nother: *n\nnc: 3", ["a", "b", "c"]),
    ],
)
def test_yolo_class_names_are_the_text_in_data_yaml(tmp_path: Path, classes: str, expected: list[str]) -> None:
    lines = "".join(f"{index} .5 .5 .1 .1\n" for index in range(3))
    _, images, _ = parsed(zipped(tmp_path / "a.zip", {"data.yaml": classes, "a.txt": lines}), ExportFormat.YOLO)
    assert [one.label for one in images[0].objects] == expected


def test_yolo_classes_may_stand_in_the_list_of_older_tools(tmp_path: Path) -> None:
    entries = {"obj.names": "dock\nthistle\n", "train.txt": "data/a.jpg", "obj_train_data/a.txt": "1 .5 .5 .1 .1"}
    _, images, _ = parsed(zipped(tmp_path / "a.zip", entries), ExportFormat.YOLO)
    assert [(image.name, [one.label for one in image.objects]) for image in images] == [
        ("obj_train_data/a", ["thistle"])
    ]


@pytest.mark.parametrize(
    ("format_", "entries"),
    [
        (ExportFormat.COCO, {"train/x.json": coco([Scene(RENAMED)])}),
        (ExportFormat.CREATEML, {"train/x.json": createml([Scene(RENAMED)])}),
        (ExportFormat.CSV, {"train/x.csv": csv_rows([Scene(RENAMED)])}),
        (ExportFormat.YOLO, {"data.yaml": data_yaml(LABELS), f"train/labels/{RENAMED[:-4]}.txt": b""}),
        (ExportFormat.YOLO, {"data.yaml": data_yaml(LABELS), f"train/images/{RENAMED}": b""}),
        (ExportFormat.PASCAL_VOC, {f"train/{RENAMED[:-4]}.xml": pascal_voc(Scene(RENAMED))}),
    ],
)
def test_the_name_before_roboflow_renamed_the_image_is_given_too(
    tmp_path: Path, format_: ExportFormat, entries: dict[str, bytes]
) -> None:
    _, images, _ = parsed(zipped(tmp_path / "a.zip", entries), format_)
    assert images[0].also[0] == "DJI_0001.JPG"


def test_coco_takes_sections_in_any_order_other_fields_and_the_name_that_roboflow_keeps(tmp_path: Path) -> None:
    content = {
        "annotations": [{"image_id": "i", "category_id": 7, "bbox": [1, 2, 3, 4], "score": 0.5, "attributes": {}}],
        "categories": [{"id": 7, "name": " dock "}],
        "licenses": [],
        "images": [{"id": "i", "file_name": "f\\a.jpg", "width": "x", "extra": {"name": "b/c.JPG"}}],
        "info": {"year": 2024},
    }
    path = tmp_path / "instances_val2017.json"
    path.write_text(json.dumps(content))
    _, (image,), _ = parsed(path, ExportFormat.COCO)
    assert (image.also, image.width, image.height, image.split) == (("b/c.JPG",), None, None, Split.VAL)
    assert (image.objects[0].label, image.objects[0].confidence) == ("dock", 0.5)


def test_coco_segmentations_of_several_parts_keep_the_largest_and_a_box_around_all(tmp_path: Path) -> None:
    parts = [[0, 0, 10, 0, 10, 10], [50, 50, 90, 50, 90, 90, 50, 90]]
    content = json.loads(coco(SCENES[:1]))
    content["annotations"] = [{"image_id": 0, "category_id": 0, "segmentation": parts}]
    path = tmp_path / "upload"
    path.write_text(json.dumps(content))
    _, (image,), _ = parsed(path, ExportFormat.COCO)
    box = image.objects[0].box
    assert (box.x, box.y, box.right, box.bottom) == (0, 0, 90, 90)
    assert image.objects[0].polygon == ((50, 50), (90, 50), (90, 90), (50, 90))


def test_coco_objects_beyond_the_window_of_the_reader_are_read_whole(tmp_path: Path) -> None:
    """Every place of an object at the window's end, and an object larger than a chunk."""
    rng = np.random.default_rng(0)
    marks = tuple(Mark("dock", (x, y, 1 / 3, 1e-3)) for x, y in rng.uniform(0, 99, (40_000, 2)).tolist())
    content = json.loads(coco([Scene("ä" * 20 + ".jpg", marks=marks)]))
    content["info"] = {"note": "ü" * 2_000_000}
    path = tmp_path / "upload"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1))
    _, (image,), skips = parsed(path, ExportFormat.COCO)
    assert not skips
    assert [(one.box.x, one.box.y) for one in image.objects] == [mark.box[:2] for mark in marks]


@pytest.mark.parametrize(
    ("format_", "content", "reason"),
    [
        (ExportFormat.COCO, b"", "the end of the file"),
        (ExportFormat.COCO, b"hello", "is no JSON"),
        (ExportFormat.COCO, b'"images"', "is no JSON"),
        (ExportFormat.COCO, b'{"images":[{"id":1}', "the end of the file"),
        (ExportFormat.COCO, b'{"images":[{"id":1,', "cut off"),
        (ExportFormat.COCO, b'{"images":[]}', "no “annotations”"),
        (ExportFormat.COCO, b'{"images":[],"annotations":[]}', "no “categories”"),
        (ExportFormat.COCO, b'{"images":{},"annotations":[],"categories":[]}', "“images” is no list"),
        (ExportFormat.COCO, b'{"images":[],"annotations":[],"categories":[]} x', "goes on after its end"),
        (ExportFormat.COCO, b"[]", "no “images”"),
        (ExportFormat.COCO, '{"info":"é"}'.encode("latin-1"), "no UTF-8"),
        (ExportFormat.CREATEML, b'{"image":"a.jpg"}', "no list of images"),
        (ExportFormat.CREATEML, b"<xml/>", "is no JSON"),
        (ExportFormat.CSV, b"", "no column “filename”"),
        (ExportFormat.CSV, b"filename,width,height,class,xmin,ymin,xmax\n", "no column “ymax”"),
        (ExportFormat.CSV, csv_rows([]).strip() + b',"a\n', "is no CSV"),
        (ExportFormat.CSV, "filename,é".encode("utf-16"), "no UTF-8"),
        (ExportFormat.PASCAL_VOC, b"<annotation>", "is no XML"),
        (ExportFormat.PASCAL_VOC, b"<annotations/>", "does not begin with <annotation>"),
        (ExportFormat.PASCAL_VOC, b"<?xml version='1.0' encoding='klingon'?><annotation/>", "XML"),
        (ExportFormat.YOLO, b"0 .5 .5 .1 .1", "is no zip file"),
    ],
)
def test_a_file_that_is_not_of_its_format_is_refused_with_the_reason(
    tmp_path: Path, format_: ExportFormat, content: bytes, reason: str
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    with pytest.raises(MalformedFileError, match=reason) as caught:
        parse(path, "fields.bin", format_, tmp_path / "spool")
    assert "fields.bin" in str(caught.value)


@pytest.mark.parametrize(
    ("format_", "entries", "reason"),
    [
        (ExportFormat.COCO, {"a.csv": "x"}, "no .json file"),
        (ExportFormat.COCO, {"good.json": coco(SCENES), "package.json": "{}"}, "package.json is no COCO file"),
        (ExportFormat.YOLO, {"labels/a.txt": "0 .5 .5 .1 .1"}, "no data.yaml"),
        (ExportFormat.YOLO, {"data.yaml": "nc: 2"}, "data.yaml has no “names”"),
        (ExportFormat.YOLO, {"data.yaml": "names: [a, b]\nnc: 3"}, "nc: 3, and names 2"),
        (ExportFormat.YOLO, {"data.yaml": "names: [a"}, "data.yaml is no YAML"),
        (ExportFormat.YOLO, {"data.yaml": "names: [a]", "other/data.yaml": "x", "dataset.yaml": "x"}, "keep one"),
        (ExportFormat.YOLO, {"data.yaml": "names: [a]", "labels/a.txt": b"\xff\xfe"}, "labels/a.txt is no UTF-8"),
    ],
)
def test_a_zip_that_is_not_of_its_format_is_refused_with_the_entry(
    tmp_path: Path, format_: ExportFormat, entries: dict[str, bytes | str], reason: str
) -> None:
    with pytest.raises(MalformedFileError, match=reason):
        parsed(zipped(tmp_path / "a.zip", entries), format_)
