"""previewAugmentation over HTTP: small pictures of one image under settings that nobody has made a version of yet, or
as a version froze it, and a sentence where there can be none."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adapters.local_store import LocalStore
from adapters.presence import PREVIEWS, announce
from domain import augmentation_preview
from domain.annotations import create_annotations
from domain.models.asset import Asset
from domain.models.geometry import Box
from domain.models.people import TeamRole
from marked_images import bright_parts, marked_image
from pictures import Picture, encoded, pixels
from seeds import Home, add_images, add_pending, add_project, drawn, freeze, join, make_home, request_version
from stack import Caller, Stack, codes
from uploading import bring
from workers.preview import AugmentationPreview

ERRORS = "userErrors { code message field }"
PREVIEW = f"""query($asset: ID!, $version: ID, $preprocessing: PreprocessingInput, $augmentation: AugmentationInput,
  $copies: Int) {{ previewAugmentation(assetId: $asset, versionId: $version, preprocessing: $preprocessing,
  augmentation: $augmentation, copies: $copies) {{
  images {{ dataUrl width height annotations {{ weedType box {{ x y width height }} }} }} {ERRORS} }} }}"""
CREATE = "mutation($input: CreateVersionInput!) { createVersion(input: $input) { version { id } } }"
PROGRESS = "subscription($id: ID!) { versionProgress(versionId: $id) { cursor stage } }"
ASSETS = "query($id: ID!) { version(id: $id) { assets { nodes { assetId asset { id } split } } } }"
DELETE = f"mutation($ids: [ID!]!) {{ deleteAssets(ids: $ids) {{ {ERRORS} }} }}"

BOXES = (Box(40, 30, 60, 40), Box(300, 200, 80, 60), Box(420, 260, 50, 70))
WIDTH, HEIGHT = 640, 480


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


@pytest.fixture
def owner(api: Stack, home: Home) -> Caller:
    return api.caller(home.owner)


@pytest.fixture
async def worker(api: Stack) -> AsyncIterator[None]:
    async with api.io_worker():
        yield


@pytest.fixture
async def marked(api: Stack, home: Home, owner: Caller, worker: None, tmp_path: Path) -> Asset:
    """An image with a bright block under each of BOXES, the second of the class `gorse`."""
    _, path = marked_image(tmp_path, BOXES, width=WIDTH, height=HEIGHT)
    results = await bring(owner, home.project.id, [Picture("field.jpg", path.read_bytes())])
    asset = await api.database.read(lambda uow: uow.assets.get(results["field.jpg"]["asset"]["id"]))
    assert asset is not None
    notes = [drawn(asset, name, box) for name, box in zip(("wattle", "gorse", "wattle"), BOXES, strict=True)]
    await create_annotations(api.database, home.principal, home.project.id, notes)
    return asset


async def shown(caller: Caller, asset: Asset | str, **more: Any) -> list[dict[str, Any]]:
    id_ = asset if isinstance(asset, str) else asset.id
    images: list[dict[str, Any]] = (await caller.done(PREVIEW, asset=id_, **more))["images"]
    return images


async def refused(caller: Caller, asset: Asset, **more: Any) -> tuple[str, str, str]:
    """Code, path and sentence of the one user error, beside no picture."""
    payload = await caller.data(PREVIEW, asset=asset.id, **more)
    assert payload["images"] == []
    (error,) = payload["userErrors"]
    return error["code"], ".".join(error["field"] or ()), error["message"]


def opened(image: dict[str, Any]) -> Image.Image:
    head, _, data = image["dataUrl"].partition(",")
    assert head == "data:image/jpeg;base64"
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert (picture.format, picture.size) == ("JPEG", (image["width"], image["height"]))
    return picture


def assert_marked(image: dict[str, Any]) -> None:
    """There is a bright block under each box. What a turn moved out of the picture for the most part has none."""
    boxes = [one["box"] for one in image["annotations"]]
    parts = bright_parts(np.asarray(opened(image).convert("RGB")))
    assert len(parts) >= len(boxes) > 0
    for box in boxes:
        centres = [centre for _, centre, _ in parts]
        inside = [
            box["x"] <= x <= box["x"] + box["width"] and box["y"] <= y <= box["y"] + box["height"] for x, y in centres
        ]
        assert sum(inside) == 1, (box, centres)


async def test_the_image_and_its_copies_come_with_their_boxes(api: Stack, home: Home, marked: Asset) -> None:
    await add_pending(api.database, marked)
    viewer = api.caller(await join(api.database, home.team, TeamRole.VIEWER))
    images = await shown(viewer, marked, augmentation={"horizontalFlip": True, "rotation": 15})
    assert len(images) == 5, "the picture and 4 copies"
    assert [(one["width"], one["height"]) for one in images] == [(320, 240)] * 5
    first = images[0]["annotations"]
    assert sorted(one["weedType"] for one in first) == ["gorse", "wattle", "wattle"], "not what waits for review"
    assert {(one["box"]["x"], one["box"]["width"]) for one in first} == {(b.x / 2, b.width / 2) for b in BOXES}
    for image in images:
        assert_marked(image)
    assert len({one["dataUrl"] for one in images}) == 5


async def test_preprocessing_is_shown_as_a_version_would_apply_it(owner: Caller, marked: Asset) -> None:
    (plain,) = await shown(owner, marked)
    assert len(plain["annotations"]) == 3
    settings = {
        "tile": {"rows": 2, "columns": 2},
        "resize": {"width": 64, "height": 64, "mode": "FIT_WHITE"},
        "dropClasses": ["gorse"],
        "classRemap": [{"from": "wattle", "to": "acacia"}],
    }
    (tile,) = await shown(owner, marked, preprocessing=settings)
    assert (tile["width"], tile["height"]) == (64, 64)
    assert [one["weedType"] for one in tile["annotations"]] == ["acacia"]
    assert opened(tile).convert("L").getpixel((32, 2)) == 255


async def test_the_multiplier_counts_for_nothing_and_copies_does(owner: Caller, marked: Asset) -> None:
    for augmentation, copies, expected in (
        ({"preset": "MEDIUM", "multiplier": 1}, 2, 3),
        ({"preset": "HEAVY"}, 9, 10),
        ({"multiplier": 5}, 4, 1),
        ({"preset": "NONE"}, 4, 1),
        (None, 4, 1),
    ):
        assert len(await shown(owner, marked, augmentation=augmentation, copies=copies)) == expected


async def test_what_is_wrong_with_the_settings_is_said_at_its_field(owner: Caller, marked: Asset) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"augmentation": {"rotation": 46}}, "augmentation.rotation"),
        ({"augmentation": {"multiplier": 11}}, "augmentation.multiplier"),
        ({"augmentation": {"cutoutCount": 3}}, "augmentation.cutoutSize"),
        ({"preprocessing": {"resize": {"width": 8, "height": 64}}}, "preprocessing.resize.width"),
        ({"preprocessing": {"dropClasses": []}}, "preprocessing.dropClasses"),
        ({"preprocessing": {"maxEmptyFraction": 2}}, "preprocessing.maxEmptyFraction"),
        ({"copies": 0}, "copies"),
        ({"copies": 10}, "copies"),
    ]
    for more, path in cases:
        assert (await refused(owner, marked, **more))[:2] == ("INVALID", path)


async def test_a_version_shows_what_it_froze_under_its_own_settings(
    api: Stack, home: Home, owner: Caller, marked: Asset
) -> None:
    wanted = {
        "projectId": home.project.id,
        "augmentation": {"preset": "MEDIUM"},
        "preprocessing": {"grayscale": True, "classRemap": [{"from": "gorse", "to": "furze"}]},
        "splits": {"train": 1, "val": 0, "test": 0},
    }
    version = (await owner.data(CREATE, input=wanted))["version"]["id"]
    assert (await owner.events(PROGRESS, id=version))[-1]["stage"] == "READY"
    await create_annotations(api.database, home.principal, home.project.id, [drawn(marked, "late")])
    images = await shown(owner, marked, version=version, copies=9)
    assert len(images) == 3, "as many copies as the version has"
    assert sorted(one["weedType"] for one in images[0]["annotations"]) == ["furze", "wattle", "wattle"]
    assert len(await shown(owner, marked, version=version, copies=1)) == 2
    for name in ("preprocessing", "augmentation"):
        assert (await refused(owner, marked, version=version, **{name: {}}))[:2] == ("INVALID", name)
    assert await owner.done(DELETE, ids=[marked.id]) == {}
    (row,) = (await owner.data(ASSETS, id=version))["assets"]["nodes"]
    assert row == {"assetId": marked.id, "asset": None, "split": "TRAIN"}
    assert await shown(owner, row["assetId"], version=version, copies=9) == images, "also when the asset is gone"


async def test_images_that_are_not_trained_on_have_no_copies(home: Home, owner: Caller, marked: Asset) -> None:
    more = [Picture(f"{seed}.jpg", encoded(pixels(seed))) for seed in range(3)]
    await bring(owner, home.project.id, more)
    wanted = {
        "projectId": home.project.id,
        "augmentation": {"preset": "LIGHT"},
        "splits": {"train": 0.5, "val": 0.5, "test": 0},
        "filters": {"includeEmpty": True},
    }
    version = (await owner.data(CREATE, input=wanted))["version"]["id"]
    assert (await owner.events(PROGRESS, id=version))[-1]["stage"] == "READY"
    for row in (await owner.data(ASSETS, id=version))["assets"]["nodes"]:
        images = await shown(owner, row["assetId"], version=version)
        assert len(images) == (2 if row["split"] == "TRAIN" else 1)


async def test_a_version_without_frozen_images_has_none_to_show(api: Stack, home: Home, owner: Caller) -> None:
    (asset,) = await add_images(api.database, home.project, ["one"])
    await create_annotations(api.database, home.principal, home.project.id, [drawn(asset)])
    version = (await owner.data(CREATE, input={"projectId": home.project.id}))["version"]["id"]
    code, path, message = await refused(owner, asset, version=version)
    assert (code, path) == ("NOT_READY", "versionId")
    assert "once it is READY" in message


async def test_a_version_shows_no_image_but_its_own(api: Stack, home: Home, owner: Caller, tmp_path: Path) -> None:
    sister = await add_project(api.database, home.team, "South block")
    frozen, strange = [(await add_images(api.database, one, ["one"]))[0] for one in (home.project, sister)]
    await create_annotations(api.database, home.principal, home.project.id, [drawn(frozen)])
    version = await freeze(api.database, api.services.store, tmp_path, await request_version(api.database, home))
    (later,) = await add_images(api.database, home.project, ["later"])
    for asset in (strange, later):
        assert codes(await owner.ask(PREVIEW, asset=asset.id, version=version.id)) == ["NOT_FOUND"]
    stranger = await make_home(api.database)
    (theirs,) = await add_images(api.database, stranger.project, ["theirs"])
    for asset_id, version_id in ((frozen.id, None), (frozen.id, version.id), (theirs.id, version.id)):
        answer = await api.caller(stranger.owner).ask(PREVIEW, asset=asset_id, version=version_id)
        assert codes(answer) == ["NOT_FOUND"]


async def test_an_image_that_was_not_read_yet_is_named(api: Stack, home: Home, owner: Caller) -> None:
    (asset,) = await add_images(api.database, home.project, ["one"])
    await api.database.write(lambda uow: uow.assets.update(asset.id, sha256=None))
    code, path, message = await refused(owner, asset)
    assert (code, path) == ("NOT_READY", "assetId")
    assert message.startswith("one.jpg has not been read yet")


async def test_without_a_worker_the_answer_is_there_at_once(api: Stack, home: Home, owner: Caller) -> None:
    await api.services.redis.delete(PREVIEWS)
    (asset,) = await add_images(api.database, home.project, ["one"])
    code, _, message = await refused(owner, asset)
    assert code == "UNAVAILABLE"
    assert "agridrone worker io" in message


async def test_a_worker_that_does_not_answer_is_given_up(
    api: Stack, home: Home, owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(augmentation_preview, "ANSWER_SECONDS", 0.2)
    await announce(api.services.redis, PREVIEWS)
    (asset,) = await add_images(api.database, home.project, ["one"])
    code, _, message = await refused(owner, asset)
    assert (code, message) == ("UNAVAILABLE", "No worker answered within 0.2 seconds; try again.")
    await api.services.redis.delete(PREVIEWS)


async def test_an_original_that_is_lost_or_no_image_is_named(api: Stack, owner: Caller, marked: Asset) -> None:
    store = api.services.store
    assert isinstance(store, LocalStore)
    await store.delete(marked.s3_key)
    code, _, message = await refused(owner, marked)
    assert code == "UNSUPPORTED"
    assert message.startswith("field.jpg: It is missing from the object store")
    await store.put(marked.s3_key, b"no image at all", "image/jpeg")
    code, _, message = await refused(owner, marked)
    assert code == "UNSUPPORTED"
    assert message.startswith("field.jpg: ")


async def test_an_original_is_fetched_once_for_many_settings(
    api: Stack, owner: Caller, marked: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    real = api.services.store.download

    async def download(key: str, path: Path) -> str:
        fetched.append(key)
        return await real(key, path)

    monkeypatch.setattr(api.services.store, "download", download)
    calls = [shown(owner, marked, augmentation={"verticalFlip": True, "seed": seed}) for seed in range(4)]
    assert len(await asyncio.gather(*calls)) == 4
    assert fetched == [marked.s3_key]


class _Slow:
    """A sandbox that takes as long as it is told to."""

    def __init__(self) -> None:
        self.release = asyncio.Event()

    async def call(self, task: str, /, *, seconds: float, **arguments: Any) -> dict[str, Any]:
        await self.release.wait()
        return {"images": []}


async def test_more_previews_than_there_is_room_for_are_sent_away(api: Stack, home: Home, tmp_path: Path) -> None:
    (asset,) = await add_images(api.database, home.project, ["one"])
    await api.services.store.put(asset.s3_key, b"bytes", "image/jpeg")
    sandbox = _Slow()
    preview = AugmentationPreview(api.services.store, sandbox, tmp_path / "originals")  # type: ignore[arg-type]
    request = {"image": {"key": asset.s3_key, "size": 5, "filename": "one.jpg"}, "config": {}, "copies": 1}
    waiting = [asyncio.create_task(preview.answer(request)) for _ in range(8)]
    await asyncio.sleep(0)
    assert (await preview.answer(request))["error"] == "UNAVAILABLE"
    sandbox.release.set()
    assert await asyncio.gather(*waiting) == [{"images": []}] * 8
    assert await preview.answer(request) == {"images": []}
