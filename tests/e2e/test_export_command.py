"""`agridrone version download --format` as a process of its own, against a real server whose downloads are counted."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import stack
from domain.exports import cancel_export
from download_gate import Gate
from made_archives import PICTURES, MadeArchives, exporting
from main import create_app
from metered_site import Meter, Result, Site, ended
from pictures import Picture, jpeg
from renderers import renderer
from seeds import add_project, annotate
from stack import PATIENCE, running_api
from stored_versions import frozen_version
from uploading import bring
from workers.claims import PermanentError
from workers.dataset_archives import DatasetArchives

NAME = "North_block-v1-yolo.zip"
SPLITS = "query($id: ID!) { version(id: $id) { splitCounts { trainAugmented val test } } }"


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def site(
    sqlite_url: str, embedded_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> AsyncIterator[Site]:
    """With a version, and nobody who makes exports."""
    monkeypatch.setattr(stack, "create_app", lambda *arguments: gate.around(create_app(*arguments)))
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url) as api:
        frozen = await frozen_version(api.database, api.services.store, tmp_path, images=40)
        yield Site(api, Meter(), frozen.home)
        gate.release.set()


async def said(site: Site, *arguments: str | Path, code: int = 0) -> Result:
    result = await site.run("version", "download", *arguments)
    assert result.code == code, result
    return result


async def document(site: Site, *arguments: str | Path, code: int = 0) -> Any:
    """The JSON document that the command printed, and nothing else."""
    return json.loads((await said(site, *arguments, "--json", code=code)).out)


async def version_id(site: Site) -> str:
    listed = "query($id: ID!) { project(id: $id) { versions { nodes { id } } } }"
    (version,) = (await site.owner.data(listed, id=site.home.project.id))["versions"]["nodes"]
    return str(version["id"])


async def test_it_is_made_fetched_and_held_against_its_digest_once(site: Site, gate: Gate, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    async with exporting(site.api, tmp_path):
        done = await document(site, "1", folder, "--format", "YOLO")
        data = (folder / NAME).read_bytes()
        assert (done["path"], done["fault"], done["receivedBytes"]) == (str(folder / NAME), None, len(data))
        export = done["export"]
        assert (export["status"], export["format"], export["imageCount"]) == ("READY", "YOLO", PICTURES)
        assert (export["sizeBytes"], export["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert "url" not in export, "an address opens the file for whoever reads it"
        sent = gate.sent
        again = await said(site, "v1", folder, "--format", "yolo")
        assert "24 pictures" in again.out
        assert "0 bytes received" in again.out
        assert "(1,234)" in again.out, "what the server says of it"
        assert gate.sent == sent
        other = await document(site, "1", folder, "--format", "pascal_voc")
        assert other["export"]["format"] == "PASCAL_VOC"
    assert {path.name for path in folder.iterdir()} == {NAME, "North_block-v1-pascal_voc.zip"}


async def test_what_an_interrupted_run_left_is_gone_on_with(site: Site, gate: Gate, tmp_path: Path) -> None:
    async with exporting(site.api, tmp_path):
        await said(site, "1", tmp_path / "whole", "--format", "yolo")
    data = (tmp_path / "whole" / NAME).read_bytes()
    folder, half = tmp_path / "exports", len(data) // 2
    folder.mkdir()
    (folder / f".{NAME}.part").write_bytes(data[:half])
    gate.sent, gate.ranges = 0, []
    done = await document(site, "1", folder, "--format", "yolo")
    assert (folder / NAME).read_bytes() == data
    assert gate.ranges == [f"bytes={half}-"]
    assert gate.sent == done["receivedBytes"] == len(data) - half
    assert {path.name for path in folder.iterdir()} == {NAME}


async def test_expired_addresses_busy_servers_and_wrong_left_overs_are_got_over(
    site: Site, gate: Gate, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / f".{NAME}.part").write_bytes(b"of another file")
    (folder / NAME).write_bytes(b"of an earlier export")
    gate.faults += [403, 503]
    async with exporting(site.api, tmp_path):
        done = await document(site, "1", folder, "--format", "yolo")
    assert gate.faults == []
    assert hashlib.sha256((folder / NAME).read_bytes()).hexdigest() == done["export"]["sha256"]


async def test_an_export_that_fails_ends_with_1_and_its_reason(site: Site, tmp_path: Path) -> None:
    faults: list[Exception] = [PermanentError("a.jpg is missing from the object store."), PermanentError("Again.")]
    async with exporting(site.api, tmp_path, MadeArchives(faults=faults)):
        failed = await said(site, "1", tmp_path / "exports", "--format", "coco", code=1)
        assert "as COCO: the export is FAILED. a.jpg is missing from the object store." in failed.out
        told = await document(site, "1", tmp_path / "exports", "--format", "coco", code=1)
    assert (told["export"]["status"], told["export"]["failureReason"]) == ("FAILED", "Again.")
    assert (told["path"], told["receivedBytes"]) == (None, 0)
    assert list(tmp_path.glob("exports/*")) == []


async def test_an_export_that_is_cancelled_while_it_is_awaited_ends_with_1(site: Site, tmp_path: Path) -> None:
    archives = MadeArchives(stand_at=1)
    async with exporting(site.api, tmp_path, archives):
        process = await site.start("version", "download", "1", tmp_path / "exports", "--format", "csv")
        async with asyncio.timeout(PATIENCE):
            await archives.standing.wait()
        version = await version_id(site)
        (export,) = (await site.api.database.read(lambda uow: uow.exports.of_versions([version])))[version]
        await cancel_export(site.api.database, site.home.principal, export.id)
        result = await ended(process)
    assert result.code == 1
    assert "the export is CANCELLED. Cancelled." in result.out


async def test_ctrl_c_while_it_is_made_ends_with_130_and_the_server_goes_on(site: Site, tmp_path: Path) -> None:
    archives = MadeArchives(stand_at=1)
    async with exporting(site.api, tmp_path, archives):
        process = await site.start("version", "download", "1", tmp_path / "exports", "--format", "csv")
        async with asyncio.timeout(PATIENCE):
            await archives.standing.wait()
        process.send_signal(signal.SIGINT)
        assert (await ended(process)).code == 130
        archives.release.set()
        await said(site, "1", tmp_path / "exports", "--format", "csv")
    assert len(archives.made) == 1


async def test_what_cannot_be_exported_is_told(site: Site, tmp_path: Path) -> None:
    unknown = await said(site, "1", tmp_path, "--format", "tfrecord", code=2)
    assert "pascal_voc" in unknown.errors
    (tmp_path / "file").write_text("no folder")
    assert "is no folder" in (await said(site, "1", tmp_path / "file", "--format", "csv", code=2)).errors
    version = await version_id(site)
    await site.owner.done("mutation($id: ID!) { archiveVersion(id: $id) { userErrors { code } } }", id=version)
    refused = await said(site, version, tmp_path, "--format", "csv", code=1)
    assert "restore it first" in refused.errors
    assert refused.out == ""


async def test_the_real_thing_from_upload_to_training_pixels(site: Site, tmp_path: Path) -> None:
    project = await add_project(site.api.database, site.home.team, "Real field")
    pictures = [Picture(f"{number}.jpg", jpeg(number, 400, 300)) for number in range(10)]
    async with site.api.io_worker(), renderer(tmp_path) as rendering:
        results = await bring(site.owner, project.id, pictures)
        ids = [results[picture.filename]["asset"]["id"] for picture in pictures]
        assets = await site.api.database.read(lambda uow: uow.assets.get_many(ids))
        await annotate(site.api.database, site.home, list(assets.values()), project=project)
        made = await site.run(
            "version", "create", "--tile", "2x2", "--multiplier", "2", "--flip-horizontal", project=project.id
        )
        assert made.code == 0, made
        archives = DatasetArchives(site.api.services.store, rendering)
        async with exporting(site.api, tmp_path, archives):
            result = await site.run(
                *("version", "download", "1", tmp_path / "real", "--format", "coco", "--json"), project=project.id
            )
    assert result.code == 0, result
    done = json.loads(result.out)
    counts = (await site.owner.data(SPLITS, id=done["version"]["id"]))["splitCounts"]
    written = counts["trainAugmented"] + 4 * (counts["val"] + counts["test"])
    assert done["export"]["imageCount"] == written
    with zipfile.ZipFile(tmp_path / "real" / "Real_field-v1-coco.zip") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert sum(name.endswith(".jpg") for name in names) == written
    assert {"sources.csv", "manifest.json", "SHA256SUMS"} <= set(names)
