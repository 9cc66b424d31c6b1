"""What a snapshot freezes, on SQLite and MariaDB: manifest, rows, and a digest that knows equal data."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from adapters.local_store import LocalStore
from adapters.object_store import open_object_store
from db.database import SqlDatabase
from db.snapshot import consistent_read
from domain.annotations import NewAnnotation, create_annotations
from domain.errors import ClaimLostError
from domain.jobs import MAX_STRIKES, JobKind
from domain.models.annotation import AnnotationSource
from domain.models.config import Preprocessing, SnapshotFilters, SplitConfig, SplitGroup, Tile, VersionConfig
from domain.models.geometry import Box
from domain.models.version import DatasetStatus, Split
from s3_server import S3Server
from seeds import (
    add_batch,
    add_images,
    annotate,
    digest_of,
    drawn,
    freeze,
    make_home,
    reload,
    request_version,
    silent_database,
    take,
)
from snapshots import HALVES, frozen, frozen_home, frozen_images, images_of, manifest_of, rows_of, set_columns
from workers.claims import PermanentError, PostponedError
from workers.frozen_version import FrozenVersion
from workers.snapshot import Snapshot
from workers.spooling import spool


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
    assert header["schemaVersion"] == 2
    assert header["classes"] == ["pine_sapling", "wattle"]
    assert header["classCounts"][0] == {"name": "pine_sapling", "annotations": 12, "images": 12}
    assert header["splitCounts"] == {"train": 6, "val": 3, "test": 3, "train_augmented": 6}
    assert (header["project"], header["name"]) == (home.project.id, version.name)
    assert version.snapshot_at is not None
    assert header["snapshotAt"] == version.snapshot_at.isoformat()


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
    earliest = await database.read(lambda uow: uow.versions.earliest_equals([first.id, again.id, other.id]))
    assert {id_: version.id for id_, version in earliest.items()} == {again.id: first.id}


async def test_the_order_of_rows_changes_nothing_but_ids(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    names = [f"image-{index}" for index in range(8)]
    boxes = [Box(x, 20, 30, 40) for x in (10, 10.5, 200)]
    digests = []
    for name, order in (("Forth", 1), ("Back", -1)):
        home = await make_home(database, name)
        for asset in await add_images(database, home.project, names[::order]):
            notes = [drawn(asset, weed, box) for weed in ("wattle", "lantana") for box in boxes][::order]
            await create_annotations(database, home.principal, home.project.id, notes)
        version = await frozen(database, store, tmp_path, home)
        digests.append(version.content_digest)
        lines = images_of(await manifest_of(store, version))
        assert [image.sha256 for image in lines] == sorted(digest_of(name) for name in names)
        assert [(note.weed_type, note.box.x) for note in lines[0].annotations] == [
            ("lantana", 10.0),
            ("wattle", 10.0),
            ("lantana", 10.5),
            ("wattle", 10.5),
            ("lantana", 200.0),
            ("wattle", 200.0),
        ]
    assert digests[0] == digests[1]


async def test_one_spool_gives_the_same_bytes_every_time(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North")
    version = await frozen(database, store, tmp_path, home)
    async with consistent_read(database.engine, version.project_id, version.config) as read:
        spooled = await spool(read, version.config, tmp_path)
    path, seen = tmp_path / "again.json", set()
    for _ in range(3):
        written = FrozenVersion(version, read.at, spooled, 0).write_manifest(path)
        assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert written.content_digest == version.content_digest
        seen.add(written.sha256)
    assert len(seen) == 1


async def test_the_content_digest_can_be_worked_out_from_the_manifest_as_documented(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North")
    batch = await add_batch(database, home.project)
    located = await add_images(database, home.project, ["located"], batch)
    await set_columns(database, located[0], gps_latitude=-27.5, gps_longitude=153.25)
    outline = NewAnnotation(
        located[0].id,
        'a "quoted" wëed',
        Box(1, 2, 3, 4),
        ((1.0, 2.0), (4.0, 2.0), (4.0, 6.0)),
        {"type": "Point", "coordinates": [153.25, -27.5]},
        0.25,
        True,
        AnnotationSource.SAM3,
    )
    await create_annotations(database, home.principal, home.project.id, [outline])
    grouped = SplitConfig(0.5, 0.25, 0.25, group_by=SplitGroup.UPLOAD_BATCH)
    version = await frozen(database, store, tmp_path, home, VersionConfig(splits=grouped))
    manifest = orjson.loads(await manifest_of(store, version))

    def written(value: object) -> bytes:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

    settings = {name: manifest["header"][name] for name in ("filters", "preprocessing", "augmentation", "splits")}
    del settings["filters"]["upload_batch_ids"]
    digest = hashlib.sha256(written(settings))
    for image in manifest["images"]:
        split = image["split"]
        for name in ("assetId", "key", "group", "split"):
            del image[name]
        for note in image["annotations"]:
            del note["id"]
        digest.update(f"\n{hashlib.sha256(written(image)).hexdigest()} {split}".encode())
    assert digest.hexdigest() == version.content_digest
    (image,) = [image for image in images_of(await manifest_of(store, version)) if image.filename == "located.jpg"]
    (note,) = image.annotations
    assert (note.weed_type, note.polygon, note.confidence) == (outline.weed_type, outline.polygon, 0.25)
    assert (note.geo_coordinates, note.source, note.verified) == (outline.geo_coordinates, AnnotationSource.SAM3, True)
    assert (image.gps_latitude, image.gps_longitude, image.group) == (-27.5, 153.25, batch.id)


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


async def test_filters_decide_what_is_in(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    home = await frozen_home(database, "North", images=4)
    batch = await add_batch(database, home.project)
    await annotate(database, home, await add_images(database, home.project, ["in-batch"], batch), "lantana", "wattle")
    await add_images(database, home.project, ["background"], batch)
    config = VersionConfig(
        filters=SnapshotFilters(weed_types=("lantana",), upload_batch_ids=(batch.id,), include_empty=True)
    )
    version = await frozen(database, store, tmp_path, home, config)
    images = await frozen_images(store, version)
    assert {name: [note.weed_type for note in image.annotations] for name, image in images.items()} == {
        "in-batch.jpg": ["lantana"],
        "background.jpg": [],
    }


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


async def test_a_store_that_is_away_costs_no_strike(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    database, home = sqlite_database, await frozen_home(sqlite_database, "North")
    version = await request_version(database, home, HALVES)
    nobody = S3Server("http://127.0.0.1:9", "tests", "a secret of the tests")
    async with open_object_store(nobody.settings("gone")) as away:
        for _ in range(MAX_STRIKES + 2):
            claim = await take(database, JobKind.SNAPSHOT)
            assert claim.strikes == 1
            with pytest.raises(PostponedError):
                await Snapshot(database, away, tmp_path).run(claim)
            await database.write(lambda uow, claim=claim: uow.claims.spare(claim))  # type: ignore[misc]
            await database.write(lambda uow: uow.versions.update(version.id, heartbeat_at=None))
    made = await freeze(database, store, tmp_path, version)
    assert made.status is DatasetStatus.READY
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("snapshot-")] == []


async def test_a_store_that_stays_away_for_a_day_fails_the_version(
    sqlite_database: SqlDatabase, tmp_path: Path
) -> None:
    database, home = sqlite_database, await frozen_home(sqlite_database, "North")
    version = await request_version(database, home, HALVES)
    await database.write(lambda uow: uow.versions.update(version.id, queued_at=datetime.now(UTC) - timedelta(hours=25)))
    nobody = S3Server("http://127.0.0.1:9", "tests", "a secret of the tests")
    async with open_object_store(nobody.settings("gone")) as away:
        with pytest.raises(PermanentError, match="then retry the version"):
            await Snapshot(database, away, tmp_path).run(await take(database, JobKind.SNAPSHOT))


async def test_equal_rows_have_one_digest_on_each_kind_of_database(
    sqlite_url: str, migrated_mariadb_url: str, store: LocalStore, tmp_path: Path
) -> None:
    geometry = {"type": "Point", "coordinates": [151.2, -33.85, 1e-7], "bbox": [151.2, -33.85, 0, 151.2, -33.85, 1]}
    digests = []
    for url in (sqlite_url, migrated_mariadb_url):
        database = silent_database(url)
        try:
            home = await make_home(database, "North")
            (asset,) = await add_images(database, home.project, ["image"])
            numbers = (0.1 + 0.2, 1e-7, 123456789.123456789, 1 / 3)
            notes = [
                NewAnnotation(
                    asset.id, "\u6728 \U0001f331", Box(x, 20, 30, 40), None, geometry, 1 / 3, True, AnnotationSource.AI
                )
                for x in numbers[:2]
            ]
            await create_annotations(database, home.principal, home.project.id, notes)
            await set_columns(database, asset, gps_latitude=numbers[3], gps_longitude=numbers[0])
            digests.append((await frozen(database, store, tmp_path, home)).content_digest)
        finally:
            await database.close()
    assert digests[0] is not None
    assert digests[0] == digests[1]


async def test_a_worker_that_lost_its_claim_writes_nothing_more(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North")
    version = await request_version(database, home, HALVES)
    stale = await take(database, JobKind.SNAPSHOT)
    await database.write(lambda uow: uow.claims.release(stale))
    made = await freeze(database, store, tmp_path, version)
    rows = await rows_of(database, made)
    await database.write(lambda uow: uow.versions.update(version.id, status=DatasetStatus.CREATING))
    with pytest.raises(ClaimLostError):
        await Snapshot(database, store, tmp_path).run(stale)
    assert await rows_of(database, made) == rows
    assert (await reload(database, version)).manifest == made.manifest
