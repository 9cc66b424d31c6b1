"""Uploads from the announcement to the asset, by HTTP, on the embedded parts and on MariaDB with Redis."""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from domain.keys import original_key, upload_key
from domain.models.people import TeamRole
from pictures import LATITUDE, LONGITUDE, Picture, drone_mpo, encoded, jpeg, pixels, real_data, tiff, turned
from seeds import Home, join, make_home
from stack import Caller, Stack
from uploading import announced, bring, complete, finished, put, request


@dataclass(frozen=True, slots=True)
class Site:
    """A project, and a member of its team at work there."""

    api: Stack
    home: Home
    member: Caller

    @property
    def project_id(self) -> str:
        return self.home.project.id

    def objects(self) -> list[Path]:
        """Every file of the object store but thumbnails, half-written ones too."""
        files = [path for path in self.api.services.settings.objects_dir.rglob("*") if path.is_file()]
        return [path for path in files if "thumbnails" not in path.parts]


@pytest.fixture
async def site(any_api: Stack) -> AsyncIterator[Site]:
    home = await make_home(any_api.database)
    member = any_api.caller(await join(any_api.database, home.team, TeamRole.MEMBER))
    async with any_api.io_worker():
        yield Site(any_api, home, member)


async def test_drone_files_become_assets_with_their_facts(site: Site) -> None:
    pictures = [
        Picture("DJI_0010.JPG", drone_mpo()),
        Picture("north block (2) – May.jpg", turned(6)),
        Picture("half turn.jpg", turned(3, seed=8)),
        Picture("ortho.tif", tiff()),
        Picture("tile.png", encoded(pixels(5), "PNG")),
        Picture("web.webp", encoded(pixels(6), "WEBP")),
    ]
    results = await bring(site.member, site.project_id, pictures)
    assert {name: result["error"] for name, result in results.items()} == dict.fromkeys(results)
    assets = {name: result["asset"] for name, result in results.items()}
    assert {name: (asset["width"], asset["height"], asset["contentType"]) for name, asset in assets.items()} == {
        "DJI_0010.JPG": (160, 90, "image/jpeg"),
        "north block (2) – May.jpg": (60, 120, "image/jpeg"),
        "half turn.jpg": (120, 60, "image/jpeg"),
        "ortho.tif": (64, 48, "image/tiff"),
        "tile.png": (64, 48, "image/png"),
        "web.webp": (64, 48, "image/webp"),
    }
    drone = assets["DJI_0010.JPG"]
    assert drone["gpsLatitude"] == pytest.approx(LATITUDE, abs=1e-6)
    assert drone["gpsLongitude"] == pytest.approx(LONGITUDE, abs=1e-6)
    assert drone["capturedAt"] == "2023-07-14T10:20:30+00:00"
    assert (assets["tile.png"]["gpsLatitude"], assets["tile.png"]["capturedAt"]) == (None, None)
    for picture in pictures:
        got = await site.member.http.get(assets[picture.filename]["url"])
        assert got.content == picture.content
        assert got.headers["content-type"] == assets[picture.filename]["contentType"]
        stored = original_key(site.home.team.id, hashlib.sha256(picture.content).hexdigest())
        assert await site.api.services.store.size(stored) == len(picture.content)
    assert len(site.objects()) == len(pictures), "what was uploaded is kept once, under its content's key"


async def test_real_drone_files_become_assets(site: Site) -> None:
    folder = real_data()
    if folder is None:
        pytest.skip("the real images are not here; set REALDATA_DIR")
    names = ["DJI_0010.JPG", "DJI_0028.JPG", "OSBS_029.tif", "2019_BLAN_3_751000_4330000_image_crop.jpg", "MOS74.png"]
    pictures = [Picture(name, (folder / "images" / name).read_bytes()) for name in names]
    spaced = Picture("flight 3 DJI 0030.JPG", (folder / "images" / "DJI_0030.JPG").read_bytes())
    results = await bring(site.member, site.project_id, [*pictures, spaced])
    assert [result["error"] for result in results.values()] == [None] * 6
    first = results["DJI_0010.JPG"]["asset"]
    assert (first["width"], first["height"]) == (4000, 2250)
    assert first["gpsLatitude"] == pytest.approx(53.9190128, abs=1e-6)
    assert first["gpsLongitude"] == pytest.approx(27.5765125, abs=1e-6)
    assert results["flight 3 DJI 0030.JPG"]["asset"]["gpsLatitude"] == pytest.approx(53.9196301, abs=1e-6)
    assert results["OSBS_029.tif"]["asset"]["contentType"] == "image/tiff"


