"""`agridrone version` as processes of their own, against a real server whose downloads are counted, held and broken."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import stack
from adapters.local_store import LocalStore
from cli.client import Client
from cli.fetching import Wanted, fetch
from cli.version.making import CREATE, PROGRESS
from domain.annotation_edits import delete_annotations
from domain.ports import ObjectStore
from download_gate import Gate
from main import create_app
from metered_site import Meter, Result, Site, ended
from pictures import Picture, jpeg, real_data
from seeds import add_images, add_user, annotate, make_home
from stack import PATIENCE, running_api
from uploading import bring

FOLDERS = {"TRAIN": "train", "VAL": "valid", "TEST": "test"}


@dataclass(frozen=True)
class Field:
    """A site with its gate and, by file name, the images that lie in its project."""

    site: Site
    gate: Gate
    images: dict[str, bytes]

    async def version(self, *arguments: str | Path, code: int = 0, project: str | None = None) -> Any:
        """The JSON document that the command printed, and nothing else."""
        result = await self.said(*arguments, "--json", code=code, project=project)
        return json.loads(result.out)

    async def said(self, *arguments: str | Path, code: int = 0, project: str | None = None) -> Result:
        result = await self.site.run("version", *arguments, project=project)
        assert result.code == code, result
        return result

    async def freeze(self, **settings: Any) -> None:
        """The next version, by the API."""
        order = {"projectId": self.site.home.project.id, **settings}
        version = (await self.site.owner.done(CREATE, input=order))["version"]
        assert (await self.site.owner.events(PROGRESS, versionId=version["id"]))[-1]["stage"] == "READY"

    def object_of(self, filename: str) -> Path:
        """Where the store keeps the image's original."""
        store = self.site.api.services.store
        assert isinstance(store, LocalStore)
        digest = hashlib.sha256(self.images[filename]).hexdigest()
        (found,) = [path for path in Path(store.path("teams")).rglob(f"*{digest}*") if "originals" in path.parts]
        return found


@pytest.fixture
async def gate() -> Gate:
    return Gate()


@pytest.fixture
async def idle_site(
    sqlite_url: str, embedded_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> AsyncIterator[Site]:
    """Without a worker."""
    monkeypatch.setattr(stack, "create_app", lambda *arguments: gate.around(create_app(*arguments)))
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url) as api:
        yield Site(api, Meter(), await make_home(api.database))
        gate.release.set()


@pytest.fixture
async def site(idle_site: Site) -> AsyncIterator[Site]:
    async with idle_site.api.io_worker():
        yield idle_site


async def planted(site: Site, gate: Gate, images: dict[str, bytes], *labels: str) -> Field:
    """The images in the site's project, each with a box of each label."""
    pictures = [Picture(name, data) for name, data in images.items()]
    results = await bring(site.owner, site.home.project.id, pictures)
    ids = [results[name]["asset"]["id"] for name in images]
    assets = await site.api.database.read(lambda uow: uow.assets.get_many(ids))
    await annotate(site.api.database, site.home, list(assets.values()), *labels)
    return Field(site, gate, images)


@pytest.fixture
async def field_of_ten(site: Site, gate: Gate) -> Field:
    """Ten images; the names of five are those of the other five."""
    names = [f"flight {number % 2}/DJI_{number // 2:04}.JPG" for number in range(10)]
    return await planted(site, gate, {name: jpeg(seed, 200, 100) for seed, name in enumerate(names)}, "wattle", "grass")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - files of another process are waited for
            await asyncio.sleep(0.05)


def downloaded(folder: Path) -> dict[str, set[str]]:
    """The SHA-256 of the files of each split; a file that is not whole and hidden ones count too."""
    return {
        split: {hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / name).glob("*")}
        for split, name in FOLDERS.items()
    }


def frozen(folder: Path) -> dict[str, set[str]]:
    """The same of what the manifest lists."""
    images = json.loads((folder / "manifest.json").read_text())["images"]
    return {split: {one["sha256"] for one in images if one["split"] == split} for split in FOLDERS}


