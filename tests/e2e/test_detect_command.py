"""`agridrone detect` as a process of its own, against a real server that has Roboflow behind it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.class_colours import class_colours
from domain.models.detection import Detection
from domain.models.geometry import Box
from metered_site import Meter, Site
from pictures import drone_exif, encoded
from roboflow_server import KEY, MODEL, Canned, RoboflowServer
from seeds import make_home
from stack import running_api

PINE, WEED = Detection("pine", 0.91, Box(60, 80, 100, 60)), Detection("Ackerwinde ü", 0.4, Box(200, 150, 80, 90))
COLOURS = class_colours(sorted({PINE.weed_type, WEED.weed_type}))
SIZE = (400, 300)


@pytest.fixture
async def roboflow() -> AsyncIterator[RoboflowServer]:
    async with RoboflowServer({MODEL: [PINE, WEED]}).running() as server:
        yield server


@pytest.fixture
async def site(
    roboflow: RoboflowServer, sqlite_url: str, embedded_redis_url: str, tmp_path: Path
) -> AsyncIterator[Site]:
    async with running_api(
        tmp_path / "data", sqlite_url, embedded_redis_url, roboflow_url=roboflow.url, roboflow_api_key=KEY
    ) as api:
        home = await make_home(api.database)
        changes = {"active_roboflow_model": MODEL, "roboflow_models": (MODEL,)}
        await api.database.write(lambda uow: uow.projects.update(home.project.id, **changes))
        yield Site(api, Meter(), home)


def grey(path: Path, orientation: int = 1, size: tuple[int, int] = SIZE) -> Path:
    """An image of that upright size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = size if orientation < 5 else size[::-1]
    kind = "PNG" if path.suffix == ".png" else "JPEG"
    path.write_bytes(encoded(Image.new("RGB", stored, (90, 90, 90)), kind, exif=drone_exif(orientation)))
    return path


