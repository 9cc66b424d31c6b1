"""Annotations as nobody should send them, kind by kind: refused by name, or kept as something sound; and every file
that is written of them can be read."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_shapes import IMAGE

from adapters.annotation_file import TemporaryAnnotationFiles
from db.annotations import read_coordinates
from domain.errors import DomainError, ErrorCode
from domain.geo_json import is_geometry
from domain.models.annotation import AnnotationFileFormat, AnnotationSource, ExportedAnnotation
from domain.models.geometry import Box, Point
from domain.shapes import checked_box, checked_class_name, checked_polygon, checked_shape

NAN, INF = math.nan, math.inf
SQUARE: tuple[Point, ...] = ((10, 10), (50, 10), (50, 50), (10, 50))

REFUSED_BOXES = {
    "NaN": [Box(NAN, 1, 5, 5), Box(1, NAN, 5, 5), Box(1, 1, NAN, 5), Box(1, 1, 5, NAN), Box(NAN, NAN, NAN, NAN)],
    "infinite": [
        Box(INF, 1, 5, 5),
        Box(-INF, 1, 5, 5),
        Box(1, 1, INF, 5),
        Box(-INF, -INF, INF, INF),
        Box(1, 1, 1, -INF),
    ],
    "just outside": [Box(640, 0, 5, 5), Box(0, 480, 5, 5), Box(-5, 0, 5, 5), Box(0, -5, 5, 5), Box(640.0001, 0, 5, 5)],
    "without area": [Box(1, 1, 0, 5), Box(1, 1, 5, 0), Box(1, 1, 0, 0), Box(0, 0, -0.0, 9), Box(1e300, 1, 1, 0)],
    "inverted": [
        Box(9, 9, -5, -5),
        Box(9, 9, -5, 5),
        Box(9, 9, 5, -5),
        Box(640, 480, -640, -480),
        Box(1, 1, -1e308, 1),
    ],
    "wholly outside": [
        Box(1000, 1000, 5, 5),
        Box(-99, -99, 5, 5),
        Box(1e308, 0, 1e308, 9),
        Box(0, 1e9, 9, 9),
        Box(-2, 9, 1, 1),
    ],
}
KEPT_BOXES = {
    "negative": [
        (Box(-5, -5, 10, 10), Box(0, 0, 5, 5)),
        (Box(-1e9, 0, 2e9, 9), Box(0, 0, 640, 9)),
        (Box(-0.5, 1, 1, 1), Box(0, 1, 0.5, 1)),
    ],
    "reaching out": [
        (Box(635, 475, 9, 9), Box(635, 475, 5, 5)),
        (Box(0, 0, 1e308, 1e308), Box(0, 0, 640, 480)),
        (Box(639.5, 0, 9, 9), Box(639.5, 0, 0.5, 9)),
    ],
}
REFUSED_POLYGONS: dict[str, list[tuple[Point, ...]]] = {
    "NaN": [((NAN, 1), (5, 1), (5, 5)), ((1, 1), (5, NAN), (5, 5)), ((NAN, NAN),) * 3],
    "infinite": [((INF, 1), (5, 1), (5, 5)), ((1, -INF), (5, 1), (5, 5)), ((-INF, -INF), (INF, -INF), (INF, INF))],
    "too few points": [(), ((1, 1),), ((1, 1), (5, 5)), ((1, 1), (1, 1))],
    "too many points": [SQUARE * 25_000, ((1, 1), (9, 9)) * 5_001, SQUARE * 2_501],
    "without area": [((1, 1), (5, 1), (9, 1)), ((1, 1), (5, 5), (9, 9)), ((7, 7),) * 3, ((0, 0), (1e-300, 0), (0, 0))],
    "wholly outside": [
        ((700, 1), (800, 1), (800, 9)),
        ((-9, -9), (-1, -9), (-1, -1)),
        ((-10, 5), (5, -10), (-10, -10)),
    ],
    "just outside": [((640, 1), (645, 1), (645, 9)), ((1, 480), (9, 480), (9, 490)), ((0, 1), (-5, 1), (-5, 9))],
}
CROSSING: list[tuple[Point, ...]] = [
    ((10, 10), (50, 50), (50, 10), (10, 50)),
    ((30, 10), (42, 46), (11, 24), (49, 24), (18, 46)),
    (*SQUARE, *SQUARE),
    ((10, 10), (50, 10), (50, 50), (10, 10), (10, 50), (30, 60)),
]


@pytest.mark.parametrize("kind", REFUSED_BOXES)
def test_a_box_that_marks_nothing_is_refused_by_the_name_of_its_image(kind: str) -> None:
    for box in REFUSED_BOXES[kind]:
        with pytest.raises(DomainError, match=IMAGE.filename) as refused:
            checked_box(box, IMAGE, "input", "annotations", "3", "box")
        assert refused.value.code is ErrorCode.INVALID
        assert refused.value.field == ("input", "annotations", "3", "box")


@pytest.mark.parametrize("kind", KEPT_BOXES)
def test_a_box_that_lies_partly_inside_is_clipped(kind: str) -> None:
    for drawn, kept in KEPT_BOXES[kind]:
        assert checked_box(drawn, IMAGE, "box") == kept


@pytest.mark.parametrize("kind", REFUSED_POLYGONS)
def test_a_polygon_that_marks_nothing_is_refused_by_the_name_of_its_image(kind: str) -> None:
    for polygon in REFUSED_POLYGONS[kind]:
        with pytest.raises(DomainError, match=IMAGE.filename) as refused:
            checked_polygon(polygon, IMAGE, "input", "polygon")
        assert refused.value.code is ErrorCode.INVALID


@pytest.mark.parametrize("polygon", CROSSING)
def test_a_polygon_that_crosses_itself_is_kept_as_drawn(polygon: tuple[Point, ...]) -> None:
    assert checked_polygon(polygon, IMAGE, "polygon") == polygon


def test_box_and_polygon_are_each_judged() -> None:
    box, bad_box, bad_polygon = Box(1, 2, 3, 4), Box(1, 1, NAN, 5), SQUARE[:2]
    assert checked_shape(box, SQUARE, IMAGE, ()) == (box, SQUARE)
    for drawn, polygon, at in ((box, bad_polygon, "polygon"), (bad_box, SQUARE, "box"), (None, bad_polygon, "polygon")):
        with pytest.raises(DomainError) as refused:
            checked_shape(drawn, polygon, IMAGE, ("input",))
        assert refused.value.field == ("input", at)


@pytest.mark.parametrize("coordinates", [[[[1, 2]]], [[[[[[0, 0]]]]]], [[], []], [{"x": 1}], "[[1, 2]]"])
@pytest.mark.parametrize("kind", ["Point", "LineString", "Polygon"])
def test_nested_lists_are_no_position(kind: str, coordinates: object) -> None:
    assert not is_geometry({"type": kind, "coordinates": coordinates})


@pytest.mark.parametrize(
    ("stored", "box"),
    [
        ([[1, 2], [30, 2], [30, 40]], Box(1, 2, 29, 38)),
        ([{"x": 1, "y": 2}, {"x": 30, "y": 40}], Box(1, 2, 29, 38)),
        ({"box": {"x": 1, "y": 2, "width": 3, "height": 4}}, Box(1, 2, 3, 4)),
        ({"box": {"x": 1, "y": 2, "width": 3, "height": 4}, "polygon": []}, Box(1, 2, 3, 4)),
    ],
)
def test_every_form_that_rows_had_is_read(stored: object, box: Box) -> None:
    assert read_coordinates(stored)[0] == box


HOSTILE_NAMES = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "a,b;c", 'quo"te', "'", "‮gpj.x", "松 🌱", "<script>"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_class_may_have_any_name_that_can_be_printed(name: str) -> None:
    assert checked_class_name(name, "weedType") == name


def exported(number: int, **changes: Any) -> ExportedAnnotation:
    one = ExportedAnnotation(
        id=f"annotation-{number}",
        weed_type="wattle",
        box=Box(1, 2, 3, 4),
        polygon=None,
        geo_coordinates=None,
        confidence=None,
        verified=False,
        source=AnnotationSource.MANUAL,
        pending=False,
        asset_id="asset",
        filename="DJI_0001.JPG",
        sha256="0" * 64,
        width=640,
        height=480,
        gps_latitude=None,
        gps_longitude=None,
        captured_at=None,
    )
    return replace(one, **changes)


async def written(folder: Path, format_: AnnotationFileFormat, *pages: Sequence[ExportedAnnotation]) -> str:
    async with TemporaryAnnotationFiles(folder).open(format_) as file:
        for page in pages:
            await file.write(page)
        done = await file.close()
        text = done.path.read_bytes().decode()
        assert done.size_bytes == len(text.encode())
    assert list(folder.iterdir()) == []
    return text


async def written_geojson(folder: Path, *pages: Sequence[ExportedAnnotation]) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads(await written(folder, AnnotationFileFormat.GEOJSON, *pages))["features"]
    return features


async def test_an_image_without_annotations_makes_empty_files_that_can_be_read(tmp_path: Path) -> None:
    assert await written_geojson(tmp_path) == []
    assert await written_geojson(tmp_path, []) == []
    coco = json.loads(await written(tmp_path, AnnotationFileFormat.COCO))
    assert coco == {"images": [], "annotations": [], "categories": []}
    rows = list(csv.reader((await written(tmp_path, AnnotationFileFormat.CSV)).splitlines()))
    assert [len(row) for row in rows] == [16]


async def test_duplicates_stay_what_they_are(tmp_path: Path) -> None:
    twins = [exported(1), exported(2), exported(3)]
    coco = json.loads(await written(tmp_path, AnnotationFileFormat.COCO, twins[:1], twins[1:]))
    assert [one["id"] for one in coco["annotations"]] == [1, 2, 3]
    assert len(coco["images"]) == len(coco["categories"]) == 1
    assert len(await written_geojson(tmp_path, twins[:2], twins[2:])) == 3


async def test_names_are_text_in_every_file(tmp_path: Path) -> None:
    notes = [exported(i, weed_type=name, filename=name, asset_id=str(i)) for i, name in enumerate(HOSTILE_NAMES)]
    assert [one["properties"]["class"] for one in await written_geojson(tmp_path, notes)] == HOSTILE_NAMES
    coco = json.loads(await written(tmp_path, AnnotationFileFormat.COCO, notes))
    assert [one["name"] for one in coco["categories"]] == HOSTILE_NAMES
    table = await written(tmp_path, AnnotationFileFormat.CSV, notes)
    for row, name in zip(list(csv.DictReader(table.splitlines())), HOSTILE_NAMES, strict=True):
        assert row["class"] == row["filename"] == (f"'{name}" if name[0] in "=+-@" else name)


@pytest.mark.parametrize(
    "geometry",
    [[[1, 2], [30, 2]], {"type": "Point", "coordinates": [999, 0]}, {"type": "Circle"}, "POINT (1 2)", 10**30],
)
async def test_what_old_rows_hold_in_place_of_a_geometry_is_left_out(tmp_path: Path, geometry: object) -> None:
    nowhere = exported(1, geo_coordinates=geometry, width=None, height=None)
    somewhere = replace(nowhere, gps_latitude=-33.9, gps_longitude=151.2)
    plain, placed = await written_geojson(tmp_path, [nowhere, somewhere])
    assert plain["geometry"] is None
    assert "located" not in plain["properties"]
    assert placed["geometry"] == {"type": "Point", "coordinates": [151.2, -33.9]}
    assert placed["properties"]["located"] == "image"
    assert json.loads(await written(tmp_path, AnnotationFileFormat.COCO, [nowhere]))["images"][0]["width"] is None