async def test_the_whole_way(field_of_ten: Field, tmp_path: Path) -> None:
    field, images = field_of_ten, field_of_ten.images
    shares = ("--train", "0.6", "--val", "0.2", "--test", "0.2")
    assert (await field.said("list")).out == "There is no version yet; `agridrone version create` makes the first.\n"

    preview = (await field.version("create", *shares, "--dry-run"))["preview"]
    assert preview["splitCounts"] == {"train": 6, "val": 2, "test": 2, "trainAugmented": 6}
    foreseen = await field.said("create", *shares, "--drop-class", "grass", "--dry-run")
    assert "Version 1 would have 10 images, 10 annotations, 6 train / 2 val / 2 test." in foreseen.out
    assert "grass" not in foreseen.out
    assert await field.version("list") == {"versions": []}

    made = await field.said("create", *shares, "--seed", "7")
    assert "Version 1 (North block-v1) is made: 10 images, 20 annotations, 6 train / 2 val / 2 test." in made.out
    assert "wattle  10 annotations  on 10 images" in made.out
    second = await field.version(
        "create", *shares, "--tile", "2x3", "--rename-class", "grass=lawn", "--multiplier", "2", "--flip-horizontal"
    )
    assert second["created"] is True
    version = second["version"]
    assert (version["version"], version["status"], version["classes"]) == (2, "READY", ["lawn", "wattle"])
    assert version["preprocessing"]["tile"] == {"rows": 2, "columns": 3, "overlap": 0, "minVisible": 0.3}
    assert version["splitCounts"] == {"train": 6, "val": 2, "test": 2, "trainAugmented": 72}

    listed = (await field.version("list"))["versions"]
    assert [one["version"] for one in listed] == [2, 1]
    table = (await field.said("list")).out.splitlines()
    assert table[0].split()[:3] == ["VERSION", "STATUS", "IMAGES"]
    assert table[1].split()[:5] == ["2", "READY", "10", "20", "6/2/2"]

    shown = (await field.version("show", "2"))["version"]
    assert shown["id"] == version["id"] == (await field.version("show", version["id"]))["version"]["id"]
    told = (await field.said("show", "v2")).out
    for part in (version["manifest"]["sha256"], "preprocessing.tile.columns: 3", "classRemap: grass = lawn"):
        assert part in told

    diff = (await field.version("diff", "1", "2"))["diff"]
    classes = {one["name"]: (one["before"], one["after"]) for one in diff["classes"]}
    assert (classes["grass"], classes["lawn"]) == ((10, 0), (0, 10))
    assert "preprocessing.tile.columns" in {one["path"] for one in diff["configChanges"]}
    assert (diff["assetsAdded"], diff["assetsRemoved"], diff["assetsKept"]) == (0, 0, 10)
    assert "From version 1 to version 2:" in (await field.said("diff", "1", "2")).out

    checked = await field.said("verify", "2")
    assert "Version 2 (North block-v2): intact, " in checked.out
    assert (await field.version("show", "2"))["version"]["lastCheck"]["intact"] is True

    folder = tmp_path / "v1"
    done = (await field.version("download", "1", folder))["download"]
    assert (done["imageCount"], done["downloaded"], done["present"]) == (10, 10, 0)
    assert (done["missing"], done["corrupt"]) == ([], [])
    assert downloaded(folder) == frozen(folder)
    assert set.union(*downloaded(folder).values()) == {hashlib.sha256(data).hexdigest() for data in images.values()}
    manifest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert done["manifest"] == {"path": str(folder / "manifest.json"), "sha256": manifest}
    assert {path.name for path in folder.iterdir()} == {"manifest.json", "train", "valid", "test"}


async def test_new_images_are_told_by_a_diff_page_after_page(field_of_ten: Field) -> None:
    field, site = field_of_ten, field_of_ten.site
    await field.freeze()
    more = await add_images(site.api.database, site.home.project, [f"more-{number:03}" for number in range(230)])
    await annotate(site.api.database, site.home, more, "thistle")
    await field.freeze()
    every = (await field.version("diff", "v1", "v2"))["diff"]
    assert (every["assetsAdded"], every["annotationsAdded"]) == (230, 230)
    assert (every["changedAssets"]["totalCount"], len(every["changedAssets"]["nodes"])) == (230, 230)
    names = {node["after"]["filename"] for node in every["changedAssets"]["nodes"]}
    assert names == {f"more-{number:03}.jpg" for number in range(230)}
    said = (await field.said("diff", "1", "2")).out
    assert "images: +230 -0, 10 kept, 0 moved between splits" in said
    assert "… and 210 more; --all lists them." in said


