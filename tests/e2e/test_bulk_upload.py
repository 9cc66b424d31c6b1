"""`agridrone upload` and `agridrone import` as processes of their own, against a real server that counts the bytes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

import annotation_files
import stack
from annotation_files import Mark, Scene
from cli.client import Client, PutRefusedError
from cli.local_file import LocalFile, content, fingerprint
from domain.ports import ObjectStore
from main import create_app
from metered_site import PROJECT, Meter, Site, ended
from pictures import jpeg, real_data
from seeds import add_project, make_home
from stack import running_api


@pytest.fixture
async def site(
    sqlite_url: str, embedded_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    meter = Meter()

    def metered(*arguments: Any) -> ASGIApp:
        return meter.around(create_app(*arguments))

    monkeypatch.setattr(stack, "create_app", metered)
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url) as api, api.io_worker():
        yield Site(api, meter, await make_home(api.database))
        meter.release.set()


def fill(folder: Path, names: list[str]) -> int:
    """An image a name, no two alike; the bytes of all."""
    for seed, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(jpeg(seed, 200, 100))
    return sum((folder / name).stat().st_size for name in names)


def flight(count: int) -> list[str]:
    """As drones do, each of two folders has the same names."""
    return [f"flight {number % 2}/DJI_{number // 2:04}.JPG" for number in range(count)]


def boxes(label: str) -> tuple[Mark, ...]:
    return (Mark(label, (10, 20, 30, 40)), Mark("grass", (50, 5, 20, 10), ((50, 5), (70, 5), (60, 15))))


async def test_a_folder_with_its_annotations_arrives_and_again_nothing_is_sent(site: Site, tmp_path: Path) -> None:
    folder, names = tmp_path / "block", flight(8)
    size = fill(folder, names)
    (folder / "readme.txt").write_text("no image")
    marks = [Scene(name, 200, 100, boxes(name.partition("/")[0])) for name in names]
    (tmp_path / "coco.json").write_bytes(annotation_files.coco(marks))

    first = await site.run("upload", folder, "--annotations", tmp_path / "coco.json")
    assert (first.code, site.meter.sent, site.meter.puts) == (0, size + (tmp_path / "coco.json").stat().st_size, 9)
    assert "8 added, 0 already in the project, 0 refused" in first.out
    assert "1 other file left out" in first.out
    assert "16 annotations imported, 0 skipped" in first.out
    project = await site.project()
    assert (project["totalImages"], project["totalAnnotations"]) == (8, 16)
    images = await site.images()
    assert sorted(images) == sorted(names)
    for name, image in images.items():
        assert {note["weedType"] for note in image["annotations"]} == {name.partition("/")[0], "grass"}
    (batch,) = project["uploadBatches"]["nodes"]
    assert batch == {"name": "block", "status": "DONE", "verified": 8, "refused": 0, "assetCount": 8}

    site.meter.sent = 0
    again = await site.run("upload", folder, "--annotations", tmp_path / "coco.json")
    assert (again.code, site.meter.sent) == (0, 0)
    assert "0 added, 8 already in the project, 0 refused; 0 bytes sent" in again.out
    assert "0 annotations imported, 0 skipped" in again.out
    project = await site.project()
    assert (project["totalImages"], project["totalAnnotations"]) == (8, 16)


async def test_killed_at_half_the_second_run_sends_only_what_is_missing(site: Site, tmp_path: Path) -> None:
    names, there = flight(40), 17
    size = fill(tmp_path / "block", names)
    site.meter.hold_after = there
    process = await site.start("upload", tmp_path / "block")
    await site.meter.until(begun=there + 1, puts=there)
    process.send_signal(signal.SIGKILL)
    killed = await ended(process)
    assert killed.code == -signal.SIGKILL
    sent = site.meter.sent
    assert 0 < sent < size
    assert (await site.project())["totalImages"] <= there

    site.meter.hold_after = None
    second = await site.run("upload", tmp_path / "block")
    assert second.code == 0, second
    assert (site.meter.puts, site.meter.sent) == (len(names), size)
    assert sorted(await site.images()) == sorted(names)
    # What the killed run had announced was gone on with, in its batch.
    (batch,) = (await site.project())["uploadBatches"]["nodes"]
    assert (batch["status"], batch["verified"], batch["refused"]) == ("DONE", len(names), 0)


async def test_ctrl_c_ends_with_130_and_says_that_running_again_goes_on(site: Site, tmp_path: Path) -> None:
    fill(tmp_path / "block", flight(10))
    site.meter.hold_after = 2
    process = await site.start("upload", tmp_path / "block")
    await site.meter.until(begun=3)
    process.send_signal(signal.SIGINT)
    stopped = await ended(process)
    assert stopped.code == 130
    assert stopped.errors.strip().splitlines()[-1] == (
        "Stopped. Run the same command again: it goes on where this one ended."
    )


async def test_uploads_of_another_batch_that_stays_open_are_awaited_and_no_others(site: Site, tmp_path: Path) -> None:
    fill(tmp_path / "block", flight(12))
    site.meter.hold_after = 3
    process = await site.start("upload", tmp_path / "block", "--batch", "first")
    await site.meter.until(begun=4)
    process.send_signal(signal.SIGKILL)
    await ended(process)
    # One that was announced will never come: its batch waits for a day, and the command does not.
    (tmp_path / "block" / flight(12)[-1]).unlink()
    site.meter.hold_after = None
    second = await site.run("upload", tmp_path / "block", "--batch", "second")
    assert second.code == 0, second
    assert len(await site.images()) == 11
    statuses = {batch["name"]: batch["status"] for batch in (await site.project())["uploadBatches"]["nodes"]}
    assert statuses["first"] == "OPEN"


async def test_refused_files_are_named_and_the_others_arrive(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "block"
    fill(folder, ["good/a.jpg", "good/b.jpg"])
    (folder / "text.jpg").write_text("no picture at all")
    (folder / "-dash.jpg").write_bytes(jpeg(77))
    (folder / "empty.png").write_bytes(b"")
    (folder / "twin.jpg").write_bytes((folder / "good/a.jpg").read_bytes())
    os.symlink(folder / "good/b.jpg", os.fsencode(folder) + b"/latin-\xe9.jpg")
    result = await site.run("upload", folder)
    assert result.code == 1
    assert "2 added, 0 already in the project, 1 with the bytes of another, 4 refused" in result.out
    lines = [line.strip() for line in result.out.partition("Not taken:")[2].strip().splitlines()]
    refusals = dict(line.split(": ", 1) for line in lines)
    assert refusals.keys() == {"-dash.jpg", "empty.png", "text.jpg", "latin-�.jpg"}
    assert "begins with a dash" in refusals["-dash.jpg"]
    assert "0 bytes" in refusals["empty.png"]
    assert "UTF-8" in refusals["latin-�.jpg"]
    assert not refusals["text.jpg"].startswith("text.jpg")
    assert "twin.jpg is good/a.jpg" in result.out
    assert sorted(await site.images()) == ["good/a.jpg", "good/b.jpg"]
    assert [batch["status"] for batch in (await site.project())["uploadBatches"]["nodes"]] == ["DONE"]


async def test_many_refusals_are_counted_after_the_twentieth(site: Site, tmp_path: Path) -> None:
    (tmp_path / "block").mkdir()
    for number in range(25):
        (tmp_path / "block" / f"-{number:02}.jpg").write_bytes(jpeg(number))
    result = await site.run("upload", tmp_path / "block")
    assert result.code == 1
    assert "0 added, 0 already in the project, 25 refused" in result.out
    assert len(re.findall(r"begins with a dash", result.out)) == 20
    assert "… and 5 more." in result.out


async def test_a_file_that_goes_away_or_changes_while_others_are_sent_is_named(site: Site, tmp_path: Path) -> None:
    names = [f"{number:02}.jpg" for number in range(12)]
    fill(tmp_path / "block", names)
    site.meter.hold_after = 0
    process = await site.start("upload", tmp_path / "block")
    await site.meter.until(begun=6)
    # Six are on their way; these wait for their turn, announced.
    (tmp_path / "block" / "10.jpg").unlink()
    (tmp_path / "block" / "11.jpg").write_bytes(jpeg(99, 200, 100))
    site.meter.release.set()
    result = await ended(process)
    assert result.code == 1
    assert "10.jpg: It is gone." in result.out
    assert "11.jpg: It changed while it was sent; run the command again." in result.out
    assert sorted(await site.images()) == names[:10]
    assert [batch["status"] for batch in (await site.project())["uploadBatches"]["nodes"]] == ["DONE"]


async def test_expired_addresses_broken_connections_and_busy_servers_are_tried_again(
    site: Site, tmp_path: Path
) -> None:
    names = flight(6)
    size = fill(tmp_path / "block", names)
    site.meter.faults += [403, 503, 0, 429, 500]
    result = await site.run("upload", tmp_path / "block")
    assert result.code == 0, result
    assert (site.meter.puts, site.meter.sent) == (6, size)
    assert sorted(await site.images()) == sorted(names)


async def test_a_refusal_for_good_is_not_tried_again(site: Site, tmp_path: Path) -> None:
    fill(tmp_path / "block", ["a.jpg", "b.jpg"])
    site.meter.faults += [404]
    result = await site.run("upload", tmp_path / "block")
    assert result.code == 1
    assert "HTTP 404: on purpose" in result.out
    assert (site.meter.puts, len(await site.images())) == (1, 1)


async def test_projects_are_found_by_name_and_others_are_listed(site: Site, tmp_path: Path) -> None:
    fill(tmp_path / "block", ["a.jpg"])
    database, team = site.api.database, site.home.team
    south, twin = await add_project(database, team, "South"), await add_project(database, team, "Twin")
    other = await add_project(database, team, "Twin")

    by_name = await site.run("upload", tmp_path / "block", project="South")
    assert by_name.code == 0, by_name
    assert (await site.owner.data(PROJECT, id=south.id))["totalImages"] == 1

    unknown = await site.run("upload", tmp_path / "block", project="West")
    assert unknown.code == 2
    assert unknown.errors.strip() == "There is no project West. There are: North block, South, Twin, Twin."

    ambiguous = await site.run("upload", tmp_path / "block", project="Twin")
    assert ambiguous.code == 2
    assert "2 projects are named Twin" in ambiguous.errors
    assert twin.id in ambiguous.errors
    assert other.id in ambiguous.errors


async def test_a_wrong_annotation_file_is_refused_before_anything_is_sent(site: Site, tmp_path: Path) -> None:
    fill(tmp_path / "block", ["a.jpg"])
    (tmp_path / "notes.txt").write_text("no annotations")
    result = await site.run("upload", tmp_path / "block", "--annotations", tmp_path / "notes.txt")
    assert result.code == 2
    assert "is not recognised" in result.errors
    assert (site.meter.sent, (await site.project())["totalImages"]) == (0, 0)


async def test_a_yolo_zip_is_imported_with_its_splits(site: Site, tmp_path: Path) -> None:
    fill(tmp_path / "block", ["a.jpg", "b.jpg"])
    with zipfile.ZipFile(tmp_path / "yolo.zip", "w") as archive:
        archive.writestr("data.yaml", "names: [wattle]\ntrain: train/images\nval: valid/images\n")
        archive.writestr("train/labels/a.txt", "0 0.5 0.5 0.1 0.2\n0 7 nonsense\n")
        archive.writestr("valid/labels/b.txt", "0 0.25 0.5 0.1 0.2\n")
        archive.writestr("valid/labels/stranger.txt", "0 0.25 0.5 0.1 0.2\n")
    assert (await site.run("upload", tmp_path / "block")).code == 0
    result = await site.run("import", tmp_path / "yolo.zip", "--keep-splits")
    assert result.code == 0, result
    assert "Importing yolo.zip as YOLO" in result.out
    assert "2 annotations imported, 2 skipped" in result.out
    assert "stranger" in result.out
    images = await site.images()
    assert {name: image["importedSplit"] for name, image in images.items()} == {"a.jpg": "TRAIN", "b.jpg": "VAL"}
    assert images["a.jpg"]["annotations"][0]["box"] == pytest.approx({"x": 90, "y": 40, "width": 20, "height": 20})


async def test_skipped_objects_are_counted_after_the_twentieth_with_how_to_see_all(site: Site, tmp_path: Path) -> None:
    fill(tmp_path / "block", ["a.jpg"])
    listing = {
        "images": [{"file": "a.jpg"}],
        "annotations": [{"image": f"{number}.jpg", "label": "wattle", "bbox": [1, 2, 3, 4]} for number in range(23)],
    }
    (tmp_path / "listing.json").write_text(json.dumps(listing))
    result = await site.run("upload", tmp_path / "block", "--annotations", tmp_path / "listing.json")
    assert result.code == 0, result
    assert "0 annotations imported, 23 skipped" in result.out
    assert "annotations[0]: " in result.out
    assert "annotations[19]: " in result.out
    assert "annotations[20]: " not in result.out
    shown = re.search(r"… and 3 more\. All of them: ask the API for (\{.*\})", result.out)
    assert shown is not None
    assert len((await site.owner.data(shown[1]))["skippedItems"]["nodes"]) == 23


async def test_an_import_that_fails_says_why_and_ends_with_1(site: Site, tmp_path: Path) -> None:
    (tmp_path / "coco.json").write_text('{"images": [')
    result = await site.run("import", tmp_path / "coco.json", "--format", "coco")
    assert result.code == 1
    assert "The import of coco.json failed: coco.json" in result.out


async def test_the_real_drone_images_arrive_with_all_their_annotations(site: Site, tmp_path: Path) -> None:
    source = real_data()
    if source is None:
        pytest.skip("the real drone images are not on this machine")
    folder = shutil.copytree(source / "images", tmp_path / "images")
    result = await site.run("upload", folder, "--annotations", source / "annotations.json")
    assert result.code == 0, result
    assert "42 added, 0 already in the project, 0 refused" in result.out
    assert "1,578 annotations imported, 0 skipped" in result.out
    project = await site.project()
    assert (project["totalImages"], project["totalAnnotations"]) == (42, 1578)
    images = {name.removeprefix("images/"): image for name, image in (await site.images()).items()}
    for annotation in json.loads((source / "annotations.json").read_text())["annotations"]:
        image = images[annotation["image"].removeprefix("images/")]
        assert annotation["label"] in {note["weedType"] for note in image["annotations"]}


async def test_a_file_is_streamed_to_a_presigned_address_of_s3(s3_store: ObjectStore, tmp_path: Path) -> None:
    data = os.urandom(20_000_000)
    (tmp_path / "a.jpg").write_bytes(data)
    file = LocalFile("a.jpg", tmp_path / "a.jpg")
    announced = await fingerprint(file)
    key = "teams/t/uploads/a"
    address = await s3_store.put_url(key, announced.size_bytes, announced.sha256, datetime.now(UTC))
    async with Client("http://127.0.0.1:8000", "no token of S3") as client:
        await client.put(address.url, address.headers, content(file, announced, lambda _: None), len(data))
        assert await s3_store.get(key) == data
        with pytest.raises(PutRefusedError) as refused:
            await client.put(address.url + "0", address.headers, content(file, announced, lambda _: None), len(data))
    assert refused.value.status == 403
