"""Classes that are dropped or renamed, and what a version warns of, on SQLite and MariaDB."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import manual_annotations
from domain.annotations import create_annotations
from domain.jobs import JobKind
from domain.models.config import ClassRename, Preprocessing, SplitConfig, SplitGroup, VersionConfig
from domain.models.geometry import Box
from domain.models.version import DatasetStatus, Split
from seeds import add_images, annotate, digest_of, drawn, make_home, reload, request_version, take
from snapshots import HALVES, codes, frozen, frozen_home, frozen_images, rows_of, set_columns
from workers.claims import PermanentError
from workers.snapshot import Snapshot


async def test_counts_are_after_drop_and_remap_and_lines_keep_the_annotated_names(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    both, only_gorse = await add_images(database, home.project, ["both", "only-gorse"])
    await annotate(database, home, [both], "wattle", "acacia", "gorse")
    await annotate(database, home, [only_gorse], "gorse")
    preprocessing = Preprocessing(class_remap=(ClassRename("acacia", "wattle"),), drop_classes=("gorse",))
    version = await frozen(database, store, tmp_path, home, VersionConfig(preprocessing=preprocessing))
    assert version.classes == ("wattle",)
    assert [(one.name, one.annotations, one.images) for one in version.class_counts] == [("wattle", 2, 1)]
    assert (version.image_count, version.annotation_count) == (2, 2)
    images = await frozen_images(store, version)
    assert {note.weed_type for note in images["both.jpg"].annotations} == {"wattle", "acacia", "gorse"}
    assert [note.weed_type for note in images["only-gorse.jpg"].annotations] == ["gorse"]
    assert [row["annotation_count"] for row in await rows_of(database, version)] == [
        len(images[f"{name}.jpg"].annotations) for name in sorted(("both", "only-gorse"), key=digest_of)
    ]


async def test_when_dropping_leaves_nothing_the_version_fails_with_a_sentence(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North", images=2)
    dropping = VersionConfig(preprocessing=Preprocessing(drop_classes=("wattle",)))
    version = await request_version(database, home, dropping)
    async with database.engine.begin() as connection:  # renamed between the call and its snapshot
        await connection.execute(update(manual_annotations).values(weed_type="wattle"))
    claim, snapshot = await take(database, JobKind.SNAPSHOT), Snapshot(database, store, tmp_path)
    with pytest.raises(PermanentError, match="dropped: wattle"):
        await snapshot.run(claim)
    await snapshot.fail(claim, "nothing was left")
    assert (await reload(database, version)).status is DatasetStatus.FAILED
    assert await rows_of(database, version) == []


async def test_a_class_that_a_split_lacks_is_named_as_it_is_after_the_remap(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await frozen_home(database, "North")
    await annotate(database, home, await add_images(database, home.project, ["rare"]), "lantana")
    preprocessing = Preprocessing(class_remap=(ClassRename("lantana", "camara"),), drop_classes=("wattle",))
    version = await frozen(database, store, tmp_path, home, VersionConfig(preprocessing, splits=HALVES.splits))
    lacking = [notice for notice in version.warnings if notice.code == "MISSING_CLASS_IN_SPLIT"]
    assert len(lacking) == 2, "camara is on one image, so two of the three splits lack it"
    for notice in lacking:
        assert notice.count == 1
        assert "camara" in notice.message
        assert "lantana" not in notice.message
        assert "wattle" not in notice.message


async def test_classes_that_occur_seldom_are_named(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    home = await frozen_home(database, "North", images=10)
    await annotate(database, home, await add_images(database, home.project, ["rare"]), "lantana")
    version = await frozen(database, store, tmp_path, home)
    (few,) = [notice for notice in version.warnings if notice.code == "FEW_INSTANCES"]
    assert few.count == 1
    assert "lantana (1)" in few.message
    assert "wattle" not in few.message, "ten are enough"


async def test_annotations_that_make_no_label_are_counted_and_their_files_named(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    assets = await add_images(database, home.project, ["sound", "flat", "beside", "broken", "dropped", "mixed"])
    notes = [drawn(asset, "gorse" if asset is assets[4] else "wattle") for asset in assets]
    notes += [drawn(assets[5]), drawn(assets[5])]
    made = await create_annotations(database, home.principal, home.project.id, notes)
    stored: dict[str, object] = {
        # As other programs on the same database may have left them.
        made[1].id: {"box": {"x": 10.0, "y": 10.0, "width": 0.0, "height": 40.0}, "polygon": None},
        made[2].id: {"box": {"x": -50.0, "y": 10.0, "width": 50.0, "height": 40.0}, "polygon": None},
        made[3].id: {"somewhere": "else"},
        made[4].id: {"box": {"x": 700.0, "y": 10.0, "width": 5.0, "height": 40.0}, "polygon": None},
        made[6].id: {"box": {"x": "NaN", "y": 10.0, "width": 5.0, "height": 40.0}, "polygon": None},
        made[7].id: [[-1e308, 0.0], [1e308, 5.0], [1e308, 9.0]],
    }
    async with database.engine.begin() as connection:
        for id_, coordinates in stored.items():
            mine = manual_annotations.c.id == id_
            await connection.execute(update(manual_annotations).where(mine).values(coordinates=coordinates))
    dropping = VersionConfig(preprocessing=Preprocessing(drop_classes=("gorse",)), splits=HALVES.splits)
    version = await frozen(database, store, tmp_path, home, dropping)
    (skipped,) = [notice for notice in version.warnings if notice.code == "SKIPPED_ANNOTATION"]
    assert skipped.count == 5
    named = [name for name in ("flat", "beside", "broken", "mixed") if f"{name}.jpg" in skipped.message]
    assert len(named) == 3
    images = await frozen_images(store, version)
    counts = {name: len(image.annotations) for name, image in images.items()}
    assert counts == {"sound.jpg": 1, "flat.jpg": 1, "beside.jpg": 1, "dropped.jpg": 1, "mixed.jpg": 1}
    assert images["beside.jpg"].annotations[0].box == Box(-50.0, 10.0, 50.0, 40.0)
    assert version.annotation_count == 4


async def test_coordinates_from_before_versioning_are_frozen_as_pixels(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    assets = await add_images(database, home.project, ["pairs", "points", "whole"])
    made = await create_annotations(database, home.principal, home.project.id, [drawn(asset) for asset in assets])
    stored = [
        [[10, 20], [40, 20], [40, 60.5]],
        [{"x": 10, "y": 20}, {"x": 40, "y": 20}, {"x": 40, "y": 60.5}],
        {"box": {"x": 10, "y": 20, "width": 30, "height": 40.5}, "polygon": [{"x": 10, "y": 20}, [40, 20], [40, 60.5]]},
    ]
    async with database.engine.begin() as connection:
        for note, coordinates in zip(made, stored, strict=True):
            mine = manual_annotations.c.id == note.id
            await connection.execute(update(manual_annotations).where(mine).values(coordinates=coordinates))
    version = await frozen(database, store, tmp_path, home)
    for image in (await frozen_images(store, version)).values():
        (found,) = image.annotations
        assert found.box == Box(10.0, 20.0, 30.0, 40.5)
        assert found.polygon == ((10.0, 20.0), (40.0, 20.0), (40.0, 60.5))
    assert "SKIPPED_ANNOTATION" not in codes(version)


async def test_look_alikes_in_different_splits_are_counted_and_grouping_by_similarity_keeps_them_together(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    assets = await add_images(database, home.project, [f"image-{index}" for index in range(4)])
    await annotate(database, home, assets)
    far = ("0000000000000000", "0000000000000001", "ffffffff00000000", "ffffffff00000003")
    for asset, value in zip(assets, far, strict=True):
        await set_columns(database, asset, perceptual_hash=value)
    torn = SplitConfig(0.25, 0.25, 0.5, inherit=False)
    version = await frozen(database, store, tmp_path, home, VersionConfig(splits=torn))
    splits = {image.filename: image.split for image in (await frozen_images(store, version)).values()}
    pairs = [("image-0.jpg", "image-1.jpg"), ("image-2.jpg", "image-3.jpg")]
    leaked = sum(splits[one] is not splits[other] for one, other in pairs)
    assert leaked > 0, "one of four is in TRAIN, so one pair at least is torn"
    assert version.leaked_pairs == leaked
    (notice,) = [notice for notice in version.warnings if notice.code == "LEAKED_PAIRS"]
    assert notice.count == leaked
    assert "SIMILAR" in notice.message

    grouped = SplitConfig(0.5, 0.25, 0.25, group_by=SplitGroup.SIMILAR, inherit=False)
    together = await frozen(database, store, tmp_path, home, VersionConfig(splits=grouped))
    assert together.leaked_pairs == 0
    assert "LEAKED_PAIRS" not in codes(together)
    images = await frozen_images(store, together)
    assert all(images[one].group == images[other].group for one, other in pairs)
    assert {Split.TRAIN} < {image.split for image in images.values()}
