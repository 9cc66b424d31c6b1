"""What nobody needs is found in every folder of a team, and what somebody needs is never touched."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import watched_originals
from domain import keys
from domain.assets import delete_assets
from domain.checks import verify_version
from domain.exports import cancel_export, export_version
from domain.jobs import JobKind
from domain.models.asset import UploadState
from domain.models.imports import ExportFormat
from domain.models.training import TrainingConfig, TrainingJobStatus
from domain.models.version import DatasetVersion
from domain.ports import ObjectStore, Original
from domain.training import StartTraining, start_training
from seeds import (
    Home,
    add_batch,
    add_export,
    add_file,
    add_images,
    add_model,
    add_uploads,
    annotate,
    digest_of,
    freeze,
    make_home,
    reload,
    request_version,
    take,
)
from workers.check import Check
from workers.collection import Collection
from workers.stray_objects import StrayObjects
from workers.team_folders import TEAM_FOLDERS

ROOT = Path(__file__).parents[2]
DAYS = timedelta(days=2)


def later() -> datetime:
    return datetime.now(UTC) + DAYS


async def stored(store: ObjectStore, *wanted: str) -> Sequence[str]:
    for key in wanted:
        await store.put(key, b"bytes", "image/jpeg")
    return wanted


async def left(store: ObjectStore, wanted: Sequence[str]) -> list[str]:
    return [key for key in wanted if await store.size(key) is not None]


def stray_keys(home: Home) -> Mapping[str, list[str]]:
    """By kind, keys of objects that no row names."""
    team, sha256 = home.team.id, digest_of("stray")
    return {
        "originals": [keys.original_key(team, sha256)],
        "thumbnails": sorted(keys.thumbnail_key(team, sha256, size) for size in keys.THUMBNAIL_SIZES),
        "manifests": [keys.manifest_key(team, home.project.id, 7, sha256)],
        "weights": [keys.weights_key(team, sha256)],
        "model files": [keys.model_file_key(team, sha256, digest_of("plot"), ".png")],
        "training states": [keys.state_key(team, "gone", sha256)],
        "archives": [keys.export_key(team, "gone", 1)],
        "uploads": [keys.upload_key(team, "gone")],
        "files": [keys.file_key(team, "gone")],
        "exports": [keys.annotation_export_key(team, home.project.id, sha256, "csv")],
        "diffs": [keys.diff_key(team, sha256, digest_of("other"))],
        "probes": [keys.probe_key(team, "gone")],
    }


async def needed_keys(database: SqlDatabase, store: ObjectStore, folder: Path, home: Home) -> list[str]:
    """An object of every kind that some row names, of a project with one version."""
    team, batch = home.team.id, await add_batch(database, home.project)
    assets = await add_images(database, home.project, ["frozen", "deleted", "live"])
    wanted = [await stored(store, asset.s3_key, keys.thumbnail_key(team, asset.sha256 or "", 64)) for asset in assets]
    await annotate(database, home, assets[:2])
    version = await freeze(database, store, folder, await request_version(database, home))
    await delete_assets(database, home.principal, [assets[1].id])
    model = await add_model(database, version)
    (upload,) = await add_uploads(database, home.project, batch, ["new"], UploadState.OPEN)
    file = await add_file(database, home.project, "a.json")
    export = await add_export(database, version, attempt=2)
    assert export.s3_key is not None
    others = await stored(
        store, model.weights_key, export.s3_key, keys.upload_key(team, upload.id), keys.file_key(team, file.id)
    )
    assert version.manifest is not None
    return [version.manifest.s3_key, *others, *(key for some in wanted for key in some)]


async def found(database: SqlDatabase, store: ObjectStore, home: Home, at: datetime) -> dict[str, list[str]]:
    """What is a stray at that time, by kind."""
    strays = StrayObjects(database, store)
    kinds = {}
    for folder in TEAM_FOLDERS:
        pages = [page async for page in strays.pages(home.team.id, folder, at)]
        kinds[folder.kind] = sorted(one.key for page in pages for one in page)
    return {kind: there for kind, there in kinds.items() if there}


async def remove_all(database: SqlDatabase, store: ObjectStore, home: Home, at: datetime) -> None:
    strays = StrayObjects(database, store)
    for folder in TEAM_FOLDERS:
        async for page in strays.pages(home.team.id, folder, at):
            await strays.remove(home.team.id, folder, page)


async def days_pass(database: SqlDatabase) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(update(watched_originals).values(since=datetime.now(UTC) - DAYS))


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    return await make_home(database)


async def test_strays_of_every_kind_are_found_and_nothing_that_is_needed(
    database: SqlDatabase, any_store: ObjectStore, home: Home, tmp_path: Path
) -> None:
    needed = await needed_keys(database, any_store, tmp_path, home)
    strays = stray_keys(home)
    assert strays.keys() == {folder.kind for folder in TEAM_FOLDERS}
    for some in strays.values():
        await stored(any_store, *some)
    assert await found(database, any_store, home, datetime.now(UTC)) == {}, (
        "they may be in use: they are to be a day old"
    )
    assert await found(database, any_store, home, later()) == strays
    await remove_all(database, any_store, home, later())
    watched = [*strays["originals"], *strays["thumbnails"]]
    assert await left(any_store, [key for some in strays.values() for key in some]) == watched
    await days_pass(database)
    await Collection(database, any_store).collect_overdue()
    assert await left(any_store, watched) == []
    assert await left(any_store, needed) == needed
    assert await found(database, any_store, home, later()) == {}


async def test_what_another_team_names_keeps_nothing(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    """Names are a team's own: the same image, manifest and weights of another one are objects of their own."""
    ours, theirs = await make_home(database, "Ours"), await make_home(database, "Theirs")
    needed = await needed_keys(database, store, tmp_path, theirs)
    copies = [key.replace(theirs.team.id, ours.team.id) for key in needed if "/uploads/" not in key]
    await stored(store, *copies)
    strays = await found(database, store, ours, later())
    assert sorted(key for some in strays.values() for key in some) == sorted(copies)
    assert await found(database, store, theirs, later()) == {}


