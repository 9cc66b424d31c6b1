"""Making versions, many at once, on SQLite and MariaDB: numbers without holes, and one version for one key."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import event_log, training_datasets
from domain.errors import DomainError, ErrorCode
from domain.models.config import (
    Augmentation,
    ClassRename,
    Preprocessing,
    Resize,
    SnapshotFilters,
    SplitConfig,
    SplitGroup,
    Tile,
    VersionConfig,
)
from domain.models.version import DatasetStatus, DatasetVersion
from domain.projects import ProjectChanges, update_project
from domain.version_lifecycle import rename_version
from domain.version_preview import VersionPreview, preview_version
from domain.versions import CreateVersion, create_version
from seeds import (
    Home,
    add_batch,
    add_images,
    add_pending,
    add_project,
    annotate,
    freeze,
    make_home,
    request_version,
)


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
    made = await asyncio.gather(*(create_version(database, home.principal, command(home, "a")) for _ in range(100)))
    assert len({version.id for version, _ in made}) == 1
    assert sorted(created for _, created in made) == [False] * 99 + [True]
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
    for wanted, named in (
        (replace(command(home, "a"), name="Spring"), "(name)"),
        (replace(command(home, "a"), display_name="Spring"), "(displayName)"),
        (
            replace(command(home, "a", other), name="A", display_name="B"),
            "(name, displayName, preprocessing.autoOrient",
        ),
        (command(home, "a", VersionConfig(filters=SnapshotFilters(include_sam3=True))), "(filters.includeSAM3)"),
    ):
        assert named in (await refusal(database, home, wanted)).message
    assert await versions_stored(database) == 1


async def test_a_key_s_names_are_compared_as_they_were_asked_for(database: SqlDatabase, home: Home) -> None:
    wanted = replace(command(home, "a"), name="Spring flight", display_name="Spring")
    version, _ = await create_version(database, home.principal, wanted)
    await rename_version(database, home.principal, version.id, "March")
    blanks = replace(wanted, name=" Spring flight  ", display_name="Spring ")
    for same in (wanted, blanks):
        again, created = await create_version(database, home.principal, same)
        assert (again.id, again.display_name, created) == (version.id, "March", False)
    unnamed, _ = await create_version(database, home.principal, command(home, "b"))
    await update_project(database, home.principal, home.project.id, ProjectChanges(name="Renamed"))
    again, created = await create_version(database, home.principal, command(home, "b"))
    assert (again.id, again.name, created) == (unnamed.id, "North block-v2", False)


async def test_a_key_is_known_again_by_a_release_with_more_settings(database: SqlDatabase, home: Home) -> None:
    version, _ = await create_version(database, home.principal, command(home, "a"))
    stored = version.config.to_json()
    added = {"preprocessing": "drop_classes", "augmentation": "rotation", "splits": "keep_imported"}
    for column, setting in added.items():
        del stored[column][setting]
    async with database.engine.begin() as connection:  # as an earlier release had written it
        await connection.execute(update(training_datasets).values({name: stored[name] for name in added}))
    again, created = await create_version(database, home.principal, command(home, "a"))
    assert (again.id, created) == (version.id, False)
    other = VersionConfig(preprocessing=Preprocessing(drop_classes=("wattle",)))
    error = await refusal(database, home, command(home, "a", other))
    assert "(preprocessing.dropClasses)" in error.message


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
    empty = await add_batch(database, home.project)
    cases = [
        command(home, config=VersionConfig(filters=SnapshotFilters(weed_types=("lantana",)))),
        command(home, config=VersionConfig(filters=SnapshotFilters(verified_only=True))),
        command(home, config=VersionConfig(filters=SnapshotFilters(include_manual=False))),
        command(home, config=VersionConfig(filters=SnapshotFilters(upload_batch_ids=(empty.id,)))),
    ]
    for wanted in cases:
        error = await refusal(database, home, wanted)
        assert (error.code, error.field) == (ErrorCode.NO_MATCHING_IMAGES, ("input", "filters"))
    empty_ones = command(bare, config=VersionConfig(filters=SnapshotFilters(include_empty=True)))
    assert (await refusal(database, bare, empty_ones)).code is ErrorCode.NO_MATCHING_IMAGES
    assert await versions_stored(database) == 0


async def test_dropping_all_that_passes_leaves_nothing(database: SqlDatabase, home: Home) -> None:
    await annotate(database, home, await add_images(database, home.project, ["two"]), "gorse", "pine")

    def dropping(*classes: str, filters: SnapshotFilters | None = None) -> CreateVersion:
        config = VersionConfig(Preprocessing(drop_classes=classes), filters=filters or SnapshotFilters())
        return command(home, config=config)

    everything = dropping("gorse", "pine", "wattle", filters=SnapshotFilters(include_empty=True))
    only = dropping("gorse", filters=SnapshotFilters(weed_types=("gorse",)))
    for wanted in (everything, only):
        error = await refusal(database, home, wanted)
        field = ("input", "preprocessing", "dropClasses")
        assert (error.code, error.field) == (ErrorCode.NO_MATCHING_IMAGES, field)
    nothing = dropping("gorse", filters=SnapshotFilters(weed_types=("lantana",)))
    assert (await refusal(database, home, nothing)).field == ("input", "filters")
    await create_version(database, home.principal, dropping("gorse", "pine"))
    renamed = Preprocessing(class_remap=(ClassRename("wattle", "gorse"),), drop_classes=("gorse", "pine"))
    await create_version(database, home.principal, command(home, config=VersionConfig(renamed)))
    assert await versions_stored(database) == 2


async def test_what_waits_for_review_counts_when_it_is_asked_for_and_not_dropped(
    database: SqlDatabase, home: Home
) -> None:
    (asset,) = await add_images(database, home.project, ["two"])
    await add_pending(database, asset, "gorse")
    filters = SnapshotFilters(include_manual=False, include_ai_detections=True)
    await create_version(database, home.principal, command(home, config=VersionConfig(filters=filters)))
    config = VersionConfig(Preprocessing(drop_classes=("gorse",)), filters=filters)
    assert (await refusal(database, home, command(home, config=config))).code is ErrorCode.NO_MATCHING_IMAGES


async def test_batches_are_the_project_s_own_and_others_look_like_none(database: SqlDatabase, home: Home) -> None:
    mine = await add_batch(database, home.project)
    await annotate(database, home, await add_images(database, home.project, ["two"], mine))
    theirs = await add_batch(database, (await make_home(database, "South block")).project)
    beside = await add_batch(database, await add_project(database, home.team, "East block"))
    messages = set()
    for strange in (theirs.id, beside.id, "unknown"):
        filters = SnapshotFilters(upload_batch_ids=tuple(sorted((mine.id, strange))))
        error = await refusal(database, home, command(home, config=VersionConfig(filters=filters)))
        assert (error.code, error.field) == (ErrorCode.INVALID, ("input", "filters", "uploadBatchIds"))
        messages.add(error.message)
    assert len(messages) == 1, "the existence of a batch elsewhere is not told"
    own = VersionConfig(filters=SnapshotFilters(upload_batch_ids=(mine.id,)))
    await create_version(database, home.principal, command(home, config=own))


async def test_the_longest_input_fits_its_row_and_its_statements(database: SqlDatabase, home: Home) -> None:
    project = await add_project(database, home.team, "🌱" * 200)
    batches = [(await add_batch(database, project)).id for _ in range(3)]
    images = await add_images(database, project, ["two"], await database.read(lambda uow: uow.batches.get(batches[0])))
    classes = tuple(sorted(f"{number:04}" + "ñ" * 187 for number in range(1000)))
    await annotate(database, home, images, classes[0], project=project)
    config = VersionConfig(
        Preprocessing(class_remap=tuple(ClassRename(one, "🌱" * 191) for one in classes)),
        filters=SnapshotFilters(weed_types=classes, upload_batch_ids=tuple(sorted(batches))),
    )
    wanted = CreateVersion(project.id, "k" * 191, None, "🌱" * 200, config)
    version, _ = await create_version(database, home.principal, wanted)
    assert version.name == "🌱" * 197 + "-v1"
    stored = await database.read(lambda uow: uow.versions.get(version.id))
    assert stored == version
    dropped = replace(wanted, idempotency_key="other", config=VersionConfig(Preprocessing(drop_classes=classes)))
    assert (await refusal(database, home, dropped)).code is ErrorCode.NO_MATCHING_IMAGES


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
