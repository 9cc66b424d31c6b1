"""Thumbnails of images, and taking images out of a project, on the embedded parts and on MariaDB."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from domain.ids import new_id
from domain.models.people import TeamRole
from hostile_images import CAMERA, camera_photo
from pictures import Picture, jpeg, turned
from seeds import Home, add_images, annotate, freeze, join, make_home, request_version
from stack import Caller, Stack, codes
from uploading import bring

THUMBNAIL = "query($id: ID!, $size: Int) { asset(id: $id) { thumbnailUrl(size: $size) url } }"
DELETE = "mutation($ids: [ID!]!) { deleteAssets(ids: $ids) { deletedIds userErrors { code message field } } }"
PROJECT = """query($id: ID!) { project(id: $id) { totalImages totalAnnotations
  assets { totalCount nodes { id } }
  version(number: 1) { imageCount assets { nodes { filename annotations { weedType } asset { id } } } } } }"""


@dataclass(frozen=True, slots=True)
class Site:
    """A project, and a member of its team."""

    api: Stack
    home: Home
    member: Caller


@pytest.fixture
async def site(any_api: Stack) -> Site:
    home = await make_home(any_api.database)
    return Site(any_api, home, any_api.caller(await join(any_api.database, home.team, TeamRole.MEMBER)))


async def thumbnail(caller: Caller, asset_id: str, size: int | None) -> Image.Image:
    address = (await caller.data(THUMBNAIL, id=asset_id, size=size))["thumbnailUrl"]
    answer = await caller.http.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    return Image.open(io.BytesIO(answer.content), formats=["JPEG"])


async def uploaded(site: Site, picture: Picture) -> dict[str, Any]:
    async with site.api.io_worker():
        result = (await bring(site.member, site.home.project.id, [picture]))[picture.filename]
    assert result["error"] is None
    asset: dict[str, Any] = result["asset"]
    return asset


async def test_a_thumbnail_is_at_most_as_large_as_asked(site: Site) -> None:
    asset = await uploaded(site, Picture("wide.jpg", jpeg(1, 900, 300)))
    for wanted, longest in ((64, 64), (100, 64), (160, 160), (200, 160), (None, 320), (320, 320), (4000, 640)):
        picture = await thumbnail(site.member, asset["id"], wanted)
        assert max(picture.size) == longest, wanted
        assert picture.width / picture.height == pytest.approx(3, rel=0.05)


async def test_a_thumbnail_stands_upright_and_tells_nothing_of_the_camera(site: Site) -> None:
    turned_one = await uploaded(site, Picture("turned.jpg", turned(6)))
    small = await thumbnail(site.member, turned_one["id"], 64)
    assert small.height == 2 * small.width
    photo = await uploaded(site, Picture("photo.jpg", camera_photo()))
    assert photo["gpsLatitude"] is not None
    address = (await site.member.data(THUMBNAIL, id=photo["id"]))["thumbnailUrl"]
    content = (await site.member.http.get(address)).content
    assert CAMERA not in content
    assert b"Exif" not in content
    assert Image.open(io.BytesIO(content)).getexif() == {}


async def test_a_size_below_the_smallest_is_refused(site: Site) -> None:
    (asset,) = await add_images(site.api.database, site.home.project, ["a"])
    for size in (63, 0, -1):
        assert codes(await site.member.ask(THUMBNAIL, id=asset.id, size=size)) == ["BAD_USER_INPUT"]


async def test_an_image_without_thumbnails_shows_its_original(site: Site) -> None:
    (asset,) = await add_images(site.api.database, site.home.project, ["adopted"])
    shown = await site.member.data(THUMBNAIL, id=asset.id)
    assert shown["thumbnailUrl"].partition("?")[0] == shown["url"].partition("?")[0]


async def test_a_deleted_image_is_gone_from_the_project_and_stays_in_its_version(site: Site, tmp_path: Path) -> None:
    database = site.api.database
    first, second = await add_images(database, site.home.project, ["a", "b"])
    await annotate(database, site.home, [first, second])
    await freeze(database, site.api.services.store, tmp_path, await request_version(database, site.home))
    gone = await site.member.done(DELETE, ids=[first.id, first.id])
    assert gone["deletedIds"] == [first.id]
    project = await site.member.data(PROJECT, id=site.home.project.id)
    assert (project["totalImages"], project["totalAnnotations"]) == (1, 1)
    assert project["assets"] == {"totalCount": 1, "nodes": [{"id": second.id}]}
    frozen = {one["filename"]: one for one in project["version"]["assets"]["nodes"]}
    assert project["version"]["imageCount"] == 2
    assert (frozen["a.jpg"]["asset"], frozen["a.jpg"]["annotations"]) == (None, [{"weedType": "wattle"}])
    assert frozen["b.jpg"]["asset"] == {"id": second.id}


async def test_images_are_deleted_all_or_none(site: Site) -> None:
    (image,) = await add_images(site.api.database, site.home.project, ["a"])
    assert codes(await site.member.ask(DELETE, ids=[image.id, new_id()])) == ["NOT_FOUND"]
    too_many = await site.member.data(DELETE, ids=[new_id() for _ in range(1001)])
    assert [error["code"] for error in too_many["userErrors"]] == ["INVALID"]
    assert [error["code"] for error in (await site.member.data(DELETE, ids=[]))["userErrors"]] == ["INVALID"]
    project = await site.member.data(PROJECT, id=site.home.project.id)
    assert project["totalImages"] == 1


async def test_a_deleted_image_can_be_uploaded_again(site: Site) -> None:
    picture = Picture("field.jpg", jpeg(7))
    asset = await uploaded(site, picture)
    await site.member.done(DELETE, ids=[asset["id"]])
    again = await uploaded(site, picture)
    assert again["id"] != asset["id"]
    assert (await site.member.http.get(again["url"])).content == picture.content