async def test_what_has_no_form_of_ours_is_left_alone(database: SqlDatabase, store: LocalStore, home: Home) -> None:
    team = f"teams/{home.team.id}"
    odd = await stored(
        store,
        f"{team}/originals/README",
        f"{team}/originals/ab/{'a' * 63}",
        f"{team}/thumbnails/ab/{'a' * 64}.png",
        f"{team}/weights/best.pt",
        f"{team}/projects/{home.project.id}/notes.txt",
        f"{team}/elsewhere/uploads/x",
        "teams/nobody/uploads/x",
    )
    await remove_all(database, store, home, later())
    await Collection(database, store).collect_strays(later())
    assert await left(store, odd) == list(odd)


async def test_while_a_version_is_made_images_and_manifests_are_left_alone(
    database: SqlDatabase, store: LocalStore, home: Home, tmp_path: Path
) -> None:
    strays = stray_keys(home)
    held = {kind: strays[kind] for kind in ("manifests", "originals", "thumbnails")}
    await annotate(database, home, await add_images(database, home.project, ["field"]))
    version = await request_version(database, home)
    for some in held.values():
        await stored(store, *some)
    assert await found(database, store, home, later()) == {}
    looking = StrayObjects(database, store)
    assert held.keys() == {one.kind for one in TEAM_FOLDERS if await looking.held_back(home.team.id, one)}
    await Collection(database, store).collect_strays(later())
    assert await left(store, held["manifests"]) == held["manifests"]
    await freeze(database, store, tmp_path, version)
    assert await found(database, store, home, later()) == held
    await Collection(database, store).collect_strays(later())
    assert await left(store, held["manifests"]) == []


