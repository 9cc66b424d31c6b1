"""The preview of a version says what the snapshot then freezes, on SQLite and MariaDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from sqlalchemy import update

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import assets as assets_table
from domain.models.asset import Asset
from domain.models.config import (
    ClassRename,
    Preprocessing,
    SnapshotFilters,
    SplitConfig,
    SplitGroup,
    VersionConfig,
)
from domain.models.version import DatasetStatus, DatasetVersion, Notice, Split, SplitCounts
from domain.version_preview import VersionPreview, preview_version
from domain.versions import CreateVersion
from seeds import Home, add_batch, add_images, add_pending, annotate, freeze, make_home, request_version

_LATER = {"LEAKED_PAIRS", "SKIPPED_ANNOTATION", "MISSING_CLASS_IN_SPLIT"}
"""What only the snapshot can tell, or tells more of."""

CLASSES = ("wattle", "pine_sapling", "lantana", "gorse")


async def preview_of(database: SqlDatabase, home: Home, config: VersionConfig) -> VersionPreview:
    return await preview_version(database, home.principal, CreateVersion(home.project.id, None, None, None, config))


def numbers(of: VersionPreview | DatasetVersion) -> tuple[object, ...]:
    return of.image_count, of.annotation_count, tuple(of.class_counts), of.split_counts


def told(notices: Sequence[Notice]) -> list[Notice]:
    return sorted((one for one in notices if one.code not in _LATER), key=lambda one: one.code)


async def import_split(database: SqlDatabase, assets: Sequence[Asset], split: Split) -> None:
    ids = [asset.id for asset in assets]
    async with database.engine.begin() as connection:
        await connection.execute(update(assets_table).where(assets_table.c.id.in_(ids)).values(imported_split=split))


async def grown_home(database: SqlDatabase) -> Home:
    """Batches of 1 to 9 images, images without one, imported splits here and there, detections that wait for review."""
    chance = Random(4)
    home = await make_home(database)
    for number in range(6):
        batch = await add_batch(database, home.project, f"flight {number}") if number else None
        images = await add_images(
            database, home.project, [f"{number}-{index}" for index in range(9 if batch is None else number + 3)], batch
        )
        for image in images:
            drawn = chance.sample(CLASSES, chance.randint(0, 3))
            if drawn:
                await annotate(database, home, [image], *drawn, drawn[0])
            if chance.random() < 0.3:
                await add_pending(database, image, chance.choice(CLASSES), confidence=0.7)
        await import_split(database, images[:1], chance.choice(list(Split)))
    await annotate(database, home, images[:1], "thistle")
    return home


def settings() -> list[VersionConfig]:
    """Made one after the other, so that the later ones inherit."""
    uneven = SplitConfig(0.6, 0.3, 0.1, seed=3)
    batches = replace(uneven, group_by=SplitGroup.UPLOAD_BATCH)
    kept = replace(batches, keep_imported=True)
    found = SnapshotFilters(include_sam3=True, include_ai_detections=True)
    renamed = Preprocessing(class_remap=(ClassRename("wattle", "tree"), ClassRename("gorse", "tree")))
    dropped = Preprocessing(class_remap=(ClassRename("gorse", "lantana"),), drop_classes=("wattle", "pine_sapling"))
    return [
        VersionConfig(splits=replace(batches, inherit=False)),
        VersionConfig(splits=replace(kept, inherit=False, seed=8)),
        VersionConfig(filters=SnapshotFilters(weed_types=("wattle",)), splits=uneven),
        VersionConfig(splits=uneven),
        VersionConfig(splits=batches, filters=SnapshotFilters(include_empty=True)),
        VersionConfig(splits=replace(uneven, keep_imported=True), filters=found),
        VersionConfig(renamed, splits=kept, filters=found),
        VersionConfig(dropped, splits=batches),
        VersionConfig(dropped, splits=kept, filters=replace(found, include_empty=True)),
        VersionConfig(splits=SplitConfig(1.0, 0.0, 0.0, SplitGroup.UPLOAD_BATCH, inherit=False, seed=11)),
        VersionConfig(splits=SplitConfig(0.2, 0.4, 0.4, inherit=False), filters=SnapshotFilters(min_confidence=0.6)),
    ]


async def test_the_version_has_the_numbers_and_the_warnings_of_its_preview(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await grown_home(database)
    codes = set()
    for config in settings():
        preview = await preview_of(database, home, config)
        frozen = await freeze(database, store, tmp_path, await request_version(database, home, config))
        assert frozen.status is DatasetStatus.READY
        assert preview.exact
        assert preview.next_version == frozen.version
        assert numbers(preview) == numbers(frozen)
        assert told(preview.warnings) == told(frozen.warnings)
        foreseen = [one for one in preview.warnings if one.code == "MISSING_CLASS_IN_SPLIT"]
        assert not foreseen or [one for one in frozen.warnings if one.code == "MISSING_CLASS_IN_SPLIT"]
        codes |= {one.code for one in preview.warnings}
    assert codes >= {"MOVED_SPLIT", "FEW_INSTANCES", "SPLIT_OFF_TARGET"}, "the settings are too tame"


async def test_groups_that_must_be_looked_at_are_an_estimate(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    images = await add_images(database, home.project, [f"image-{index}" for index in range(20)])
    await annotate(database, home, images)
    async with database.engine.begin() as connection:
        place = {"gps_latitude": -27.5, "gps_longitude": 153.0, "perceptual_hash": "0f" * 8}
        await connection.execute(update(assets_table).values(**place))
    for group_by in (SplitGroup.GPS_CELL, SplitGroup.SIMILAR):
        config = VersionConfig(splits=SplitConfig(group_by=group_by, inherit=False))
        preview = await preview_of(database, home, config)
        frozen = await freeze(database, store, tmp_path, await request_version(database, home, config))
        assert (preview.exact, preview.split_counts) == (False, SplitCounts(16, 3, 1, 20)), (
            "at most all are written as TRAIN"
        )
        assert frozen.split_counts == SplitCounts(20, 0, 0, 20), "all of them are one group"
        assert numbers(preview)[:3] == numbers(frozen)[:3]
        assert [one.code for one in preview.warnings] == ["ESTIMATED_SPLITS"]


async def test_a_class_on_fewer_images_than_there_are_splits_is_told(database: SqlDatabase) -> None:
    home = await make_home(database)
    images = await add_images(database, home.project, [f"image-{index}" for index in range(20)])
    await annotate(database, home, images)
    await annotate(database, home, images[:2], *["gorse"] * 6)
    warnings = {one.code: one for one in (await preview_of(database, home, VersionConfig())).warnings}
    assert warnings.keys() == {"MISSING_CLASS_IN_SPLIT"}
    assert "gorse (2)" in warnings["MISSING_CLASS_IN_SPLIT"].message
    two = VersionConfig(splits=SplitConfig(0.5, 0.5, 0.0))
    assert (await preview_of(database, home, two)).warnings == ()


async def test_a_project_without_images_has_a_preview(database: SqlDatabase) -> None:
    home = await make_home(database)
    for group_by in SplitGroup:
        preview = await preview_of(database, home, VersionConfig(splits=SplitConfig(group_by=group_by)))
        assert (preview.image_count, preview.annotation_count, preview.output_images) == (0, 0, 0)
        assert (preview.split_counts, preview.warnings, preview.next_version) == (SplitCounts(), (), 1)


async def test_what_is_elsewhere_does_not_count(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    home, other = await make_home(database), await make_home(database, "South block")
    for one, count in ((home, 3), (other, 12)):
        images = await add_images(database, one.project, [f"image-{index}" for index in range(count)])
        await annotate(database, one, images)
    all_val = VersionConfig(splits=SplitConfig(0.01, 0.99, 0.0))
    await freeze(database, store, tmp_path, await request_version(database, other, all_val))
    preview = await preview_of(database, home, VersionConfig(splits=SplitConfig(1.0, 0.0, 0.0)))
    assert (preview.image_count, preview.split_counts) == (3, SplitCounts(3, 0, 0, 3)), "its own splits alone"