async def test_bytes_that_the_project_has_come_back_as_their_asset(site: Site) -> None:
    picture = Picture("first.jpg", jpeg())
    asset = (await bring(site.member, site.project_id, [picture]))["first.jpg"]["asset"]
    again = await request(site.member, site.project_id, [announced(picture, filename="second.jpg")])
    assert again["uploads"] == [
        {"uploadId": None, "url": None, "headers": [], "existingAsset": {"id": asset["id"], "filename": "first.jpg"}}
    ]
    assert again["batch"]["status"] == "DONE"
    elsewhere = await make_home(site.api.database, "South")
    stranger = site.api.caller(elsewhere.owner)
    (target,) = (await request(stranger, elsewhere.project.id, [announced(picture)]))["uploads"]
    assert target["existingAsset"] is None
    assert target["url"] is not None, "knowing a hash gives nobody another team's bytes"


async def test_an_open_upload_is_given_again_and_not_sent_twice(site: Site) -> None:
    picture = Picture("one.jpg", jpeg())
    first = await request(site.member, site.project_id, [announced(picture)])
    batch = {"batchId": first["batch"]["id"]}
    second = await request(site.member, site.project_id, [announced(picture), announced(picture)], **batch)
    upload_id = first["uploads"][0]["uploadId"]
    assert [target["uploadId"] for target in second["uploads"]] == [upload_id] * 2
    assert all(target["url"] for target in second["uploads"])
    assert (await put(site.member, second["uploads"][1], picture.content)).status_code == 200
    third = await request(site.member, site.project_id, [announced(picture)], **batch)
    assert (third["uploads"][0]["uploadId"], third["uploads"][0]["url"]) == (upload_id, None)
    await complete(site.member, site.project_id, [upload_id])
    done = await finished(site.member, first["batch"]["id"])
    assert (done["verified"], done["refused"], done["assetCount"]) == (1, 0, 1)
    await complete(site.member, site.project_id, [upload_id])
    assert await finished(site.member, first["batch"]["id"]) | {"results": None} == done | {"results": None}


async def test_other_bytes_than_announced_are_not_taken(site: Site) -> None:
    picture = Picture("one.jpg", jpeg())
    (target,) = (await request(site.member, site.project_id, [announced(picture)]))["uploads"]
    tampered = bytes([picture.content[0] ^ 1]) + picture.content[1:]
    url = urlsplit(target["url"])
    query = dict(parse_qsl(url.query))

    def address(path: str = url.path, **changes: str) -> dict[str, object]:
        changed = url._replace(path=path, query=urlencode({**query, **changes})).geturl()
        return {**target, "url": changed}

    refused = [
        (target, tampered, 400),
        (target, picture.content[:-1], 400),
        (target, picture.content + b"\0", 400),
        (target, b"", 400),
        (address(size=str(len(picture.content) + 1)), picture.content + b"\0", 403),
        (address(sha256=hashlib.sha256(tampered).hexdigest()), tampered, 403),
        (address(expires=str(int(time.time()) + 86_400)), picture.content, 403),
        (address(signature="0" * 64), picture.content, 403),
        (address(path=url.path[:-1] + "0"), picture.content, 403),
    ]
    for bad, content, status in refused:
        assert (await put(site.member, bad, content)).status_code == status
    assert (await site.member.http.get(target["url"])).status_code == 403, "an address to PUT is none to GET"
    assert site.objects() == []
    await complete(site.member, site.project_id, [target["uploadId"]])
    batch = await request(site.member, site.project_id, [announced(Picture("two.jpg", jpeg(9)))])
    assert (await put(site.member, batch["uploads"][0], jpeg(9))).status_code == 200


async def test_an_expired_address_takes_nothing(site: Site) -> None:
    content = jpeg()
    store = site.api.services.store
    long_ago = site.home.project.created_at.replace(year=2020)
    key = upload_key(site.home.team.id, "some-upload")
    late = await store.put_url(key, len(content), hashlib.sha256(content).hexdigest(), long_ago)
    answer = await site.member.http.put(late.url, content=content, headers=dict(late.headers))
    assert answer.status_code == 403
    assert "expired" in answer.json()["error"]
    assert site.objects() == []