async def test_while_a_training_runs_weights_are_left_alone(
    database: SqlDatabase, store: LocalStore, home: Home, tmp_path: Path
) -> None:
    await annotate(database, home, await add_images(database, home.project, ["field", "wood"]))
    version = await freeze(database, store, tmp_path, await request_version(database, home))
    command = StartTraining(version.id, TrainingConfig(), None, True, None)
    job = await start_training(database, home.principal, command)
    weights = stray_keys(home)["weights"]
    await stored(store, *weights)
    assert await found(database, store, home, later()) == {}
    await database.write(lambda uow: uow.jobs.update(job.id, status=TrainingJobStatus.FAILED))
    assert await found(database, store, home, later()) == {"weights": weights}


async def test_of_an_export_s_attempts_the_one_that_is_ready_stays_and_none_goes_while_one_runs(
    database: SqlDatabase, store: LocalStore, home: Home, tmp_path: Path
) -> None:
    await annotate(database, home, await add_images(database, home.project, ["field"]))
    version = await freeze(database, store, tmp_path, await request_version(database, home))
    export = await add_export(database, version, attempt=3)
    attempts = await stored(store, *(keys.export_key(home.team.id, export.id, attempt) for attempt in (1, 2, 3, 4)))
    running = await export_version(database, store, home.principal, version.id, ExportFormat.COCO)
    await Collection(database, store).collect_strays(later())
    assert await left(store, attempts) == list(attempts)
    await cancel_export(database, home.principal, running.id)
    await Collection(database, store).collect_strays(datetime.now(UTC))
    assert await left(store, attempts) == list(attempts), "they may be in use: they are to be a day old"
    await Collection(database, store).collect_strays(later())
    assert await left(store, attempts) == [attempts[2]]


async def test_an_image_that_is_on_the_list_keeps_its_day_however_often_it_is_suspected(
    database: SqlDatabase, store: LocalStore, home: Home
) -> None:
    strays = stray_keys(home)
    await stored(store, *strays["originals"])
    await remove_all(database, store, home, later())
    await days_pass(database)
    await remove_all(database, store, home, later())
    await Collection(database, store).collect_overdue()
    assert await left(store, strays["originals"]) == []


async def test_an_image_that_is_sent_again_while_it_is_judged_is_not_taken(
    database: SqlDatabase, store: LocalStore, home: Home
) -> None:
    original = Original(home.team.id, digest_of("field"))
    await database.write(lambda uow: uow.watched_originals.suspect([original]))
    await days_pass(database)
    assert await database.read(lambda uow: uow.watched_originals.due(9)) == [original]
    await database.write(lambda uow: uow.watched_originals.watch([original]))
    assert not await database.write(lambda uow: uow.watched_originals.take(original))
    async with database.engine.connect() as connection:
        assert len((await connection.execute(select(watched_originals))).all()) == 1


async def test_many_strays_among_many_images_are_told_page_by_page(
    sqlite_database: SqlDatabase, store: LocalStore
) -> None:
    home = await make_home(sqlite_database)
    names = [f"image-{number}" for number in range(1200)]
    await add_images(sqlite_database, home.project, names[:700])
    await stored(store, *(keys.original_key(home.team.id, digest_of(name)) for name in names))
    strays, (folder, *_) = StrayObjects(sqlite_database, store), TEAM_FOLDERS
    pages = [[one.key for one in page] async for page in strays.pages(home.team.id, folder, later())]
    assert len(pages) == 3
    expected = {keys.original_key(home.team.id, digest_of(name)) for name in names[700:]}
    assert sorted(key for page in pages for key in page) == sorted(expected)


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def objects(tmp_path: Path) -> LocalStore:
    """The folder store of the data folder that the command is told of."""
    return LocalStore(tmp_path / "data" / "objects", "http://127.0.0.1:8000", b"a secret of the tests")


