"""Live annotations as one file, on SQLite and MariaDB: what is in it, and that it can be read again."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pending import Block, add_pending, found, make_block
from sqlalchemy import update

from annotation_files import parsed
from db.tables import manual_annotations
from domain.annotations import NewAnnotation, create_annotations
from domain.models.annotation import Annotation, AnnotationSource, ReviewStatus
from domain.models.geometry import Box
from domain.models.imports import ExportFormat
from seeds import add_batch, add_images, annotate, drawn, make_home
from stack import Stack, codes

EXPORT = """mutation($input: ExportAnnotationsInput!) { exportAnnotations(input: $input) {
 userErrors { code message field } url sizeBytes count } }"""
TRIANGLE = ((10.0, 20.0), (40.0, 20.0), (40.0, 60.0))
FLOWN = datetime(2026, 5, 1, 10, 20, 30, tzinfo=UTC)
PLACE = {"type": "Point", "coordinates": [151.25, -33.95]}


@pytest.fixture
async def block(any_api: Stack) -> Block:
    return await make_block(any_api)


async def export(block: Block, format_: str, **where: Any) -> tuple[str, dict[str, Any]]:
    """The file's text and the payload, which tells its size."""
    input_ = {"projectId": block.home.project.id, "format": format_, **where}
    payload = await block.member.done(EXPORT, input=input_)
    answer = await block.member.http.get(payload["url"])
    assert answer.status_code == 200
    assert len(answer.content) == payload["sizeBytes"]
    return answer.content.decode(), payload


async def features(block: Block, **where: Any) -> list[dict[str, Any]]:
    text, payload = await export(block, "GEOJSON", **where)
    document = json.loads(text)
    assert document["type"] == "FeatureCollection"
    assert len(document["features"]) == payload["count"]
    found_: list[dict[str, Any]] = document["features"]
    return found_


async def names(block: Block, **where: Any) -> list[str]:
    return [one["properties"]["class"] for one in await features(block, **where)]


async def placed(block: Block) -> list[Annotation]:
    """A box and a polygon on the first image, which knows where it was taken, and a box with a place of its own."""
    await block.database.write(
        lambda uow: uow.assets.update(block.assets[0].id, gps_latitude=-33.9, gps_longitude=151.2, captured_at=FLOWN)
    )
    notes = [
        drawn(block.assets[0], "wattle"),
        NewAnnotation(block.assets[0].id, "pine", None, TRIANGLE, None, 0.75, True, AnnotationSource.SAM3),
        replace(drawn(block.assets[1], "wattle", Box(1, 2, 3, 4)), geo_coordinates=PLACE),
    ]
    return await create_annotations(block.database, block.home.principal, block.home.project.id, notes)


async def test_geojson_has_a_feature_for_each(block: Block) -> None:
    box, polygon, point = await placed(block)
    by_id = {one["properties"]["id"]: one for one in await features(block)}
    assert by_id.keys() == {box.id, polygon.id, point.id}
    assert by_id[polygon.id] == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [151.2, -33.9]},
        "properties": {
            "id": polygon.id,
            "class": "pine",
            "image": block.assets[0].filename,
            "sha256": block.assets[0].sha256,
            "box": [10, 20, 30, 40],
            "polygon": [[10, 20], [40, 20], [40, 60]],
            "confidence": 0.75,
            "source": "SAM3",
            "verified": True,
            "pending": False,
            "capturedAt": "2026-05-01T10:20:30+00:00",
            "located": "image",
        },
    }
    assert "polygon" not in by_id[box.id]["properties"]
    assert by_id[point.id]["geometry"] == PLACE
    assert "located" not in by_id[point.id]["properties"]
    (unplaced,) = await annotate(block.database, block.home, block.assets[1:], "lantana")
    by_id = {one["properties"]["id"]: one for one in await features(block, classNames=["lantana"])}
    assert by_id[unplaced.id]["geometry"] is None


async def test_csv_has_the_columns_that_an_import_reads(block: Block) -> None:
    box, polygon, point = await placed(block)
    text, payload = await export(block, "CSV")
    assert (text.splitlines()[0], payload["count"]) == (
        "filename,width,height,class,xmin,ymin,xmax,ymax,polygon,confidence,"
        "source,verified,pending,id,latitude,longitude",
        3,
    )
    rows = {row["id"]: row for row in csv.DictReader(text.splitlines())}
    assert rows[polygon.id] == {
        "filename": block.assets[0].filename,
        "width": "640",
        "height": "480",
        "class": "pine",
        "xmin": "10.0",
        "ymin": "20.0",
        "xmax": "40.0",
        "ymax": "60.0",
        "polygon": "[[10.0,20.0],[40.0,20.0],[40.0,60.0]]",
        "confidence": "0.75",
        "source": "SAM3",
        "verified": "true",
        "pending": "false",
        "id": polygon.id,
        "latitude": "-33.9",
        "longitude": "151.2",
    }
    assert (rows[box.id]["polygon"], rows[box.id]["confidence"]) == ("", "")
    assert (rows[point.id]["latitude"], rows[point.id]["longitude"]) == ("-33.95", "151.25")


