"""`agridrone version preview` as a process of its own, against a real server with a worker."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.class_colours import class_colours
from domain.annotations import create_annotations
from domain.models.geometry import Box
from marked_images import marked_image
from metered_site import Meter, Site
from pictures import Picture
from seeds import drawn, make_home
from stack import Stack
from uploading import bring

CLASSES = ("gorse", "wattle")


@pytest.fixture
async def site(api: Stack) -> AsyncIterator[Site]:
    async with api.io_worker():
        yield Site(api, Meter(), await make_home(api.database))


@pytest.fixture
async def field(site: Site, tmp_path: Path) -> Site:
    """Ten images, each with an object of either class, all of them frozen in version 1 with one copy of each."""
    pictures, boxes = [], {}
    for number in range(10):
        name, box = f"DJI_{number}.JPG", Box(20 + 10 * number, 30, 60, 50)
        _, path = marked_image(tmp_path, [box], name=name)
        pictures.append(Picture(name, path.read_bytes()))
        boxes[name] = box
    results = await bring(site.owner, site.home.project.id, pictures)
    ids = [results[name]["asset"]["id"] for name in boxes]
    assets = await site.api.database.read(lambda uow: uow.assets.get_many(ids))
    for asset in assets.values():
        notes = [drawn(asset, "wattle", boxes[asset.filename]), drawn(asset, "gorse", Box(5, 110, 30, 40))]
        await create_annotations(site.api.database, site.home.principal, site.home.project.id, notes)
    result = await site.run("version", "create", "--preset", "light", "--val", "0.2", "--test", "0", "--train", "0.8")
    assert result.code == 0, result
    return site


@pytest.mark.parametrize("name", ["sheet.png", "sheet.jpg"])
async def test_a_sheet_shows_images_copies_and_boxes(field: Site, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    result = await field.run("version", "preview", "1", "--out", out, "--images", "4", "--split", "train", "--json")
    assert result.code == 0, result
    told = json.loads(result.out)
    assert (told["out"], len(told["images"]), told["pictures"]) == (str(out), 4, 8)
    assert {image["split"] for image in told["images"]} == {"TRAIN"}
    with Image.open(out) as sheet:
        assert sheet.format == {"png": "PNG", "jpg": "JPEG"}[name[-3:]]
        pixels = np.asarray(sheet.convert("RGB")).astype(int)
    for class_name, colour in class_colours(CLASSES).items():
        near = (np.abs(pixels - colour).max(axis=2) < 40).sum()
        assert near > 8 * 100, class_name


async def test_all_images_are_few_enough_for_a_sheet(field: Site, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    result = await field.run("version", "preview", "v1", "--out", out, "--images", "50", "--copies", "9")
    assert result.code == 0, result
    assert result.out == f"{out}: 10 images of 10, 18 pictures.\n", "8 of training with a copy, 2 of validation without"
    again = await field.run("version", "preview", "v1", "--out", out, "--images", "1", "--split", "test")
    assert again.code == 2
    assert again.errors == "Version 1 (North block-v1) is READY and has no images in TEST.\n"


async def test_a_call_that_cannot_be_answered_is_told_in_a_sentence(field: Site, tmp_path: Path) -> None:
    wrong = await field.run("version", "preview", "1", "--out", tmp_path / "sheet.gif")
    assert (wrong.code, wrong.errors) == (2, "--out: sheet.gif is no name of a .png or .jpg file.\n")
    nowhere = tmp_path / "nowhere" / "sheet.png"
    result = await field.run("version", "preview", "1", "--out", nowhere, "--images", "1")
    assert result.code == 2
    assert "there is no folder" in result.errors