def near(picture: Path, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what has about that colour."""
    with Image.open(picture) as opened:
        assert opened.size == SIZE
        assert "exif" not in opened.info, "it is upright already"
        pixels = np.asarray(opened.convert("RGB")).astype(int)
    rows, columns = np.nonzero(np.abs(pixels - colour).max(axis=2) < 60)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


async def test_pictures_have_the_boxes_upright_and_the_record_has_the_numbers(
    site: Site, roboflow: RoboflowServer, tmp_path: Path
) -> None:
    images = [grey(tmp_path / "in" / "a.jpg"), grey(tmp_path / "in" / "b.jpg", 6), grey(tmp_path / "in" / "c.png")]
    before = [image.read_bytes() for image in images]
    out = tmp_path / "out"
    result = await site.run("detect", *images, "--out", out)
    assert result.code == 0, result
    assert [image.read_bytes() for image in images] == before
    assert sorted(path.name for path in out.iterdir()) == ["a.jpg", "b.jpg", "c.jpg", "detections.json"]
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        for one in (PINE, WEED):
            left, top, right, low = near(out / name, COLOURS[one.weed_type])
            # The words stand above the box, and may be wider.
            assert abs(left - one.box.x) <= 2
            assert 0 < one.box.y - top < 30
            assert (abs(low - one.box.bottom) <= 2, right >= one.box.right - 2) == (True, True)
    record = json.loads((out / "detections.json").read_text())
    first = record["images"][0]
    assert (first["image"], first["picture"], first["backend"], first["model"]) == (
        str(images[0]),
        "a.jpg",
        "ROBOFLOW",
        MODEL,
    )
    assert first["detections"][1] == {
        "weedType": WEED.weed_type,
        "confidence": 0.4,
        "box": {"x": 200, "y": 150, "width": 80, "height": 90},
    }
    lines = result.out.splitlines()
    assert lines[0].split() == ["IMAGE", "FOUND", "BACKEND", "MS"]
    assert "1 Ackerwinde ü, 1 pine  ROBOFLOW" in lines[1]
    assert lines[-1] == f"{out}: 3 pictures of 3 images, and detections.json."
    assert len(roboflow.asked) == 3


async def test_what_is_wrong_with_one_image_is_a_line_and_the_others_go_on(
    site: Site, roboflow: RoboflowServer, tmp_path: Path
) -> None:
    good, folder = grey(tmp_path / "in" / "good.jpg"), tmp_path / "in" / "deep"
    grey(folder / "good.jpg")
    (folder / "broken.jpg").write_bytes(b"no image")
    gone = tmp_path / "in" / "gone.jpg"
    result = await site.run("detect", good, folder, gone, good, "--out", tmp_path / "out", "--confidence", "0.5")
    assert result.code == 1, result
    lines = result.out.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == [
        str(good),
        str(folder / "broken.jpg"),
        str(folder / "good.jpg"),
        str(gone),
    ]
    assert "Roboflow cannot read the image" in lines[2]
    assert "It cannot be read: No such file or directory." in lines[4]
    assert "1 pine" in lines[3]
    assert lines[-1].endswith("2 pictures of 4 images, and detections.json.")
    assert sorted(path.name for path in (tmp_path / "out").glob("*.jpg")) == ["good-2.jpg", "good.jpg"]
    # Again, with another order: the pictures of before give way.
    again = await site.run("detect", folder / "good.jpg", good, "--out", tmp_path / "out", "--json")
    assert again.code == 0, again
    assert [one["picture"] for one in json.loads(again.out)["images"]] == ["good.jpg", "good-2.jpg"]
    assert len(list((tmp_path / "out").glob("*.jpg"))) == 2


async def test_files_that_were_there_stay(site: Site, tmp_path: Path) -> None:
    source, other = grey(tmp_path / "flight" / "a.jpg"), tmp_path / "flight" / "b.jpg"
    other.write_bytes(b"somebody's")
    before = source.read_bytes()
    for _ in range(2):
        result = await site.run("detect", source, "--out", tmp_path / "flight", "--model", MODEL)
        assert result.code == 0, result
        assert source.read_bytes() == before
        assert other.read_bytes() == b"somebody's"
        assert sorted(path.name for path in (tmp_path / "flight").glob("*.jpg")) == ["a-2.jpg", "a.jpg", "b.jpg"]
    drawn = (tmp_path / "flight" / "a-2.jpg").read_bytes()
    result = await site.run("detect", tmp_path / "flight" / "a-2.jpg", "--out", tmp_path / "flight")
    assert result.code == 0, result
    assert (tmp_path / "flight" / "a-2.jpg").read_bytes() == drawn, "what was drawn before is an image now"
    assert (tmp_path / "flight" / "a-2-2.jpg").exists()


async def test_boxes_of_an_image_that_was_not_turned_are_not_drawn(
    site: Site, roboflow: RoboflowServer, tmp_path: Path
) -> None:
    roboflow.turns_images = False
    result = await site.run("detect", grey(tmp_path / "a.jpg", 6), "--out", tmp_path / "out")
    assert result.code == 1
    assert "It was seen as 300 × 400 pixels and has 400 × 300" in result.out
    assert list((tmp_path / "out").glob("*.jpg")) == []


async def test_what_no_image_would_mend_ends_the_command_with_a_sentence(
    site: Site, roboflow: RoboflowServer, tmp_path: Path
) -> None:
    image, out = grey(tmp_path / "a.jpg"), tmp_path / "out"
    for arguments, code, words in (
        (("--model", "other-model/3"), 1, "There is no such model."),
        (("--backend", "local"), 1, "The project has no active model yet"),
        (("--model", "nowhere.pt"), 2, "has no model nowhere.pt"),
    ):
        result = await site.run("detect", image, "--out", out, *arguments)
        assert (result.code, words in result.errors) == (code, True), result
    (tmp_path / "empty").mkdir()
    empty = await site.run("detect", tmp_path / "empty", "--out", out)
    assert (empty.code, "has no images" in empty.errors) == (2, True)
    (tmp_path / "file").write_text("")
    nowhere = await site.run("detect", image, "--out", tmp_path / "file" / "out")
    assert (nowhere.code, "cannot be made" in nowhere.errors) == (2, True)
    assert roboflow.asked == []
    roboflow.every = Canned(403)
    refused = await site.run("detect", image, "--out", out)
    assert (refused.code, "ROBOFLOW_API_KEY" in refused.out) == (1, True)
    assert KEY not in refused.out + refused.errors
