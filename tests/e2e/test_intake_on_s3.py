"""Images and annotations in, and a version of them, where the objects lie in an S3 bucket and clients speak to it
themselves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from domain.models.people import TeamRole
from pictures import Picture, jpeg, turned
from s3_server import S3Server
from seeds import Home, join, make_home
from stack import Caller, Stack, running_api
from uploading import announced, bring, put, request

THUMBNAIL = "query($id: ID!) { asset(id: $id) { thumbnailUrl url } }"
FILE = """mutation($input: RequestFileUploadInput!) { requestFileUpload(input: $input) {
  userErrors { code message field } upload { uploadId url headers { name value } } } }"""
IMPORT = """mutation($input: ImportAnnotationsInput!) { importAnnotations(input: $input) {
  userErrors { code message field } job { id } } }"""
IMPORTED = "subscription($id: ID!) { importProgress(jobId: $id) { cursor job { status imported skipped } } }"
EXPORT = """mutation($input: ExportAnnotationsInput!) { exportAnnotations(input: $input) {
  userErrors { code message field } url count } }"""
CREATE = """mutation($input: CreateVersionInput!) { createVersion(input: $input) {
  userErrors { code message field } version { id } } }"""
FROZEN = "subscription($id: ID!) { versionProgress(versionId: $id) { cursor stage message version { imageCount } } }"
MANIFEST = "query($id: ID!) { version(id: $id) { manifest { sha256 url } assets { nodes { url } } } }"


@pytest.fixture
async def api(sqlite_url: str, embedded_redis_url: str, tmp_path: Path, s3_server: S3Server) -> AsyncIterator[Stack]:
    words = s3_server.words(await s3_server.new_bucket())
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url, **words) as stack:
        yield stack


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


async def got(caller: Caller, url: str, server: S3Server) -> bytes:
    """What lies behind the address, which is the bucket's own."""
    assert urlsplit(url).netloc == urlsplit(server.url).netloc
    answer = await caller.http.get(url)
    assert answer.status_code == 200, answer.text
    return answer.content


async def imported(caller: Caller, project_id: str, content: bytes) -> dict[str, object]:
    facts = {"sizeBytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    target = (await caller.done(FILE, input={"projectId": project_id, "filename": "labels.json", **facts}))["upload"]
    assert (await put(caller, target, content)).status_code == 200
    command = {"projectId": project_id, "format": "COCO", "uploadId": target["uploadId"]}
    job = (await caller.done(IMPORT, input=command))["job"]
    last: dict[str, object] = (await caller.events(IMPORTED, id=job["id"]))[-1]["job"]
    return last


async def test_images_annotations_and_a_version_go_through_the_bucket(
    api: Stack, home: Home, s3_server: S3Server
) -> None:
    caller, project_id = api.caller(home.owner), home.project.id
    pictures = [Picture("a.jpg", jpeg(1, 640, 480)), Picture("b.jpg", turned(6)), Picture("bad.jpg", b"Dear farmer")]
    content = json.dumps(
        {
            "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
            "annotations": [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 2, 30, 40]} for n in (1, 2)],
            "categories": [{"id": 1, "name": "wattle"}],
        }
    ).encode()
    async with api.io_worker():
        results = await bring(caller, project_id, pictures)
        assert results["bad.jpg"]["error"]["code"] == "UNSUPPORTED"
        for picture in pictures[:2]:
            asset = results[picture.filename]["asset"]
            shown = await caller.data(THUMBNAIL, id=asset["id"])
            assert await got(caller, shown["url"], s3_server) == picture.content
            assert (await got(caller, shown["thumbnailUrl"], s3_server)).startswith(b"\xff\xd8")
        assert await imported(caller, project_id, content) == {"status": "COMPLETED", "imported": 2, "skipped": 0}
        version = (await caller.done(CREATE, input={"projectId": project_id}))["version"]
        last = (await caller.events(FROZEN, id=version["id"]))[-1]
    assert (last["stage"], last["version"]["imageCount"]) == ("READY", 2), last["message"]
    frozen = await caller.data(MANIFEST, id=version["id"])
    manifest = await got(caller, frozen["manifest"]["url"], s3_server)
    assert hashlib.sha256(manifest).hexdigest() == frozen["manifest"]["sha256"]
    originals = [await got(caller, one["url"], s3_server) for one in frozen["assets"]["nodes"]]
    assert sorted(originals) == sorted(picture.content for picture in pictures[:2])
    export = await caller.done(EXPORT, input={"projectId": project_id, "format": "GEOJSON"})
    assert export["count"] == 2
    features = json.loads(await got(caller, export["url"], s3_server))["features"]
    assert [feature["properties"]["class"] for feature in features] == ["wattle", "wattle"]
    left = {one.key.split("/")[2] async for one in api.services.store.under(f"teams/{home.team.id}/")}
    assert left == {"originals", "thumbnails", "files", "projects"}, "uploads are gone, refused ones too"


async def test_an_address_of_the_bucket_takes_the_announced_bytes_only(api: Stack, home: Home) -> None:
    member = api.caller(await join(api.database, home.team, TeamRole.MEMBER))
    picture = Picture("a.jpg", jpeg(3))
    asked = await request(member, home.project.id, [announced(picture)])
    target = asked["uploads"][0]
    other = bytes([picture.content[0], picture.content[1] ^ 1]) + picture.content[2:]
    assert (await put(member, target, other)).status_code >= 400
    assert (await put(member, target, picture.content)).status_code == 200
    again = await request(member, home.project.id, [announced(picture)], batchId=asked["batch"]["id"])
    assert again["uploads"][0]["url"] is None, "its bytes are there"