async def test_a_key_makes_one_version_and_settings_come_from_a_document_too(
    field_of_ten: Field, tmp_path: Path
) -> None:
    field = field_of_ten
    document = {"idempotencyKey": "nightly", "splits": {"train": 0.5, "val": 0.5, "test": 0, "groupBy": "UPLOAD_BATCH"}}
    (tmp_path / "settings.json").write_text(json.dumps(document))
    first = await field.version("create", "--input", tmp_path / "settings.json", "--group-by", "image")
    again = await field.version("create", "--input", tmp_path / "settings.json", "--group-by", "image", "--no-wait")
    assert (first["created"], again["created"]) == (True, False)
    assert first["version"]["id"] == again["version"]["id"]
    assert first["version"]["splitConfig"]["groupBy"] == "IMAGE"
    assert (first["version"]["splitCounts"]["train"], first["version"]["splitCounts"]["val"]) == (5, 5)
    other = await field.said("create", "--key", "nightly", "--train", "1", "--val", "0", "--test", "0", code=1)
    assert other.out == ""
    assert "splits" in other.errors
    assert len((await field.version("list"))["versions"]) == 1


async def test_refusals_are_sentences_and_change_nothing(field_of_ten: Field, tmp_path: Path) -> None:
    field = field_of_ten
    for arguments, code, sentence in (
        (("create", "--train", "0.9"), 1, "must sum to 1"),
        (("create", "--class", "lupin"), 1, "image"),
        (("create", "--resize", "large"), 2, "--resize: 'large' is not width x height"),
        (("show", "v-strange"), 1, "no such version"),
        (("download", "3", tmp_path / "v3"), 2, "North block has no version 3"),
    ):
        refused = await field.said(*arguments, code=code)
        assert sentence in refused.errors, refused
        assert "Traceback" not in refused.errors
        assert refused.out == ""
    assert await field.version("list") == {"versions": []}
    assert not (tmp_path / "v3").exists()


async def test_a_version_of_another_team_is_not_found(field_of_ten: Field, tmp_path: Path) -> None:
    field, site = field_of_ten, field_of_ten.site
    await field.freeze()
    (theirs,) = (await field.version("list"))["versions"]
    stranger = await make_home(site.api.database, "South block")
    mine = Field(Site(site.api, site.meter, stranger), field.gate, {})
    for arguments in (
        ("show", theirs["id"]),
        ("verify", theirs["id"]),
        ("download", theirs["id"], tmp_path / "stolen"),
    ):
        refused = await mine.said(*arguments, code=1)
        assert "North block" not in refused.errors
    assert not (tmp_path / "stolen").exists()


async def test_a_snapshot_that_fails_ends_with_1_and_its_reason(idle_site: Site) -> None:
    database, home = idle_site.api.database, idle_site.home
    notes = await annotate(database, home, await add_images(database, home.project, ["bare"]))
    ordered = await idle_site.run("version", "create", "--no-wait", "--key", "one")
    assert ordered.code == 0
    assert "It is being made" in ordered.out
    await delete_annotations(database, home.principal, [note.id for note in notes])
    async with idle_site.api.io_worker():
        failed = await idle_site.run("version", "create", "--key", "one")
    assert failed.code == 1
    assert "Version 1 was ordered before, with the same key." in failed.out
    assert "Version 1 (North block-v1) failed: " in failed.out
    shown = await idle_site.run("version", "show", "1", "--json")
    version = json.loads(shown.out)["version"]
    assert (version["status"], version["manifest"]) == ("FAILED", None)
    assert version["failureReason"] in failed.out
    refused = await idle_site.run("version", "download", "1", "nowhere")
    assert refused.code == 1
    assert version["failureReason"] in refused.errors


