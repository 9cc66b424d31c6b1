"""`agridrone shadow`: a version against its own export, which then is spoiled in one way after another."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.client import Client
from cli.misuse import MisuseError
from cli.shadow.shadowing import Wish, compare
from cli.version.making import CREATE, PROGRESS
from domain.annotations import NewAnnotation, create_annotations
from domain.models.annotation import AnnotationSource
from domain.models.geometry import Box
from made_archives import exporting
from metered_site import Meter, Site
from pictures import Picture, jpeg, real_data
from renderers import renderer
from seeds import make_home
from stack import running_api
from uploading import bring
from workers.dataset_archives import DatasetArchives

IMAGES = 6
FRAMED = {"preprocessing": {"resize": {"width": 320, "height": 400, "mode": "FIT_BLACK"}}}
SWITCH = """mutation($id: ID!, $on: Boolean) { updateProject(input: {id: $id, datasetVersions: $on}) {
  userErrors { code } project { id } } }"""
VERSIONS = "query($id: ID!) { project(id: $id) { versions { nodes { version displayName } } } }"


@pytest.fixture
async def idle_site(sqlite_url: str, embedded_redis_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """Without images, and without a worker."""
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url) as api:
        yield Site(api, Meter(), await make_home(api.database))


@pytest.fixture
async def site(idle_site: Site) -> AsyncIterator[Site]:
    """With small images and many boxes on them, the real ones where they are at hand."""
    async with idle_site.api.io_worker():
        await planted(idle_site)
        yield idle_site


async def planted(site: Site) -> None:
    boxes = real_boxes() or {name: made_boxes(number) for number, name in enumerate(made_names())}
    folder = real_data()
    content = {
        name: (folder / name).read_bytes() if folder else jpeg(number, 320, 240) for number, name in enumerate(boxes)
    }
    results = await bring(site.owner, site.home.project.id, [Picture(name, data) for name, data in content.items()])
    notes = [
        NewAnnotation(results[name]["asset"]["id"], label, box, None, None, None, False, AnnotationSource.MANUAL)
        for name, found in boxes.items()
        for label, box in found
    ]
    await create_annotations(site.api.database, site.home.principal, site.home.project.id, notes)


def real_boxes() -> dict[str, list[tuple[str, Box]]]:
    """Of the smallest images with 20 boxes and more."""
    folder = real_data()
    if folder is None:
        return {}
    listing = json.loads((folder / "annotations.json").read_text())
    boxes = defaultdict(list)
    for one in listing["annotations"]:
        boxes[one["image"]].append((one["label"], Box(*(float(value) for value in one["bbox"]))))
    small = [one["file"] for one in listing["images"] if one["width"] < 700 and len(boxes[one["file"]]) >= 20]
    return {name: boxes[name] for name in small[:IMAGES]}


def made_names() -> list[str]:
    return [f"images/DJI_{number:04}.JPG" for number in range(IMAGES)]


def made_boxes(number: int) -> list[tuple[str, Box]]:
    return [(("wattle", "gorse")[place % 2], Box(10.5 + 60 * place, 20.0 + number, 30, 25.5)) for place in range(5)]


async def exported(site: Site, folder: Path) -> Path:
    """The first version, made and exported as a YOLO archive."""
    version = (await site.owner.done(CREATE, input={"projectId": site.home.project.id, **FRAMED}))["version"]
    assert (await site.owner.events(PROGRESS, versionId=version["id"]))[-1]["stage"] == "READY"
    store = site.api.services.store
    async with renderer(folder) as rendering, exporting(site.api, folder, DatasetArchives(store, rendering)):
        result = await site.run("version", "download", "1", folder / "exports", "--format", "yolo", "--json")
    assert result.code == 0, result
    return Path(json.loads(result.out)["path"])


async def compared(site: Site, folder: Path, version: str | None = "1") -> dict[str, int]:
    """How many differences of each kind there are from that version, or from a new one."""
    assert site.owner.token is not None
    wish = Wish(site.home.project.id, version, {}, folder, 0.9)
    async with Client(site.api.address, site.owner.token) as client:
        _, report = await compare(client, wish, quiet=True)
    return dict(Counter(one.kind.value for one in report.differences))


async def numbers(site: Site) -> dict[int, str | None]:
    found = (await site.owner.data(VERSIONS, id=site.home.project.id))["versions"]["nodes"]
    return {one["version"]: one["displayName"] for one in found}


async def test_a_version_is_its_own_export_and_each_way_to_spoil_that_is_found(site: Site, tmp_path: Path) -> None:
    archive = await exported(site, tmp_path)
    (tmp_path / "framed.json").write_text(json.dumps(FRAMED))
    whole = await site.run("shadow", archive, "--input", tmp_path / "framed.json")
    assert whole.code == 0, whole
    assert "no difference." in whole.out
    assert f"{IMAGES} by the digits" in whole.out
    assert "Version 2 was frozen for this" in whole.out
    assert await numbers(site) == {2: f"shadow of {archive.name}", 1: None}

    old = tmp_path / "old"
    with zipfile.ZipFile(archive) as file:
        file.extractall(old)
    assert await compared(site, old) == {}
    picture = next((old / "train" / "images").iterdir())
    labels = old / "train" / "labels" / f"{picture.stem}.txt"
    lines = labels.read_text().splitlines(keepends=True)

    labels.write_text("".join(lines[1:]))
    assert await compared(site, old) == {"BOX_ONLY_IN_VERSION": 1}
    labels.write_text("".join([*lines, "0 0.001 0.001 0.002 0.002\n"]))
    assert await compared(site, old) == {"BOX_ONLY_IN_FOLDER": 1}
    index, x, y, width, height = lines[0].split()
    labels.write_text("".join([f"{index} {x} {y} {float(width) * 0.8:.6f} {height}\n", *lines[1:]]))
    assert await compared(site, old) == {"BOX_MOVED": 1}
    labels.write_text("".join([*lines, "0 0.5 0.5 0.1\n"]))
    assert await compared(site, old) == {"FAULT_IN_FOLDER": 1}
    labels.write_text("".join(lines))

    for kind, one in (("images", picture), ("labels", labels)):
        (old / "valid" / kind).mkdir(parents=True, exist_ok=True)
        shutil.move(one, old / "valid" / kind / one.name)
    assert await compared(site, old) == {"SPLIT_MOVED": 1}
    shutil.copy(old / "valid" / "images" / picture.name, picture)
    shutil.move(old / "valid" / "labels" / labels.name, labels)
    (old / "valid" / "images" / picture.name).rename(old / "valid" / "images" / "of_no_image.jpg")
    assert await compared(site, old) == {"IMAGE_ONLY_IN_FOLDER": 1}
    (old / "valid" / "images" / "of_no_image.jpg").unlink()
    assert await compared(site, old) == {}, "it is as it was"
    picture.unlink()
    labels.unlink()
    assert await compared(site, old) == {"IMAGE_ONLY_IN_VERSION": 1}

    result = await site.run("shadow", old, "--version", "v1")
    assert result.code == 1, result
    assert "Images only in the version: 1" in result.out
    assert "was frozen for this" not in result.out
    assert len(await numbers(site)) == 2


async def test_what_cannot_be_compared_ends_with_2_and_freezes_nothing(idle_site: Site, tmp_path: Path) -> None:
    site, old = idle_site, tmp_path / "old"
    result = await site.run("shadow", tmp_path, "--version", "1")
    assert (result.code, "has no data.yaml" in result.errors) == (2, True), result
    (old / "train" / "images").mkdir(parents=True)
    (old / "train" / "images" / "a.jpg").write_bytes(b"picture")
    (old / "data.yaml").write_text("train: train/images\nval: train/images\nnames: [wattle]\n")
    with pytest.raises(MisuseError, match="has no version 1"):
        await compared(site, old)
    await site.owner.done(SWITCH, id=site.home.project.id, on=False)
    result = await site.run("shadow", old)
    assert (result.code, "switched off for North block" in result.errors) == (2, True), result
    assert await numbers(site) == {}
