"""Annotations from files of other tools, by the API and the io worker, on the embedded parts and on MariaDB."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from domain.models.asset import Asset
from domain.models.people import TeamRole
from domain.models.version import Split
from seeds import HEIGHT, WIDTH, Home, add_images, join, make_home
from stack import PATIENCE, Caller, Stack, told
from uploading import put

REQUEST = """mutation($input: RequestFileUploadInput!) { requestFileUpload(input: $input) {
  userErrors { code message field } upload { uploadId url headers { name value } } } }"""
IMPORT = """mutation($input: ImportAnnotationsInput!) { importAnnotations(input: $input) {
  userErrors { code message field } job { id status } } }"""
PROGRESS = "subscription($id: ID!) { importProgress(jobId: $id) { cursor done total job { status } } }"
JOB = """query($id: ID!) { importJob(id: $id) { status imported skipped failureReason finishedAt
  warnings { code count } project { id } skippedItems(first: 200) { totalCount nodes { where reason } } } }"""
EXPORT = """mutation($input: ExportAnnotationsInput!) { exportAnnotations(input: $input) {
  userErrors { code message field } url count } }"""
ASSETS = """query($id: ID!) { project(id: $id) { assets(first: 200) { nodes { filename importedSplit
  annotations { weedType box { x y width height } polygon { x y } source verified confidence } } } } }"""


@dataclass(frozen=True, slots=True)
class Site:
    """A project with images of 640 × 480 pixels, and a member of its team at work there."""

    api: Stack
    home: Home
    member: Caller
    images: Sequence[Asset]

    @property
    def project_id(self) -> str:
        return self.home.project.id

    async def send(self, filename: str, content: bytes) -> str:
        """The id of the uploaded file."""
        facts = {"sizeBytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        asked = await self.member.done(REQUEST, input={"projectId": self.project_id, "filename": filename, **facts})
        target = asked["upload"]
        if target["url"] is not None:
            answer = await put(self.member, target, content)
            assert answer.status_code == 200, answer.text
        upload_id: str = target["uploadId"]
        return upload_id

    async def begin(self, filename: str, content: bytes, format_: str, **more: Any) -> str:
        """The id of a fresh job."""
        upload_id = await self.send(filename, content)
        command = {"projectId": self.project_id, "format": format_, "uploadId": upload_id, **more}
        job_id: str = (await self.member.done(IMPORT, input=command))["job"]["id"]
        return job_id

    async def run(self, filename: str, content: bytes, format_: str, **more: Any) -> dict[str, Any]:
        """The job, after its progress feed came to its end."""
        job_id = await self.begin(filename, content, format_, **more)
        return await self.finished(job_id)

    async def finished(self, job_id: str) -> dict[str, Any]:
        events = await self.member.events(PROGRESS, id=job_id)
        job: dict[str, Any] = await self.member.data(JOB, id=job_id)
        assert events[-1]["job"]["status"] == job["status"]
        assert job["skippedItems"]["totalCount"] == job["skipped"]
        return job

    async def assets(self) -> dict[str, dict[str, Any]]:
        project = await self.member.data(ASSETS, id=self.project_id)
        return {asset["filename"]: asset for asset in project["assets"]["nodes"]}

    async def drawn(self) -> int:
        return sum(len(asset["annotations"]) for asset in (await self.assets()).values())


@pytest.fixture
async def site(any_api: Stack) -> AsyncIterator[Site]:
    home = await make_home(any_api.database)
    member = any_api.caller(await join(any_api.database, home.team, TeamRole.MEMBER))
    images = await add_images(any_api.database, home.project, ["a", "b", "c"])
    async with any_api.io_worker():
        yield Site(any_api, home, member, images)


def coco(
    annotations: Sequence[dict[str, Any]], names: Sequence[str] = ("a.jpg", "b.jpg", "c.jpg"), **size: int
) -> bytes:
    sides = {"width": WIDTH, "height": HEIGHT, **size}
    document = {
        "images": [{"id": index, "file_name": name, **sides} for index, name in enumerate(names)],
        "annotations": [{"id": index, "category_id": 1, **one} for index, one in enumerate(annotations)],
        "categories": [{"id": 1, "name": "wattle"}, {"id": 2, "name": "gorse"}],
    }
    return json.dumps(document).encode()


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return buffer.getvalue()


async def test_boxes_and_polygons_of_a_coco_file_come_in(site: Site) -> None:
    triangle = [100, 100, 200, 100, 150, 180]
    content = coco(
        [
            {"image_id": 0, "bbox": [10, 20, 30, 40]},
            {"image_id": 0, "bbox": [100, 100, 100, 80], "segmentation": [triangle], "category_id": 2},
            {"image_id": 1, "bbox": [600, 400, 100, 100]},
        ]
    )
    job = await site.run("labels.json", content, "COCO")
    assert (job["status"], job["imported"], job["skipped"], job["failureReason"]) == ("COMPLETED", 3, 0, None)
    assert job["finishedAt"] is not None
    assert job["project"] == {"id": site.project_id}
    assets = await site.assets()
    first, second = sorted(assets["a.jpg"]["annotations"], key=lambda one: float(one["box"]["x"]))
    assert first == {
        "weedType": "wattle",
        "box": {"x": 10, "y": 20, "width": 30, "height": 40},
        "polygon": None,
        "source": "MANUAL",
        "verified": False,
        "confidence": None,
    }
    assert second["weedType"] == "gorse"
    assert [(point["x"], point["y"]) for point in second["polygon"]] == [(100, 100), (200, 100), (150, 180)]
    (clipped,) = assets["b.jpg"]["annotations"]
    assert clipped["box"] == {"x": 600, "y": 400, "width": 40, "height": 80}, "what lies partly outside is clipped"
    assert assets["c.jpg"]["annotations"] == []


async def test_what_is_skipped_is_named_with_its_place_and_the_rest_comes_in(site: Site) -> None:
    content = coco(
        [
            {"image_id": 0, "bbox": [10, 20, 30, 40]},
            {"image_id": 0, "bbox": [700, 20, 30, 40]},
            {"image_id": 1, "bbox": [10, 20, 0, 40]},
            {"image_id": 3, "bbox": [10, 20, 30, 40]},
            {"image_id": 0, "bbox": [1, 2, 3, 4], "category_id": 77},
            {"image_id": 0, "bbox": [10, 20, 30, 40]},
        ],
        names=("a.jpg", "b.jpg", "c.jpg", "elsewhere.jpg"),
    )
    job = await site.run("labels.json", content, "COCO")
    assert (job["status"], job["imported"], job["skipped"]) == ("COMPLETED", 1, 5)
    reasons = {item["where"]: item["reason"] for item in job["skippedItems"]["nodes"]}
    assert len(reasons) == 5
    assert "outside" in reasons["annotations[1]"]
    assert "area" in reasons["annotations[2]"]
    assert "elsewhere.jpg: No image" in reasons["annotations[3]"]
    assert "77" in reasons["annotations[4]"]
    assert "twice" in reasons["annotations[5]"]


async def test_the_same_file_again_adds_nothing(site: Site) -> None:
    content = coco([{"image_id": index, "bbox": [10 + index, 20, 30, 40]} for index in (0, 0, 1, 2)])
    before = await site.run("labels.json", content, "COCO")
    drawn = await site.drawn()
    again = await site.run("labels.json", content, "COCO")
    assert (before["imported"], drawn) == (3, 3)
    assert (again["status"], again["imported"], await site.drawn()) == ("COMPLETED", 0, drawn)
    assert again["warnings"] == [{"code": "ALREADY_IMPORTED", "count": 3}]


async def test_two_imports_of_the_same_file_at_once_add_it_once(site: Site) -> None:
    content = coco([{"image_id": index % 3, "bbox": [index, 20, 30, 40]} for index in range(300)])
    upload_id = await site.send("labels.json", content)
    command = {"projectId": site.project_id, "format": "COCO", "uploadId": upload_id}
    jobs = await asyncio.gather(*(site.member.done(IMPORT, input=command) for _ in range(3)))
    async with site.api.io_worker():
        done = [await site.finished(job["job"]["id"]) for job in jobs]
    assert sum(job["imported"] for job in done) == 300 == await site.drawn()


async def test_a_yolo_archive_moves_over_with_its_splits(site: Site) -> None:
    content = archive(
        **{
            "data.yaml": "names: [wattle, gorse]\nnc: 2\ntrain: ../train/images\nval: ../valid/images\n",
            "train/labels/a.txt": "1 0.5 0.5 0.25 0.5\n0 0.1 0.1 0.2 0.1 0.2 0.2\n",
            "valid/labels/b.txt": "0 0.5 0.5 1 1\n9 0.5 0.5 0.1 0.1\n",
            "test/labels/c.txt": "",
        }
    )
    job = await site.run("export.zip", content, "YOLO", keepSplits=True)
    assert (job["status"], job["imported"], job["skipped"]) == ("COMPLETED", 3, 1)
    (skipped,) = job["skippedItems"]["nodes"]
    assert "valid/labels/b.txt" in skipped["where"]
    assets = await site.assets()
    assert [assets[name]["importedSplit"] for name in ("a.jpg", "b.jpg", "c.jpg")] == ["TRAIN", "VAL", "TEST"]
    boxes = {one["weedType"]: one["box"] for one in assets["a.jpg"]["annotations"]}
    assert boxes["gorse"] == {"x": 240, "y": 120, "width": 160, "height": 240}, "shares of 640 × 480 pixels"


async def test_splits_are_left_alone_unless_asked_for(site: Site) -> None:
    content = archive(**{"data.yaml": "names: [wattle]\n", "train/labels/a.txt": "0 0.5 0.5 0.2 0.2\n"})
    await site.run("export.zip", content, "YOLO")
    assert (await site.assets())["a.jpg"]["importedSplit"] is None


async def test_a_file_of_a_smaller_copy_is_scaled_and_one_of_another_shape_is_not_taken(site: Site) -> None:
    half = coco([{"image_id": 0, "bbox": [10, 20, 30, 40]}], width=WIDTH // 2, height=HEIGHT // 2)
    job = await site.run("half.json", half, "COCO")
    assert job["imported"] == 1
    assert (await site.assets())["a.jpg"]["annotations"][0]["box"] == {"x": 20, "y": 40, "width": 60, "height": 80}
    turned = coco([{"image_id": 1, "bbox": [10, 20, 30, 40]}], width=HEIGHT, height=WIDTH)
    job = await site.run("turned.json", turned, "COCO")
    assert (job["imported"], job["skipped"]) == (0, 1)
    assert "480×640" in job["skippedItems"]["nodes"][0]["reason"]


@pytest.mark.parametrize(
    ("filename", "format_", "content"),
    [
        ("cut.json", "COCO", coco([{"image_id": 0, "bbox": [10, 20, 30, 40]}])[:-9]),
        ("list.json", "COCO", b"[1, 2, 3]"),
        ("deep.json", "COCO", b"[" * 200_000),
        ("letter.zip", "YOLO", b"Dear farmer"),
        ("slip.zip", "YOLO", archive(**{"data.yaml": "names: [wattle]", "../../labels/a.txt": "0 0.5 0.5 0.1 0.1"})),
        ("bomb.xml", "PASCAL_VOC", b'<!DOCTYPE a [<!ENTITY b "b">]><annotation>&b;</annotation>'),
    ],
)
async def test_a_malformed_file_changes_nothing_and_the_worker_goes_on(
    site: Site, filename: str, format_: str, content: bytes
) -> None:
    job = await site.run(filename, content, format_)
    assert (job["status"], job["imported"], job["skipped"]) == ("FAILED", 0, 0)
    assert job["failureReason"].startswith(f"{filename}: "), job["failureReason"]
    assert await site.drawn() == 0
    good = await site.run("good.json", coco([{"image_id": 0, "bbox": [10, 20, 30, 40]}]), "COCO")
    assert good["imported"] == 1


async def test_an_import_that_was_interrupted_ends_with_each_object_once(any_api: Stack) -> None:
    home = await make_home(any_api.database)
    member = any_api.caller(home.owner)
    site = Site(any_api, home, member, await add_images(any_api.database, home.project, ["a", "b", "c"]))
    names = ["a.jpg", "b.jpg", "c.jpg"] * 20
    # Many entries for few images, so that the file is written in several transactions.
    content = coco(
        [{"image_id": index % 60, "bbox": [index % 600, index // 600, 30, 40]} for index in range(9000)], names
    )
    job_id = await site.begin("labels.json", content, "COCO")
    async with asyncio.timeout(PATIENCE), member.subscribed(PROGRESS, id=job_id) as messages, any_api.io_worker():
        async for message in messages:
            if 0 < told(message)["done"] < 9000:
                break
    assert 0 < await site.drawn() < 9000
    async with any_api.io_worker():
        job = await site.finished(job_id)
    assert (job["status"], job["imported"], job["skipped"], job["warnings"]) == ("COMPLETED", 9000, 0, [])
    assert await site.drawn() == 9000


async def test_a_file_whose_bytes_never_came_cannot_be_imported(site: Site) -> None:
    facts = {"sizeBytes": 10, "sha256": "0" * 64}
    asked = await site.member.done(REQUEST, input={"projectId": site.project_id, "filename": "a.json", **facts})
    for upload_id, words in ((asked["upload"]["uploadId"], "did not come"), ("unknown", "no such file")):
        command = {"projectId": site.project_id, "format": "COCO", "uploadId": upload_id}
        answer = await site.member.data(IMPORT, input=command)
        (error,) = answer["userErrors"]
        assert (error["code"], error["field"], answer["job"]) == ("INVALID", ["input", "uploadId"], None)
        assert words in error["message"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"filename": "../a.json"}, "INVALID", "filename"),
        ({"filename": ""}, "INVALID", "filename"),
        ({"sizeBytes": 0}, "INVALID", "sizeBytes"),
        ({"sizeBytes": 2 * 1024**3 + 1}, "LIMIT", "sizeBytes"),
        ({"sha256": "abc"}, "INVALID", "sha256"),
    ],
)
async def test_what_is_announced_wrongly_is_refused(site: Site, changes: dict[str, Any], code: str, field: str) -> None:
    facts = {"projectId": site.project_id, "filename": "a.json", "sizeBytes": 10, "sha256": "0" * 64}
    answer = await site.member.data(REQUEST, input={**facts, **changes})
    (error,) = answer["userErrors"]
    assert (error["code"], error["field"]) == (code, ["input", field])


async def test_the_same_file_announced_again_is_the_same_upload(site: Site) -> None:
    content = coco([])
    first = await site.send("labels.json", content)
    facts = {"sizeBytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    asked = await site.member.done(REQUEST, input={"projectId": site.project_id, "filename": "labels.json", **facts})
    assert (asked["upload"]["uploadId"], asked["upload"]["url"]) == (first, None)


async def test_an_image_that_the_file_has_in_two_splits_stays_in_the_first(site: Site) -> None:
    content = archive(
        **{
            "data.yaml": "names: [wattle]\n",
            "train/labels/a.txt": "0 0.5 0.5 0.2 0.2\n",
            "valid/labels/a.txt": "0 0.5 0.5 0.2 0.2\n",
        }
    )
    job = await site.run("export.zip", content, "YOLO", keepSplits=True)
    assert (await site.assets())["a.jpg"]["importedSplit"] == Split.TRAIN
    assert "TRAIN and in VAL" in " ".join(item["reason"] for item in job["skippedItems"]["nodes"])


async def test_names_that_a_spreadsheet_would_run_come_back_as_they_were(site: Site) -> None:
    content = coco([{"image_id": 0, "bbox": [10, 20, 30, 40]}]).replace(b"wattle", b"=1+1")
    await site.run("labels.json", content, "COCO")
    export = await site.member.done(EXPORT, input={"projectId": site.project_id, "format": "CSV"})
    table = (await site.member.http.get(export["url"])).content
    assert b"'=1+1" in table
    again = await site.run("export.csv", table, "CSV")
    assert (again["imported"], again["warnings"]) == (0, [{"code": "ALREADY_IMPORTED", "count": 1}])
