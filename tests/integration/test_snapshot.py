"""What a snapshot freezes, on SQLite and MariaDB: manifest, rows, digest, and one instant of the database."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from adapters.local_store import LocalStore
from adapters.manifest import read_images
from db.database import SqlDatabase
from db.repository import columns_of
from db.tables import training_dataset_assets
from domain.annotations import create_annotations
from domain.jobs import JobKind
from domain.models.config import Preprocessing, SnapshotFilters, SplitConfig, Tile, VersionConfig
from domain.models.geometry import Box
from domain.models.manifest import FrozenImage
from domain.models.version import DatasetStatus, DatasetVersion, Split
from seeds import (
    Home,
    add_batch,
    add_images,
    annotate,
    digest_of,
    drawn,
    freeze,
    make_home,
    reload,
    request_version,
    take,
)
from workers.claims import PermanentError
from workers.snapshot import Snapshot

HALVES = VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25))


async def frozen_home(database: SqlDatabase, name: str, images: int = 12) -> Home:
    """A project whose images are the same, and marked the same, whatever its name is."""
    home = await make_home(database, name)
    assets = await add_images(database, home.project, [f"image-{index}" for index in range(images)])
    await annotate(database, home, assets, "wattle", "pine_sapling")
    return home


async def manifest_of(store: LocalStore, version: DatasetVersion) -> bytes:
    assert version.manifest is not None
    return await store.get(version.manifest.s3_key)


def images_of(data: bytes) -> list[FrozenImage]:
    return list(read_images(data))


async def rows_of(database: SqlDatabase, version: DatasetVersion) -> list[dict[str, Any]]:
    table = training_dataset_assets
    mine = select(*columns_of(table)).where(table.c.dataset_id == version.id).order_by(table.c.position)
    async with database.engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(mine)).mappings()]


async def frozen(
    database: SqlDatabase, store: LocalStore, folder: Path, home: Home, config: VersionConfig = HALVES
) -> DatasetVersion:
    return await freeze(database, store, folder, await request_version(database, home, config))


async def test_the_manifest_is_canonical_and_its_key_holds_its_hash(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North")
    version = await frozen(database, store, tmp_path, home)
    data = await manifest_of(store, version)
    assert version.manifest is not None
    assert hashlib.sha256(data).hexdigest() == version.manifest.sha256
    assert len(data) == version.manifest.size_bytes
    assert version.manifest.sha256 in version.manifest.s3_key
    assert version.manifest.s3_key.startswith(f"teams/{home.team.id}/")

    first, *lines, end, nothing = data.split(b"\n")
    assert (end, nothing) == (b"]}", b"")
    whole = orjson.loads(data)
    assert [orjson.loads(line.removesuffix(b",")) for line in lines] == whole["images"]
    for line, value in zip(lines, whole["images"], strict=True):
        assert line.removesuffix(b",") == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    assert first == b'{"header":' + orjson.dumps(whole["header"], option=orjson.OPT_SORT_KEYS) + b',"images":['
    assert [image["sha256"] for image in whole["images"]] == sorted(digest_of(f"image-{index}") for index in range(12))
    header = whole["header"]
    assert (header["version"], header["images"], header["annotations"]) == (1, 12, 24)
    assert header["classes"] == ["pine_sapling", "wattle"]


async def test_rows_and_version_say_what_the_manifest_says(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North")
    version = await frozen(database, store, tmp_path, home)
    images = images_of(await manifest_of(store, version))
    rows = await rows_of(database, version)
    assert [row["position"] for row in rows] == list(range(12))
    for row, image in zip(rows, images, strict=True):
        for name in ("asset_id", "filename", "s3_key", "sha256", "width", "height", "split"):
            assert row[name] == getattr(image, name)
        assert row["annotation_count"] == len(image.annotations) == 2
    sizes = Counter(image.split for image in images)
    counted = version.split_counts
    assert sizes == {Split.TRAIN: 6, Split.VAL: 3, Split.TEST: 3}
    assert (counted.train, counted.val, counted.test) == (6, 3, 3)
    assert version.classes == ("pine_sapling", "wattle")
    assert [(count.name, count.annotations, count.images) for count in version.class_counts] == [
        ("pine_sapling", 12, 12),
        ("wattle", 12, 12),
    ]
    assert (version.image_count, version.annotation_count) == (12, 24)
    assert version.snapshot_at is not None


async def test_equal_data_has_one_content_digest_wherever_it_lies(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    ours, theirs = await frozen_home(database, "Ours"), await frozen_home(database, "Theirs")
    first = await frozen(database, store, tmp_path, ours)
    again = await frozen(database, store, tmp_path, ours)
    other = await frozen(database, store, tmp_path, theirs)
    assert first.content_digest is not None
    assert first.content_digest == again.content_digest == other.content_digest
    assert first.manifest != again.manifest

    fresh = VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25, inherit=False))
    seeded = VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25, inherit=False, seed=1))
    tiled = VersionConfig(preprocessing=Preprocessing(tile=Tile(2, 2)), splits=HALVES.splits)
    others = [await frozen(database, store, tmp_path, ours, config) for config in (fresh, seeded, tiled)]
    digests = [version.content_digest for version in others]
    assert len({first.content_digest, *digests}) == 4, "other settings are other content"
    earliest = await database.read(lambda uow: uow.versions.with_digest(ours.project.id, str(first.content_digest)))
    assert earliest is not None
    assert earliest.version == 1


async def test_one_moved_box_is_other_content(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    digests = []
    for x in (10.0, 10.5):
        home = await make_home(database, f"Box at {x}")
        (asset,) = await add_images(database, home.project, ["image"])
        note = drawn(asset, "wattle", Box(x, 20, 30, 40))
        await create_annotations(database, home.principal, home.project.id, [note])
        digests.append((await frozen(database, store, tmp_path, home)).content_digest)
    assert digests[0] != digests[1]


async def test_a_later_version_keeps_every_image_in_its_split(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North")
    first = await frozen(database, store, tmp_path, home)
    more = await add_images(database, home.project, [f"later-{index}" for index in range(12)])
    await annotate(database, home, more, "wattle", "pine_sapling")
    second = await frozen(database, store, tmp_path, home, VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25, seed=7)))
    before = {row["sha256"]: row["split"] for row in await rows_of(database, first)}
    after = {row["sha256"]: row["split"] for row in await rows_of(database, second)}
    assert {sha256: after[sha256] for sha256 in before} == before
    assert second.split_counts.train == 12
    assert (second.split_counts.val, second.split_counts.test) == (6, 6)


async def test_a_class_that_a_split_lacks_is_named(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    home = await frozen_home(database, "North")
    rare = await add_images(database, home.project, ["rare"])
    await annotate(database, home, rare, "lantana")
    version = await frozen(database, store, tmp_path, home)
    lacking = [notice for notice in version.warnings if notice.code == "MISSING_CLASS_IN_SPLIT"]
    assert len(lacking) == 2, "lantana is on one image, so two of the three splits lack it"
    assert all("lantana" in notice.message and notice.count == 1 for notice in lacking)
    assert "wattle" not in "".join(notice.message for notice in lacking)


async def test_filters_decide_what_is_in(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    home = await frozen_home(database, "North", images=4)
    batch = await add_batch(database, home.project)
    await annotate(database, home, await add_images(database, home.project, ["in-batch"], batch), "lantana", "wattle")
    await add_images(database, home.project, ["background"], batch)
    config = VersionConfig(
        filters=SnapshotFilters(weed_types=("lantana",), upload_batch_ids=(batch.id,), include_empty=True)
    )
    version = await frozen(database, store, tmp_path, home, config)
    images = {image.filename: image for image in images_of(await manifest_of(store, version))}
    assert {name: [note.weed_type for note in image.annotations] for name, image in images.items()} == {
        "in-batch.jpg": ["lantana"],
        "background.jpg": [],
    }


async def test_a_writer_in_the_middle_is_frozen_wholly_or_not_at_all(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    assets = await add_images(database, home.project, [f"image-{index}" for index in range(40)])
    await annotate(database, home, assets[:1], "left", "right")
    over = asyncio.Event()
    written = 0

    async def write_pairs() -> None:
        nonlocal written
        while not over.is_set():
            one, other = assets[written % 40], assets[(written * 7 + 3) % 40]
            pair = [drawn(one, "left"), drawn(other, "right")]
            await create_annotations(database, home.principal, home.project.id, pair)
            written += 1
            await asyncio.sleep(0.01)  # SQLite has one writer at a time: the snapshot wants its turn too

    writer = asyncio.create_task(write_pairs())
    seen = []
    try:
        for _ in range(8):
            version = await frozen(database, store, tmp_path, home)
            counts = {count.name: count.annotations for count in version.class_counts}
            assert counts["left"] == counts["right"]
            assert version.annotation_count == counts["left"] * 2
            seen.append(counts["left"])
    finally:
        over.set()
        await writer
    assert len(set(seen)) > 1, "nothing was written between the snapshots"
    assert seen == sorted(seen)


async def test_a_second_attempt_leaves_one_set_of_rows(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North")
    version = await request_version(database, home, HALVES)
    claim = await take(database, JobKind.SNAPSHOT)
    snapshot = Snapshot(database, store, tmp_path)
    await snapshot.run(claim)
    undisturbed = await reload(database, version)
    # As a worker that died after its rows were written, and before the version was READY, leaves it.
    await database.write(lambda uow: uow.versions.update(version.id, status=DatasetStatus.CREATING))
    await database.write(lambda uow: uow.claims.release(claim))
    await snapshot.run(await take(database, JobKind.SNAPSHOT))
    again = await reload(database, version)
    assert again.status is DatasetStatus.READY
    assert again.content_digest == undisturbed.content_digest
    assert len(await rows_of(database, again)) == 12


async def test_what_matches_no_more_when_its_turn_comes_fails_with_a_reason(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North", images=1)
    version = await request_version(database, home, HALVES)
    (asset,) = (await database.read(lambda uow: uow.assets.by_digest(home.project.id, [digest_of("image-0")]))).values()
    await database.write(lambda uow: uow.assets.update(asset.id, sha256=None))
    claim = await take(database, JobKind.SNAPSHOT)
    snapshot = Snapshot(database, store, tmp_path)
    with pytest.raises(PermanentError) as refused:
        await snapshot.run(claim)
    await snapshot.fail(claim, str(refused.value))
    failed = await reload(database, version)
    assert failed.status is DatasetStatus.FAILED
    assert failed.failure_reason is not None
    assert "No annotated image" in failed.failure_reason
    assert await rows_of(database, failed) == []