async def test_killed_in_the_middle_of_a_file_the_second_run_goes_on(site: Site, gate: Gate, tmp_path: Path) -> None:
    images = {f"{number}.jpg": jpeg(number, 1600, 1000) for number in range(12)}
    size = sum(len(data) for data in images.values())
    field = await planted(site, gate, images, "wattle")
    await field.freeze()
    folder = tmp_path / "v1"
    gate.hold_after = size // 2
    process = await site.start("version", "download", "1", folder)
    await until(lambda: gate.sent >= size // 2 and any(path.stat().st_size for path in folder.rglob("*.part")))
    process.send_signal(signal.SIGKILL)
    await ended(process)
    there = {path.name: path.stat().st_size for path in folder.rglob("*.jpg")}
    left = {path: path.stat().st_size for path in folder.rglob("*.part")}
    assert any(left.values())

    gate.hold_after, gate.sent, gate.ranges = None, 0, []
    gate.release.set()
    second = (await field.version("download", "1", folder))["download"]
    assert (second["present"], second["downloaded"]) == (len(there), 12 - len(there))
    assert sorted(gate.ranges) == sorted(f"bytes={bytes_}-" for bytes_ in left.values() if bytes_)
    assert gate.sent == second["receivedBytes"] == size - sum(there.values()) - sum(left.values())
    assert downloaded(folder) == frozen(folder)

    third = await field.said("download", "1", folder)
    assert "12 images, 0 downloaded, 12 there already, 0 missing, 0 corrupt; 0 bytes received." in third.out


async def test_what_an_earlier_run_left_wrong_is_fetched_again(field_of_ten: Field, tmp_path: Path) -> None:
    field, folder = field_of_ten, tmp_path / "v1"
    await field.freeze()
    await field.said("download", "1", folder)
    changed, short, gone, long, *_ = sorted(folder.rglob("*.JPG"))
    whole = changed.read_bytes()
    changed.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    # Left-overs with other bytes: one begins wrong, one is too long, one has the right length.
    short.with_name(f".{short.name}.part").write_bytes(b"nonsense")
    long.with_name(f".{long.name}.part").write_bytes(b"n" * 10 * len(whole))
    gone.with_name(f".{gone.name}.part").write_bytes(b"n" * gone.stat().st_size)
    for path in (short, gone, long):
        path.unlink()
    again = (await field.version("download", "1", folder))["download"]
    assert (again["downloaded"], again["present"], again["corrupt"]) == (4, 6, [])
    assert downloaded(folder) == frozen(folder)


async def test_expired_addresses_broken_connections_and_busy_servers_are_tried_again(
    field_of_ten: Field, tmp_path: Path
) -> None:
    field, folder = field_of_ten, tmp_path / "v1"
    await field.freeze()
    field.gate.faults += [403, 503, 403, 429]
    await field.said("download", "1", folder)
    assert field.gate.faults == []
    assert downloaded(folder) == frozen(folder)
    field.gate.break_next = 3
    other = tmp_path / "again"
    await field.said("download", "1", other)
    assert downloaded(other) == frozen(other)


async def test_missing_and_corrupt_objects_are_named_and_the_others_arrive(field_of_ten: Field, tmp_path: Path) -> None:
    field, folder = field_of_ten, tmp_path / "v1"
    await field.freeze()
    gone, flipped, short, long = sorted(field.images)[:4]
    field.object_of(gone).unlink()
    for name, data in (
        (flipped, bytes([field.images[flipped][0] ^ 1]) + field.images[flipped][1:]),
        (short, field.images[short][:-10]),
        (long, field.images[long] + b"more"),
    ):
        path = field.object_of(name)
        path.unlink()
        path.write_bytes(data)

    result = (await field.version("download", "1", folder, code=1))["download"]
    assert (result["downloaded"], result["missingCount"], result["corruptCount"]) == (6, 1, 3)
    assert [one["filename"] for one in result["missing"]] == [gone]
    reasons = {one["filename"]: one["reason"] for one in result["corrupt"]}
    assert reasons.keys() == {flipped, short, long}
    assert "do not have the SHA-256" in reasons[flipped]
    assert f"{len(field.images[short]) - 10:,} bytes instead of {len(field.images[short]):,}" in reasons[short]
    assert "more than its" in reasons[long]
    assert sum(map(len, downloaded(folder).values())) == 6, "nothing of the four lies there"

    said = await field.said("download", "1", folder, code=1)
    assert "10 images, 0 downloaded, 6 there already, 1 missing, 3 corrupt" in said.out
    assert f"  {gone}: A download was refused with HTTP 404." in said.out

    checked = (await field.version("verify", "1", code=1))["check"]
    assert (checked["intact"], checked["missing"], set(checked["corrupt"])) == (False, [gone], {flipped, short, long})
    told = await field.said("verify", "1", code=1)
    assert "1 missing, 3 corrupt" in told.out
    assert f"  {gone}" in told.out


async def test_a_folder_with_another_version_is_left_as_it_is(field_of_ten: Field, tmp_path: Path) -> None:
    field, folder = field_of_ten, tmp_path / "v1"
    await field.freeze()
    await field.freeze(preprocessing={"dropClasses": ["grass"]})
    await field.said("download", "1", folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    refused = await field.said("download", "2", folder, code=2)
    assert "is not the manifest of Version 2" in refused.errors
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    (tmp_path / "file").write_text("no folder")
    assert "is no folder" in (await field.said("download", "1", tmp_path / "file", code=2)).errors


async def test_a_corrupt_manifest_stops_the_download_before_anything_else(field_of_ten: Field, tmp_path: Path) -> None:
    field = field_of_ten
    version = (await field.version("create"))["version"]
    store = field.site.api.services.store
    assert isinstance(store, LocalStore)
    path = store.path(version["manifest"]["s3Key"])
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data.replace(b'"TRAIN"', b'"TRAIM"', 1))
    refused = await field.said("download", "1", tmp_path / "v1", code=1)
    assert "The manifest of Version 1 (North block-v1) is corrupt." in refused.errors
    assert [one for one in (tmp_path / "v1").rglob("*") if one.is_file()] == []


async def test_a_stranger_sees_no_project(field_of_ten: Field) -> None:
    field, site = field_of_ten, field_of_ten.site
    await field.freeze()
    nobody = await add_user(site.api.database, "nobody")
    strange = Site(site.api, site.meter, type(site.home)(nobody, site.home.team, site.home.project))
    refused = await strange.run("version", "list")
    assert refused.code == 2
    assert "no projects" in refused.errors


async def test_a_download_from_s3_goes_on_in_the_middle(s3_store: ObjectStore, tmp_path: Path) -> None:
    data = random.Random(4).randbytes(3_000_000)
    digest = hashlib.sha256(data).hexdigest()
    await s3_store.put("teams/t/originals/a", data, "image/jpeg")
    url = await s3_store.get_url("teams/t/originals/a", "a.jpg", "image/jpeg", datetime.now(UTC))
    expired = await s3_store.get_url(
        "teams/t/originals/a", "a.jpg", "image/jpeg", datetime.now(UTC) - timedelta(days=1)
    )
    path, refused, received = tmp_path / "a.jpg", list[str | None](), list[int]()
    (tmp_path / ".a.jpg.part").write_bytes(data[:1_000_000])

    async def address(old: str | None) -> str:
        refused.append(old)
        return url if old else expired

    async with Client("http://127.0.0.1:1", "secret") as client:
        assert await fetch(client, Wanted(path, digest, len(data)), address, received.append) is None
        assert path.read_bytes() == data
        assert (refused, sum(received)) == ([None, expired], 2_000_000)
        nowhere = Wanted(tmp_path / "b.jpg", digest, len(data))
        gone = await s3_store.get_url("teams/t/originals/b", "b.jpg", "image/jpeg", datetime.now(UTC))

        async def lost(_: str | None) -> str:
            return gone

        fault = await fetch(client, nowhere, lost, received.append)
    assert fault is not None
    assert (fault.kind, fault.reason) == ("missing", "A download was refused with HTTP 404.")
    assert [one.name for one in tmp_path.iterdir()] == ["a.jpg"]


async def test_ctrl_c_while_a_version_is_downloaded_ends_with_130(field_of_ten: Field, tmp_path: Path) -> None:
    field = field_of_ten
    await field.freeze()
    field.gate.hold_after = 1
    process = await field.site.start("version", "download", "1", tmp_path / "v1")
    await until(lambda: field.gate.sent > 0)
    process.send_signal(signal.SIGINT)
    stopped = await ended(process)
    assert stopped.code == 130
    assert stopped.errors.strip().splitlines()[-1].startswith("Stopped. Run the same command again")


async def test_the_real_drone_images_come_back_as_they_were_sent(site: Site, gate: Gate, tmp_path: Path) -> None:
    source = real_data()
    if source is None:
        pytest.skip("the real drone images are not on this machine")
    uploaded = await site.run("upload", source / "images", "--annotations", source / "annotations.json")
    assert uploaded.code == 0, uploaded
    field = Field(site, gate, {path.name: path.read_bytes() for path in (source / "images").iterdir()})
    made = await field.said("create", "--group-by", "gps-cell")
    assert "is made: 42 images, 1,578 annotations" in made.out
    assert (await field.version("verify", "1"))["check"]["objectsChecked"] >= 42
    await field.said("download", "1", tmp_path / "v1")
    assert downloaded(tmp_path / "v1") == frozen(tmp_path / "v1")
    sent = {hashlib.sha256(data).hexdigest() for data in field.images.values()}
    assert set.union(*downloaded(tmp_path / "v1").values()) == sent
