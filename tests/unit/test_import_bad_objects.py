"""An object that cannot be taken is skipped with its place and the reason; those around it are taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotation_files import Mark, Scene, csv_rows, data_yaml, parsed, pascal_voc, zipped
from domain.models.imports import ExportFormat
from workers.importing import spool
from workers.importing.malformed import MalformedFileError

GOOD = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}
SQUARE = [10, 10, 20, 10, 20, 20, 10, 20]
HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax,polygon,confidence\n"


def _coco(path: Path, annotations: list[Any], **sections: Any) -> Path:
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 100}],
        "categories": [{"id": 1, "name": "dock"}, {"id": 2, "name": ""}, {"id": 3, "name": "x" * 192}, {"id": 4}],
        "annotations": annotations,
    }
    path.write_text(json.dumps(content | sections))
    return path


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"bbox": [float("nan"), 0, 1, 1]}, "not finite"),
        ({"bbox": [0, 0, float("nan"), 1]}, "not finite"),
        ({"segmentation": [[float("nan"), *SQUARE[1:]]]}, "not finite"),
        ({"bbox": [0, 0, float("inf"), 1]}, "not finite"),
        ({"bbox": [float("-inf"), 0, 1, 1]}, "not finite"),
        ({"segmentation": [[*SQUARE[:-1], float("inf")]]}, "not finite"),
        ({"bbox": [0, 0, 10**400, 1]}, "not finite"),
        ({"bbox": [0, 0, 0, 5]}, "no area"),
        ({"bbox": [0, 0, 5, 0.0]}, "no area"),
        ({"bbox": [], "segmentation": [[1, 1, 5, 1, 9, 1]]}, "no area"),
        ({"bbox": [5, 5, -1, 5]}, "wrong way round"),
        ({"bbox": [5, 5, 1, -5]}, "wrong way round"),
        ({"bbox": [-5, -5, -1, -5]}, "wrong way round"),
        ({"segmentation": [[1, 2, 3, 4]]}, "2 points"),
        ({"segmentation": [[1, 2]]}, "1 points"),
        ({"bbox": None, "segmentation": [[], [1, 1, 9, 9]]}, "2 points"),
        ({"segmentation": [[1, 2, 3, 4, 5]]}, "odd count"),
        ({"segmentation": [[1, 2] * 10_001]}, "more than 10,000 points"),
        ({"segmentation": [[1, 2, 3, 4] * 50_000]}, "more than 10,000 points"),
        ({"bbox": None, "segmentation": [[0, 0, 5, 5, 0, 5] * 10_000, SQUARE[:2]]}, "more than 10,000 points"),
        ({"segmentation": [[SQUARE]]}, "no number"),
        ({"segmentation": [SQUARE, [[1, 2]]]}, "no number"),
        ({"bbox": [[1, 2, 3, 4]]}, "four numbers"),
        ({"bbox": [[1], 2, 3, 4]}, "no number"),
        ({"segmentation": "RLE"}, "no list of polygons"),
        ({"bbox": [1, 2, 3]}, "four numbers"),
        ({"bbox": [1, 2, 3, 4, 5]}, "four numbers"),
        ({"bbox": {"x": 1}}, "four numbers"),
        ({"bbox": [True, 2, 3, 4]}, "no number"),
        ({"bbox": ["1", 2, 3, 4]}, "no number"),
        ({"bbox": None}, "neither a bbox nor a segmentation"),
        ({"bbox": [], "segmentation": []}, "neither a bbox nor a segmentation"),
        ({"bbox": None, "segmentation": [[]]}, "neither a bbox nor a segmentation"),
        ({"category_id": 9}, "category_id 9 is not in"),
        ({"category_id": "1"}, "category_id 1 is not in"),
        ({"category_id": None}, "category_id is missing"),
        ({"category_id": [1]}, "category_id is missing"),
        ({"category_id": 2}, "class name does not have 1 to 191"),
        ({"category_id": 3}, "class name does not have 1 to 191"),
        ({"category_id": 4}, "class name is missing"),
        ({"image_id": 2}, "image_id 2 is not in"),
        ({"image_id": 2**70}, "image_id is missing"),
        ({"image_id": float("nan")}, "image_id is missing"),
        ({"score": 1.01}, "confidence is 1.01"),
        ({"score": -0.1}, "confidence is -0.1"),
        ({"score": "high"}, "score is no number"),
    ],
)
def test_a_coco_object_is_skipped(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = _coco(tmp_path / "upload", [GOOD, GOOD | change, GOOD])
    result, (image,), (skip,) = parsed(path, ExportFormat.COCO)
    assert [one.where for one in image.objects] == ["annotations[0]", "annotations[2]"]
    assert (result.objects, result.skipped, skip.where) == (2, 1, "annotations[1]")
    assert reason in skip.reason


@pytest.mark.parametrize("element", [None, 5, "x", [], [[[[]]]], True])
def test_coco_elements_that_are_no_objects_are_skipped(tmp_path: Path, element: Any) -> None:
    path = _coco(tmp_path / "upload", [element, GOOD])
    assert [skip.where for skip in parsed(path, ExportFormat.COCO)[2]] == ["annotations[0]"]


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ({"id": 1, "file_name": "b.jpg"}, "Another image has the id 1"),
        ({"id": 2}, "name is missing"),
        ({"id": 2, "file_name": ""}, "1 to 300"),
        ({"id": 2, "file_name": "x" * 301}, "1 to 300"),
        ({"id": 2, "file_name": "a\u0000.jpg"}, "control characters"),
        ({"id": 2, "file_name": "\ud800.jpg"}, "control characters"),
        ({"id": 2, "file_name": "a.jpg", "extra": {"name": "\udfff"}}, "control characters"),
        ({"file_name": "a.jpg"}, "id is missing"),
    ],
)
def test_a_coco_image_is_skipped(tmp_path: Path, image: dict[str, Any], reason: str) -> None:
    first = {"id": 1, "file_name": "a.jpg"}
    path = _coco(tmp_path / "upload", [GOOD], images=[first, image])
    result, images, (skip,) = parsed(path, ExportFormat.COCO)
    assert (result.images, images[0].name, skip.where) == (1, "a.jpg", "images[1]")
    assert reason in skip.reason


@pytest.mark.parametrize(
    "polygon",
    [SQUARE, [0, 0, 10, 10, 10, 0, 0, 10, 5, 20], [-5, -5, 500, -5, 500, 500]],
    ids=["simple", "self-intersecting", "beyond the image"],
)
def test_where_an_outline_runs_is_not_judged_here(tmp_path: Path, polygon: list[int]) -> None:
    outside = GOOD | {"bbox": [-50, 90, 1000, 1000], "segmentation": [polygon]}
    _, (image,), skips = parsed(_coco(tmp_path / "upload", [outside, outside]), ExportFormat.COCO)
    assert not skips
    assert len(image.objects) == 2
    assert image.objects[0].polygon == tuple(zip(polygon[::2], polygon[1::2], strict=True))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 nan .5 .1 .1", "not finite"),
        ("0 .5 .5 inf .1", "not finite"),
        ("0 .5 .5 .1 -Infinity", "not finite"),
        ("0 .5 .5 1e999 .1", "not finite"),
        ("0 .5 .5 0 .1", "no area"),
        ("0 .5 .5 .1 -.1", "wrong way round"),
        ("0 .1 .1 .1 .2 .1 .3", "no area"),
        ("0 .5 .5 .1", "4 numbers"),
        ("0", "1 numbers"),
        ("0 .5 .5 .1 .1 .1 .1 .1", "8 numbers"),
        ("2 .5 .5 .1 .1", "class 2 is not among the 2"),
        ("-1 .5 .5 .1 .1", "class -1 is not among"),
        ("0.5 .5 .5 .1 .1", "class 0.5 is not among"),
        ("nan .5 .5 .1 .1", "not finite"),
        ("dock .5 .5 .1 .1", "“dock”, and no number"),
        ("0 a .5 .1 .1", "“a”, and no number"),
        ("0 .5 .5 .1 .1 1.5", "confidence is 1.5"),
        ("0 " + ".1 .2 " * 10_001, "more than 10,000 points"),
        ("0 " + ".1 .2 " * 100_000, "more than 10,000 points"),
        ("0 [[.5]] .5 .1 .1", "no number"),
    ],
)
def test_a_yolo_line_is_skipped(tmp_path: Path, line: str, reason: str) -> None:
    good = "1 .5 .5 .1 .1"
    entries: dict[str, bytes | str] = {
        "data.yaml": data_yaml(("dock", "thistle")),
        "labels/a.txt": f"{good}\n{line}\n{good}\n",
    }
    _, (image,), (skip,) = parsed(zipped(tmp_path / "a.zip", entries), ExportFormat.YOLO)
    assert [one.where for one in image.objects] == ["labels/a.txt line 1", "labels/a.txt line 3"]
    assert skip.where == "labels/a.txt line 2"
    assert reason in skip.reason


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        (Mark("dock", (float("nan"), 0, 5, 5)), "not finite"),
        (Mark("dock", (0, 0, float("inf"), 5)), "not finite"),
        (Mark("dock", (0, 0, 0, 5)), "no area"),
        (Mark("dock", (9, 9, -5, -5)), "wrong way round"),
        (Mark("", (0, 0, 5, 5)), "class name"),
        (Mark("x" * 192, (0, 0, 5, 5)), "class name"),
        (Mark("dock", (0, 0, 5, 5), ((1, 1), (2, 2))), "2 points"),
        (Mark("dock", (0, 0, 5, 5), ((1, 1), (2, 2), (float("nan"), 3))), "not finite"),
        (Mark("dock", (0, 0, 5, 5), ((1.0, 1.0),) * 10_001), "10,000 points"),
    ],
)
@pytest.mark.parametrize("format_", [ExportFormat.CSV, ExportFormat.PASCAL_VOC])
def test_a_csv_row_and_a_voc_object_are_skipped(tmp_path: Path, format_: ExportFormat, mark: Mark, reason: str) -> None:
    good = Mark("dock", (1, 2, 3, 4))
    scene = Scene("a.jpg", marks=(good, mark, good))
    path = tmp_path / "upload"
    path.write_bytes(csv_rows([scene]) if format_ is ExportFormat.CSV else pascal_voc(scene))
    _, (image,), (skip,) = parsed(path, format_)
    assert len(image.objects) == 2
    assert skip.where == ("line 3" if format_ is ExportFormat.CSV else "upload object[1]")
    assert reason in skip.reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a.jpg,9,9,dock,1,1,5", "7 fields, and the first line 10"),
        ("a.jpg,9,9,dock,1,1,5,,,", "ymax is “”"),
        ("a.jpg,9,9,dock,5,5,1,1,,", "wrong way round"),
        ("a.jpg,9,9,dock,1,1,5,5,,2", "confidence is 2"),
        ("a.jpg,9,9,dock,1,1,5,5,[[1],", "no JSON list of [x, y]"),
        ('a.jpg,9,9,dock,1,1,5,5,"[[1,2],[3,4],[5]]",', "no JSON list of [x, y]"),
        ('a.jpg,9,9,dock,1,1,5,5,"[[1,2],[3,4],[5,null]]",', "no number"),
        ('a.jpg,9,9,dock,1,1,5,5,"[[[1,2]]]",', "no JSON list of [x, y]"),
        ("a.jpg,9,9,dock,1,1,5,5," + "[" * 100_000 + ",", "no JSON list of [x, y]"),
        (",9,9,dock,1,1,5,5,,", "image's name"),
    ],
)
def test_a_csv_row_that_is_not_like_its_header_is_skipped(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "upload"
    path.write_text(f"{HEADER}b.jpg,9,9,dock,1,1,5,5,,.5\n{row}\n")
    result, _, (skip,) = parsed(path, ExportFormat.CSV)
    assert (result.objects, skip.where) == (1, "line 3")
    assert reason in skip.reason


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ({"label": "dock"}, "no coordinates"),
        ({"label": "dock", "coordinates": [1, 2, 3, 4]}, "no coordinates"),
        ({"label": "dock", "coordinates": {"x": 1, "y": 1, "width": 5}}, "height is no number"),
        ({"label": "dock", "coordinates": {"x": 1, "y": 1, "width": 5, "height": float("nan")}}, "not finite"),
        ({"label": "dock", "coordinates": {"x": 1, "y": 1, "width": -5, "height": 5}}, "wrong way round"),
        ({"coordinates": {"x": 1, "y": 1, "width": 5, "height": 5}}, "class name is missing"),
        (["dock"], "no coordinates"),
    ],
)
def test_a_createml_object_is_skipped(tmp_path: Path, annotation: Any, reason: str) -> None:
    good = {"label": "dock", "coordinates": {"x": 5, "y": 5, "width": 2, "height": 2}}
    path = tmp_path / "upload"
    path.write_text(json.dumps([{"image": "a.jpg", "annotations": [good, annotation, good]}]))
    _, (image,), (skip,) = parsed(path, ExportFormat.CREATEML)
    assert (len(image.objects), skip.where) == (2, "[0].annotations[1]")
    assert reason in skip.reason


def test_an_image_takes_no_more_than_a_reader_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MAX_OBJECTS_PER_IMAGE", 3)
    monkeypatch.setattr(spool, "MAX_POINTS_PER_IMAGE", 8)
    outlined = GOOD | {"segmentation": [SQUARE]}
    _, (image,), skips = parsed(_coco(tmp_path / "a", [outlined] * 4), ExportFormat.COCO)
    assert [one.where for one in image.objects] == ["annotations[0]", "annotations[1]"]
    assert [skip.where for skip in skips] == ["annotations[2]", "annotations[3]"]
    assert "points" in skips[0].reason
    assert "objects" in skips[1].reason


@pytest.mark.parametrize(
    ("limit", "annotations"), [("MAX_OBJECTS", [GOOD] * 5), ("MAX_SKIPS", [{}] * 5), ("MAX_IMAGES", [])]
)
def test_a_file_beyond_the_limits_is_refused_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, annotations: list[Any]
) -> None:
    monkeypatch.setattr(spool, limit, 4)
    images = [{"id": place, "file_name": f"{place}.jpg"} for place in range(1, 6)]
    path = _coco(tmp_path / "a", annotations, images=images if limit == "MAX_IMAGES" else images[:1])
    with pytest.raises(MalformedFileError, match="ore than 4"):
        parsed(path, ExportFormat.COCO)