async def test_a_batch_is_done_with_what_is_no_image_refused_by_name(site: Site) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("inside.jpg", jpeg())
    whole = jpeg(2, 640, 480)
    pictures = [
        Picture("good.jpg", jpeg(1)),
        Picture("cut off.jpg", whole[: len(whole) // 2]),
        Picture("letter.jpg", b"Dear farmer, this is a text."),
        Picture("archive.jpg", archive.getvalue()),
        Picture("vector.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ]
    results = await bring(site.member, site.project_id, pictures)
    assert results.pop("good.jpg")["error"] is None
    for name, result in results.items():
        assert result["error"]["code"] == "UNSUPPORTED", name
        assert result["error"]["message"].startswith(f"{name}: ")
        assert result["asset"] is None
    assert len(site.objects()) == 1, "of what was refused nothing is kept"


async def test_a_file_that_never_came_is_refused_and_can_be_sent_again(site: Site) -> None:
    came, missed = Picture("came.jpg", jpeg(1)), Picture("missed.jpg", jpeg(2))
    asked = await request(site.member, site.project_id, [announced(came), announced(missed)])
    assert (await put(site.member, asked["uploads"][0], came.content)).status_code == 200
    await complete(site.member, site.project_id, [target["uploadId"] for target in asked["uploads"]])
    batch = await finished(site.member, asked["batch"]["id"])
    assert (batch["status"], batch["verified"], batch["refused"]) == ("DONE", 1, 1)
    results = {result["filename"]: result for result in batch["results"]["nodes"]}
    assert results["missed.jpg"]["error"]["code"] == "NOT_READY"
    again = await bring(site.member, site.project_id, [missed])
    assert again["missed.jpg"]["error"] is None


async def test_the_same_file_announced_at_once_is_one_upload(site: Site) -> None:
    picture = Picture("one.jpg", jpeg())
    asked = await asyncio.gather(*(request(site.member, site.project_id, [announced(picture)]) for _ in range(8)))
    assert len({answer["uploads"][0]["uploadId"] for answer in asked}) == 1


async def test_who_asks_again_after_an_interruption_sends_what_is_missing_and_sees_it_all(site: Site) -> None:
    pictures = [Picture(f"{number}.jpg", jpeg(number)) for number in range(4)]
    files = [announced(picture) for picture in pictures]
    before = await request(site.member, site.project_id, files)
    for target, picture in zip(before["uploads"][:2], pictures[:2], strict=True):
        assert (await put(site.member, target, picture.content)).status_code == 200
    await complete(site.member, site.project_id, [before["uploads"][0]["uploadId"]])
    again = await request(site.member, site.project_id, files)
    assert [target["url"] is None for target in again["uploads"]] == [True, True, False, False]
    ids = [target["uploadId"] for target in again["uploads"] if target["uploadId"]]
    assert set(ids) <= {target["uploadId"] for target in before["uploads"]}
    for target, picture in zip(again["uploads"][2:], pictures[2:], strict=True):
        assert (await put(site.member, target, picture.content)).status_code == 200
    await complete(site.member, site.project_id, ids)
    batch = await finished(site.member, again["batch"]["id"])
    taken = sum(target["existingAsset"] is None for target in again["uploads"])
    assert (batch["status"], batch["verified"], batch["results"]["totalCount"]) == ("DONE", taken, taken)
    left = await finished(site.member, before["batch"]["id"])
    assert (left["status"], left["results"]["totalCount"]) == ("DONE", 4 - taken)


async def test_a_batch_that_nothing_came_by_is_not_listed(site: Site) -> None:
    picture = Picture("one.jpg", jpeg())
    first = await request(site.member, site.project_id, [announced(picture)])
    assert (await put(site.member, first["uploads"][0], picture.content)).status_code == 200
    await complete(site.member, site.project_id, [first["uploads"][0]["uploadId"]])
    await finished(site.member, first["batch"]["id"])
    again = await request(site.member, site.project_id, [announced(picture)])
    assert again["batch"]["status"] == "DONE"
    listed = "query($id: ID!) { project(id: $id) { uploadBatches { totalCount } } }"
    assert await site.member.data(listed, id=site.project_id) == {"uploadBatches": {"totalCount": 1}}
