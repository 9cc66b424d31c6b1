"""Making versions, many at once, on SQLite and MariaDB: numbers without holes, and one version for one key."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import event_log, training_datasets
from domain.errors import DomainError, ErrorCode
from domain.models.config import (
    Augmentation,
    Preprocessing,
    Resize,
    SnapshotFilters,
    SplitConfig,
    SplitGroup,
    Tile,
    VersionConfig,
)
from domain.models.version import DatasetStatus, DatasetVersion
from domain.version_preview import VersionPreview, preview_version
from domain.versions import CreateVersion, create_version
from seeds import Home, add_batch, add_images, add_project, annotate, freeze, make_home, request_version


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    """A project with an annotated image."""
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["one"]))
    return home


def command(home: Home, key: str | None = None, config: VersionConfig | None = None) -> CreateVersion:
    return CreateVersion(home.project.id, key, None, None, config or VersionConfig())


async def refusal(database: SqlDatabase, home: Home, wanted: CreateVersion) -> DomainError:
    with pytest.raises(DomainError) as refused:
        await create_version(database, home.principal, wanted)
    return refused.value


async def versions_stored(database: SqlDatabase) -> int:
    async with database.engine.connect() as connection:
        return int((await connection.execute(select(func.count()).select_from(training_datasets))).scalar_one())


async def test_versions_made_at_once_are_numbered_without_holes(database: SqlDatabase, home: Home) -> None:
    made = await asyncio.gather(*(create_version(database, home.principal, command(home)) for _ in range(16)))
    assert sorted(version.version for version, _ in made) == list(range(1, 17))
    assert all(created for _, created in made)
    assert len({version.id for version, _ in made}) == 16


async def test_one_key_makes_one_version_however_often_it_comes(database: SqlDatabase, home: Home) -> None:
    made = await asyncio.gather(*(create_version(database, home.principal, command(home, "a")) for _ in range(20)))
    assert len({version.id for version, _ in made}) == 1
    assert sorted(created for _, created in made) == [False] * 19 + [True]
    again, created = await create_version(database, home.principal, command(home, "a"))
    assert (again.version, created) == (1, False)
    assert await versions_stored(database) == 1
    async with database.engine.connect() as connection:
        told = (await connection.execute(select(event_log.c.stream, event_log.c.seq))).all()
    assert sorted(told) == [(f"project:{home.project.id}", 1), (f"version:{again.id}", 1)]


async def test_a_key_with_other_input_is_refused_naming_what_differs(database: SqlDatabase, home: Home) -> None:
    await create_version(database, home.principal, command(home, "a"))
    other = VersionConfig(splits=SplitConfig(train=0.7, val=0.25, test=0.05), preprocessing=Preprocessing(False))
    error = await refusal(database, home, command(home, "a", other))
    assert error.code is ErrorCode.IDEMPOTENCY_MISMATCH
    assert error.field == ("input", "idempotencyKey")
    for path in ("splits.train", "splits.val", "preprocessing.autoOrient"):
        assert path in error.message
    assert "splits.test" not in error.message
    named = replace(command(home, "a"), name="Spring")
    assert "name" in (await refusal(database, home, named)).message
    assert await versions_stored(database) == 1


async def test_a_key_belongs_to_its_project(database: SqlDatabase, home: Home) -> None:
    elsewhere = await make_home(database, "South block")
    await annotate(database, elsewhere, await add_images(database, elsewhere.project, ["two"]))
    beside = replace(home, project=await add_project(database, home.team, "East block"))
    await annotate(database, beside, await add_images(database, beside.project, ["three"]))
    made = [(await create_version(database, one.principal, command(one, "a"))) for one in (home, elsewhere, beside)]
    assert [created for _, created in made] == [True] * 3
    assert [(version.project_id, version.version) for version, _ in made] == [
        (one.project.id, 1) for one in (home, elsewhere, beside)
    ]


async def test_names_follow_the_project_unless_given(database: SqlDatabase, home: Home) -> None:
    first = await request_version(database, home)
    assert (first.name, first.display_name) == ("North block-v1", None)
    named = replace(command(home), name="  Spring flight ", display_name="Spring")
    second, _ = await create_version(database, home.principal, named)
    assert (second.version, second.name, second.display_name) == (2, "Spring flight", "Spring")
    assert second.status is DatasetStatus.CREATING
    for bad in ("", "   ", "x" * 201):
        for path, wanted in (
            ("name", replace(command(home), name=bad)),
            ("displayName", replace(command(home), display_name=bad)),
        ):
            error = await refusal(database, home, wanted)
            assert (error.code, error.field) == (ErrorCode.INVALID, ("input", path))
    assert await versions_stored(database) == 2


async def test_without_a_matching_image_nothing_is_made(database: SqlDatabase, home: Home) -> None:
    bare = await make_home(database, "Bare")
    await add_images(database, bare.project, ["bare"])
    cases = [
        command(home, config=VersionConfig(filters=SnapshotFilters(weed_types=("lantana",)))),
        command(home, config=VersionConfig(filters=SnapshotFilters(verified_only=True))),
        command(home, config=VersionConfig(filters=SnapshotFilters(include_manual=False))),
        command(home, config=VersionConfig(filters=SnapshotFilters(upload_batch_ids=("unknown",)))),
    ]
    for wanted in cases:
        error = await refusal(database, home, wanted)
        assert (error.code, error.field) == (ErrorCode.NO_MATCHING_IMAGES, ("input", "filters"))
    empty_ones = command(bare, config=VersionConfig(filters=SnapshotFilters(include_empty=True)))
    assert (await refusal(database, bare, empty_ones)).code is ErrorCode.NO_MATCHING_IMAGES
    assert await versions_stored(database) == 0


def numbers(of: VersionPreview | DatasetVersion) -> tuple[object, ...]:
    return of.image_count, of.annotation_count, tuple(of.class_counts), of.split_counts


async def test_the_preview_is_what_the_snapshot_freezes(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    may, june = await add_batch(database, home.project), await add_batch(database, home.project, "June flight")
    first = await add_images(database, home.project, [f"may-{index}" for index in range(13)], may)
    second = await add_images(database, home.project, [f"june-{index}" for index in range(7)], june)
    await add_images(database, home.project, ["empty"], may)
    await annotate(database, home, first, "wattle", "pine_sapling", "wattle")
    await annotate(database, home, second, "lantana")
    tiled = Preprocessing(resize=Resize(160, 160), tile=Tile(2, 3))
    configs = [
        VersionConfig(),
        VersionConfig(
            preprocessing=tiled,
            augmentation=Augmentation(multiplier=3, horizontal_flip=True),
            splits=SplitConfig(0.6, 0.15, 0.25, seed=5),
            filters=SnapshotFilters(include_empty=True),
        ),
        VersionConfig(filters=SnapshotFilters(weed_types=("wattle", "lantana"), upload_batch_ids=(may.id,))),
        VersionConfig(splits=SplitConfig(0.5, 0.5, 0.0, group_by=SplitGroup.UPLOAD_BATCH, inherit=False)),
    ]
    for number, config in enumerate(configs, 1):
        preview = await preview_version(database, home.principal, command(home, config=config))
        assert (preview.next_version, preview.exact) == (number, True)
        requested = await request_version(database, home, config)
        frozen = await freeze(database, store, tmp_path, requested)
        assert numbers(preview) == numbers(frozen)
        assert frozen.status is DatasetStatus.READY
        splits = frozen.split_counts
        tiles = config.preprocessing.tiles
        assert splits.train + splits.val + splits.test == frozen.image_count
        assert splits.train_augmented == splits.train * tiles * config.augmentation.multiplier
        assert preview.output_images == splits.train_augmented + (splits.val + splits.test) * tiles
