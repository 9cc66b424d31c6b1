"""Which format a file of annotations has, and the README's listing as COCO."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import annotation_files
from annotation_files import Mark, Scene
from cli.annotation_file import AnnotationFileError, AnnotationFormat, annotation_file, recognised
from pictures import real_data

SCENES = [Scene("a.jpg", marks=(Mark("wattle", (10, 20, 30, 40)),)), Scene("b.jpg")]
LISTING = {
    "images": [{"file": "field/b.jpg", "width": 200, "height": 100}, {"file": "field/a.jpg"}],
    "annotations": [
        {"image": "field/a.jpg", "label": "wattle", "bbox": [10, 20, 64, 48]},
        {"image": "field/b.jpg", "label": "lantana", "bbox": [1, 2, 3, 4], "polygon": [[1, 2], [4, 2], [4, 6]]},
        {"image": "field/gone.jpg", "label": "wattle", "bbox": [1, 2, 3, 4]},
        {"image": "field/a.jpg", "bbox": "none"},
    ],
}


def zipped(path: Path, *names: str, content: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["data.yaml", "train/images/a.jpg", "train/labels/a.txt"], AnnotationFormat.YOLO),
        (["set/data.yaml", "set/train.txt"], AnnotationFormat.YOLO),
        (["labels/a.txt"], AnnotationFormat.YOLO),
        (["Labels/A.TXT"], AnnotationFormat.YOLO),
        (["Annotations/a.xml", "JPEGImages/a.jpg", "readme.txt"], AnnotationFormat.PASCAL_VOC),
        (["train/_annotations.csv"], AnnotationFormat.CSV),
    ],
)
def test_zips_are_known_by_the_names_in_them(tmp_path: Path, names: list[str], expected: AnnotationFormat) -> None:
    assert recognised(zipped(tmp_path / "any.zip", *names)) is expected


def test_a_zip_of_json_is_known_by_the_json(tmp_path: Path) -> None:
    coco = annotation_files.coco(SCENES).decode()
    assert recognised(zipped(tmp_path / "a.zip", "train/_annotations.coco.json", content=coco)) is AnnotationFormat.COCO


def test_documents_are_known_by_their_content_whatever_their_name(tmp_path: Path) -> None:
    contents = {
        AnnotationFormat.COCO: annotation_files.coco(SCENES),
        AnnotationFormat.CREATEML: json.dumps([{"image": "a.jpg", "annotations": []}]).encode(),
        AnnotationFormat.PASCAL_VOC: b"\xef\xbb\xbf\n<annotation><filename>a.jpg</filename></annotation>",
        AnnotationFormat.LISTING: b"  " + json.dumps(LISTING).encode(),
    }
    for format_, content in contents.items():
        (path := tmp_path / "export.txt").write_bytes(content)
        assert recognised(path) is format_


def test_csv_is_known_by_its_name(tmp_path: Path) -> None:
    (path := tmp_path / "boxes.CSV").write_text("filename,width,height,class,xmin,ymin,xmax,ymax\n")
    assert recognised(path) is AnnotationFormat.CSV


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"wattle 0.5 0.5 0.1 0.1",
        b"[]",
        b"[1, 2]",
        b"{}",
        b'{"images": [], "annotations": 3}',
        b'{"images": [{"name": "a.jpg"}], "annotations": []}',
        b"\x89PNG\r\n",
    ],
)
def test_what_is_not_recognised_is_answered_with_the_formats_there_are(tmp_path: Path, content: bytes) -> None:
    (path := tmp_path / "boxes.txt").write_bytes(content)
    with pytest.raises(AnnotationFileError) as refused:
        recognised(path)
    for word in ("YOLO", "VOC", "COCO", "CreateML", "csv", "--format"):
        assert word in str(refused.value)


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b'{"a": "\xff"}', b"PK\x03\x04 and no more"])
def test_a_broken_file_is_answered_with_what_is_wrong(tmp_path: Path, content: bytes) -> None:
    (path := tmp_path / "broken.json").write_bytes(content)
    with pytest.raises(AnnotationFileError, match="is no"):
        recognised(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(AnnotationFileError, match=r"boxes\.json cannot be read"),
        annotation_file(tmp_path / "boxes.json", None),
    ):
        pass


def test_a_chosen_format_is_not_second_guessed(tmp_path: Path) -> None:
    (path := tmp_path / "boxes.json").write_bytes(annotation_files.coco(SCENES))
    with annotation_file(path, AnnotationFormat.YOLO_SEG) as chosen:
        assert (chosen.format, chosen.file.source, chosen.file.name) == (AnnotationFormat.YOLO_SEG, path, "boxes.json")


def test_another_document_is_no_listing(tmp_path: Path) -> None:
    (path := tmp_path / "boxes.json").write_text("[]")
    with (
        pytest.raises(AnnotationFileError, match="no listing as the README describes"),
        annotation_file(path, AnnotationFormat.LISTING),
    ):
        pass


def sent_for(path: Path) -> Any:
    """The COCO document that a listing is sent as."""
    with annotation_file(path, None) as sent:
        assert sent.format is AnnotationFormat.COCO
        assert sent.file.name == f"{path.stem}.json"
        assert isinstance(sent.file.source, Path)
        return json.loads(sent.file.source.read_bytes())


def test_a_listing_is_sent_as_coco_with_everything_in_its_place(tmp_path: Path) -> None:
    (path := tmp_path / "listing.json").write_text(json.dumps(LISTING))
    coco = sent_for(path)
    names = {image["id"]: image["file_name"] for image in coco["images"]}
    labels = {category["id"]: category["name"] for category in coco["categories"]}
    assert sorted(labels.values()) == ["lantana", "wattle"]
    assert [(image["width"], image["height"]) for image in coco["images"]] == [(200, 100), (None, None)]
    first, second, unlisted, broken = coco["annotations"]
    assert names[first["image_id"]] == "field/a.jpg"
    assert labels[first["category_id"]] == "wattle"
    assert first["bbox"] == [10, 20, 64, 48]
    assert "segmentation" not in first
    assert labels[second["category_id"]] == "lantana"
    assert second["segmentation"] == [[1, 2, 4, 2, 4, 6]]
    # Left for the server to skip, with the place and what is wrong.
    assert unlisted["image_id"] == "field/gone.jpg"
    assert (broken["category_id"], broken["bbox"]) == (None, "none")


def test_the_real_listing_loses_nothing() -> None:
    folder = real_data()
    if folder is None:
        pytest.skip("the real drone images are not on this machine")
    listing = json.loads((folder / "annotations.json").read_text())
    coco = sent_for(folder / "annotations.json")
    names = {image["id"]: image["file_name"] for image in coco["images"]}
    labels = {category["id"]: category["name"] for category in coco["categories"]}
    assert [image["file_name"] for image in coco["images"]] == [image["file"] for image in listing["images"]]
    assert [(names[one["image_id"]], labels[one["category_id"]], one["bbox"]) for one in coco["annotations"]] == [
        (one["image"], one["label"], one["bbox"]) for one in listing["annotations"]
    ]
