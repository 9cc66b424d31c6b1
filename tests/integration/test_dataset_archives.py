"""The archive of a version: the same bytes however it is made, and nothing in it that its sums do not tell of."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from adapters.local_store import LocalStore
from domain.models.config import Augmentation, Preprocessing, Resize, Tile, VersionConfig
from domain.models.imports import ExportFormat
from renderers import renderer
from stored_images import StoredVersion, stored_version, written_version
from workers.dataset_archives import DatasetArchive, DatasetArchives, Progress
from workers.renderer import Renderer

CONFIG = VersionConfig(
    Preprocessing(tile=Tile(2, 2, min_visible=0.4), resize=Resize(96, 96)),
    Augmentation(multiplier=3, horizontal_flip=True, rotation=20, brightness=0.1, crop=0.3),
)


async def made(
    store: LocalStore,
    rendering: Renderer,
    stored: StoredVersion,
    folder: Path,
    format_: ExportFormat = ExportFormat.YOLO,
    progress: Progress = lambda done, total: None,
) -> tuple[bytes, DatasetArchive]:
    folder.mkdir()
    archives = DatasetArchives(store, rendering)
    archive = archives.archive(stored.version, stored.manifest, format_, folder, progress)
    data = b"".join([chunk async for chunk in archive.chunks()])
    assert hashlib.sha256(data).hexdigest() == archive.sha256
    assert len(data) == archive.size_bytes
    return data, archive


def contents(data: bytes) -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(set(names)) == len(names)
        return {name: archive.read(name) for name in names}


@pytest.mark.parametrize("format_", ExportFormat)
async def test_the_bytes_depend_on_neither_processes_nor_cache(
    store: LocalStore, tmp_path: Path, format_: ExportFormat
) -> None:
    stored = await stored_version(store, tmp_path, CONFIG)
    async with renderer(tmp_path / "one", 1) as one, renderer(tmp_path / "two", 2) as two:
        cold, archive = await made(store, one, stored, tmp_path / "cold", format_)
        warm, _ = await made(store, one, stored, tmp_path / "warm", format_)
        other, _ = await made(store, two, stored, tmp_path / "other", format_)
    assert cold == warm == other
    assert archive.images == 4 * (2 * 3 + 1 + 1) + 4 * 2 * 3
    files = contents(cold)
    pictures = [name for name in files if name.endswith(".jpg")]
    assert len(pictures) == archive.images
    assert {name.split("/")[0] for name in pictures} == {"train", "valid", "test"}
    assert files["manifest.json"] == stored.manifest.read_bytes()
    lines = (line.partition("  ") for line in files["SHA256SUMS"].decode().splitlines())
    sums = {name: sha256 for sha256, _, name in lines}
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "SHA256SUMS"}


async def test_each_picture_leads_back_to_its_source(store: LocalStore, tmp_path: Path) -> None:
    stored = await stored_version(store, tmp_path, CONFIG)
    async with renderer(tmp_path) as rendering:
        data, _ = await made(store, rendering, stored, tmp_path / "work", ExportFormat.COCO)
    files = contents(data)
    rows = list(csv.DictReader(io.StringIO(files["sources.csv"].decode())))
    assert sorted(row["file"] for row in rows) == sorted(name for name in files if name.endswith(".jpg"))
    of_asset = {image.asset_id: image for image in stored.images}
    for row in rows:
        image = of_asset[row["asset_id"]]
        assert (row["filename"], row["sha256"], row["split"]) == (image.filename, image.sha256, image.split)
        stem = f"field_{image.filename[6]}_{image.sha256[:8]}_t{row['tile_row']}-{row['tile_column']}"
        copy = f"_c{row['copy']}" if row["copy"] != "0" else ""
        assert row["file"].split("/")[-1] == f"{stem}{copy}.jpg"


async def test_a_rename_in_between_changes_nothing_and_a_renamed_class_does(store: LocalStore, tmp_path: Path) -> None:
    stored = await stored_version(store, tmp_path, CONFIG, images=2)
    renamed = replace(stored, version=replace(stored.version, name="x", display_name="March 2025"))
    async with renderer(tmp_path) as rendering:
        first, _ = await made(store, rendering, stored, tmp_path / "first")
        second, _ = await made(store, rendering, renamed, tmp_path / "second")
        images = [
            replace(one, annotations=tuple(replace(a, weed_type="wattle") for a in one.annotations))
            for one in stored.images
        ]
        other = written_version(tmp_path, images, CONFIG)
        other = replace(other, version=replace(other.version, classes=("pine", "wattle")))
        third, _ = await made(store, rendering, other, tmp_path / "third")
    assert first == second
    labels = [data for name, data in contents(third).items() if name.endswith(".txt") and "/labels/" in name and data]
    assert labels
    assert all(data.startswith(b"1 ") for data in labels)


async def test_progress_is_told_and_what_was_left_out_is_counted(store: LocalStore, tmp_path: Path) -> None:
    config = replace(CONFIG, preprocessing=replace(CONFIG.preprocessing, max_empty_fraction=0.25))
    stored = await stored_version(store, tmp_path, config, images=8)
    told: list[tuple[int, int]] = []
    async with renderer(tmp_path) as rendering:
        data, archive = await made(
            store, rendering, stored, tmp_path / "work", ExportFormat.COCO, lambda *at: told.append(at)
        )
    assert told == [(done, 8) for done in range(1, 9)]
    counts = {notice.code: notice.count for notice in archive.notices}
    assert counts["EMPTY_IMAGES_LEFT_OUT"] > 0
    files = contents(data)
    for split in ("train", "valid", "test"):
        document = orjson.loads(files[f"{split}/_annotations.coco.json"])
        names = {image["id"]: image["file_name"] for image in document["images"]}
        sources = {image for image, name in names.items() if "_c" not in name}
        full = {annotation["image_id"] for annotation in document["annotations"]} & sources
        assert len(sources - full) <= 0.25 * len(sources)