async def test_coco_numbers_images_annotations_and_categories(block: Block) -> None:
    await placed(block)
    text, _ = await export(block, "COCO")
    coco = json.loads(text)
    assert [(one["id"], one["file_name"], one["width"], one["height"]) for one in coco["images"]] == [
        (1, block.assets[0].filename, 640, 480),
        (2, block.assets[1].filename, 640, 480),
    ]
    categories = {one["name"]: one["id"] for one in coco["categories"]}
    assert sorted(categories.values()) == [1, 2]
    assert [one["id"] for one in coco["annotations"]] == [1, 2, 3]
    by_class = {(one["image_id"], one["category_id"]): one for one in coco["annotations"]}
    pine = by_class[1, categories["pine"]]
    assert pine["segmentation"] == [[10, 20, 40, 20, 40, 60]]
    assert (pine["bbox"], pine["area"], pine["iscrowd"], pine["score"]) == ([10, 20, 30, 40], 600, 0, 0.75)
    wattle = by_class[2, categories["wattle"]]
    assert (wattle["bbox"], wattle["area"]) == ([1, 2, 3, 4], 12)
    assert not {"score", "segmentation"} & wattle.keys()


@pytest.mark.parametrize(("name", "format_"), [("export.csv", ExportFormat.CSV), ("export.json", ExportFormat.COCO)])
async def test_an_import_reads_the_same_again(block: Block, tmp_path: Path, name: str, format_: ExportFormat) -> None:
    before = await placed(block)
    path = tmp_path / name
    path.write_text((await export(block, format_.value))[0], newline="")
    _, images, skips = parsed(path, format_)
    assert skips == []
    read = [(image.name, one.label, one.box, one.polygon) for image in images for one in image.objects]
    filenames = {asset.id: asset.filename for asset in block.assets}
    assert sorted(read, key=str) == sorted(
        ((filenames[one.asset_id], one.weed_type, one.box, one.polygon) for one in before), key=str
    )


async def test_only_what_passes_every_filter_is_in_the_file(block: Block) -> None:
    batch = await add_batch(block.database, block.home.project)
    (flown,) = await add_images(block.database, block.home.project, ["flown"], batch)
    notes = [
        drawn(block.assets[0], "none"),
        replace(drawn(block.assets[0], "low"), confidence=0.25),
        replace(drawn(flown, "high"), confidence=0.75),
    ]
    await create_annotations(block.database, block.home.principal, block.home.project.id, notes)
    await add_pending(
        block.database,
        found(flown, "found", 0.5),
        found(flown, "refused", 0.9, ReviewStatus.REJECTED),
        found(flown, "taken", 0.9, ReviewStatus.ACCEPTED),
    )
    elsewhere = await make_home(block.database, "East block")
    await annotate(block.database, elsewhere, await add_images(block.database, elsewhere.project, ["x"]), "theirs")
    assert sorted(await names(block)) == ["high", "low", "none"]
    assert sorted(await names(block, includePending=True)) == ["found", "high", "low", "none"]
    assert sorted(await names(block, minConfidence=0.5, includePending=True)) == ["found", "high", "none"]
    assert sorted(await names(block, uploadBatchId=batch.id)) == ["high"]
    assert sorted(await names(block, uploadBatchId=batch.id, includePending=True)) == ["found", "high"]
    assert sorted(await names(block, classNames=["low", "found", "unknown"], includePending=True)) == ["found", "low"]
    assert await names(block, classNames=["High"]) == []
    marks = {one["properties"]["class"]: one["properties"] for one in await features(block, includePending=True)}
    assert [name for name, one in marks.items() if one["pending"]] == ["found"]
    coco = json.loads((await export(block, "COCO", includePending=True))[0])
    assert sorted(one["attributes"]["pending"] for one in coco["annotations"]) == [False, False, False, True]
    rows = csv.DictReader((await export(block, "CSV", includePending=True))[0].splitlines())
    assert {row["class"]: row["pending"] for row in rows}["found"] == "true"