async def collect(database: SqlDatabase, folder: Path, *arguments: str) -> str:
    """What `agridrone collect` prints."""
    url = database.engine.url.render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "collect", "--data-dir", str(folder / "data"), *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "DATABASE_URL": url, "S3_BUCKET": ""},
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, err.decode()
    return out.decode()


def grow_old(folder: Path) -> None:
    past = time.time() - DAYS.total_seconds()
    for path in (folder / "data" / "objects" / "teams").rglob("*"):
        os.utime(path, (past, past))


async def verified(
    database: SqlDatabase, store: ObjectStore, folder: Path, home: Home, version: DatasetVersion
) -> bool:
    await verify_version(database, home.principal, version.id)
    await Check(database, store, folder).run(await take(database, JobKind.CHECK))
    check = (await database.read(lambda uow: uow.checks.newest_of([version.id])))[version.id]
    return bool(check.intact)


async def test_the_command_changes_nothing_unless_told_and_never_what_a_version_names(
    database: SqlDatabase, objects: LocalStore, home: Home, tmp_path: Path
) -> None:
    assets = await add_images(database, home.project, ["a", "b", "c"])
    for asset, name in zip(assets, "abc", strict=True):
        await objects.put(asset.s3_key, name.encode(), "image/jpeg")
    await annotate(database, home, assets)
    version = await freeze(database, objects, tmp_path, await request_version(database, home))
    await delete_assets(database, home.principal, [asset.id for asset in assets])
    strays = stray_keys(home)
    for some in strays.values():
        await stored(objects, *some)
    everything = [one.key async for one in objects.under("teams/")]

    assert "nothing to collect" in await collect(database, tmp_path), "all is younger than a day"
    grow_old(tmp_path)
    listed = await collect(database, tmp_path, "--list")
    assert "Nothing was changed." in listed
    for kind, some in strays.items():
        assert all(f"{kind}  {key}  5\n" in listed for key in some)
    assert all(asset.s3_key not in listed for asset in assets)
    assert await left(objects, everything) == everything
    async with database.engine.connect() as connection:
        watched = set((await connection.execute(select(watched_originals.c.sha256))).scalars())
    assert watched == {asset.sha256 for asset in assets}, "those of the deleted images, and none by the command"

    done = json.loads(await collect(database, tmp_path, "--delete", "--json"))
    assert done["deleted"] is True
    assert {kind: one["objects"] for kind, one in done["kinds"].items()} == {kind: len(k) for kind, k in strays.items()}
    assert {kind for kind, one in done["kinds"].items() if one["fate"] == "DELETED_IN_A_DAY"} == {
        "originals",
        "thumbnails",
    }
    await days_pass(database)
    await Collection(database, objects).collect_overdue()
    gone = [key for some in strays.values() for key in some]
    assert await left(objects, everything) == [key for key in everything if key not in gone]
    assert await verified(database, objects, tmp_path, home, await reload(database, version))


async def test_the_command_tells_scripts_each_key_and_what_it_left_out(
    sqlite_database: SqlDatabase, objects: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(sqlite_database)
    await annotate(sqlite_database, home, await add_images(sqlite_database, home.project, ["a"]))
    await request_version(sqlite_database, home)
    strays = stray_keys(home)
    for some in strays.values():
        await stored(objects, *some)
    grow_old(tmp_path)
    *lines, sums = [
        json.loads(line) for line in (await collect(sqlite_database, tmp_path, "--list", "--json")).splitlines()
    ]
    held = {one["kind"] for one in sums["heldBack"]}
    assert held == {"originals", "thumbnails", "manifests"}
    expected: list[dict[str, Any]] = [
        {"kind": kind, "key": key, "bytes": 5} for kind, some in strays.items() if kind not in held for key in some
    ]
    assert lines == expected
    assert sums["heldBack"][0] == {"team": home.team.id, "kind": "originals", "because": "a version is being made"}
    text = await collect(sqlite_database, tmp_path)
    assert f"Left out: the manifests of team {home.team.id}, because a version is being made." in text