async def test_nothing_that_matches_gives_a_file_that_can_be_read(block: Block) -> None:
    assert await features(block) == []
    text, payload = await export(block, "CSV", classNames=["unknown"])
    assert (len(text.splitlines()), payload["count"]) == (1, 0)
    coco = json.loads((await export(block, "COCO", uploadBatchId="none"))[0])
    assert coco == {"images": [], "annotations": [], "categories": []}


async def test_every_annotation_is_in_the_file_once_however_many_pages_it_takes(block: Block) -> None:
    images = await add_images(block.database, block.home.project, [f"image-{index}" for index in range(50)])
    notes = [drawn(image, f"class {index}") for image in images for index in range(11)]
    made = await create_annotations(block.database, block.home.principal, block.home.project.id, notes)
    await add_pending(block.database, *(found(image) for image in images))
    coco = json.loads((await export(block, "COCO", includePending=True))[0])
    ids = [one["attributes"]["id"] for one in coco["annotations"]]
    assert len(ids) == len(set(ids)) == 600
    assert {one.id for one in made} <= set(ids)
    assert [one["id"] for one in coco["images"]] == list(range(1, 51))
    assert [one["file_name"] for one in coco["images"]] == [image.filename for image in images], "oldest first"
    per_image = [sum(one["image_id"] == number for one in coco["annotations"]) for number in range(1, 51)]
    assert per_image == [12] * 50


async def test_names_that_a_spreadsheet_would_run_are_text(block: Block) -> None:
    await annotate(block.database, block.home, block.assets[:1], "=1+1", "-wattle", "wattle-1")
    rows = list(csv.DictReader((await export(block, "CSV"))[0].splitlines()))
    assert sorted(row["class"] for row in rows) == ["'-wattle", "'=1+1", "wattle-1"]


async def test_rows_from_before_versioning_are_exported(block: Block) -> None:
    points = [[1, 2], [30, 2], [30, 40]]
    (old,) = await annotate(block.database, block.home, block.assets[:1])
    async with block.database.engine.begin() as connection:
        await connection.execute(update(manual_annotations).values(coordinates=points, geo_coordinates=points))
    await block.database.write(lambda uow: uow.assets.update(block.assets[0].id, width=None, height=None, sha256=None))
    (feature,) = await features(block)
    assert feature["geometry"] is None
    assert feature["properties"]["box"] == [1, 2, 29, 38]
    assert feature["properties"]["polygon"] == points
    (row,) = csv.DictReader((await export(block, "CSV"))[0].splitlines())
    assert (row["id"], row["width"], row["xmax"]) == (old.id, "", "30.0")
    (image,) = json.loads((await export(block, "COCO"))[0])["images"]
    assert (image["width"], image["height"]) == (None, None)


async def test_who_may_not_export_gets_nothing(block: Block) -> None:
    await annotate(block.database, block.home, block.assets)
    for format_ in ("GEOJSON", "CSV", "COCO"):
        input_ = {"projectId": block.home.project.id, "format": format_}
        assert codes(await block.stranger.ask(EXPORT, input=input_)) == ["NOT_FOUND"]
        assert codes(await block.viewer.ask(EXPORT, input=input_)) == ["FORBIDDEN"]
        assert codes(await block.api.caller(None).ask(EXPORT, input=input_)) == ["UNAUTHENTICATED"]
    assert list(block.api.services.settings.objects_dir.rglob("exports/*")) == []


async def test_a_choice_that_is_none_is_refused(block: Block) -> None:
    for where, path in (
        ({"classNames": []}, "input.classNames"),
        ({"minConfidence": 1.5}, "input.minConfidence"),
        ({"minConfidence": -1}, "input.minConfidence"),
    ):
        input_ = {"projectId": block.home.project.id, "format": "CSV", **where}
        assert await block.refused(block.member, EXPORT, input=input_) == ("INVALID", path)


async def test_the_file_lies_under_its_content_in_the_teams_folder_and_nowhere_else(block: Block) -> None:
    await annotate(block.database, block.home, block.assets)
    text, _ = await export(block, "GEOJSON")
    await export(block, "GEOJSON")
    folder = block.api.services.settings.objects_dir / "teams" / block.home.team.id / "files" / "exports"
    (stored,) = [path for path in folder.rglob("*") if path.is_file()]
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert stored.relative_to(folder).as_posix() == f"{block.home.project.id}/{digest}.geojson"
    assert list(block.api.services.settings.data_dir.rglob("annotations-*")) == []
