"""What was forgotten is collected, and nothing else, on SQLite and MariaDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import watched_originals
from domain.assets import delete_assets
from domain.events import upload_stream
from domain.ids import new_id
from domain.keys import (
    THUMBNAIL_SIZES,
    annotation_export_key,
    file_key,
    original_key,
    probe_key,
    thumbnail_key,
    upload_key,
)
from domain.models.asset import BatchStatus, UploadState
from domain.models.imports import FileUpload
from domain.ports import Original
from seeds import (
    Home,
    add_batch,
    add_images,
    add_project,
    add_uploads,
    annotate,
    digest_of,
    freeze,
    make_home,
    request_version,
)
from workers.collection import Collection


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    return await make_home(database)


@pytest.fixture
def collection(database: SqlDatabase, store: LocalStore) -> Collection:
    return Collection(database, store)


async def store_image(store: LocalStore, home: Home, name: str) -> list[str]:
    """The bytes of the image of that name, with thumbnails; their keys."""
    sha256 = digest_of(name)
    keys = [
        original_key(home.team.id, sha256),
        *(thumbnail_key(home.team.id, sha256, size) for size in THUMBNAIL_SIZES),
    ]
    for key in keys:
        await store.put(key, name.encode(), "image/jpeg")
    return keys


async def days_pass(database: SqlDatabase) -> None:
    """Everything that was deleted was deleted two days ago."""
    async with database.engine.begin() as connection:
        await connection.execute(update(watched_originals).values(since=datetime.now(UTC) - timedelta(days=2)))


async def there(store: LocalStore, keys: list[str]) -> list[bool]:
    return [await store.size(key) is not None for key in keys]


async def test_an_upload_that_is_overdue_ends_and_one_that_is_not_stays(
    database: SqlDatabase, store: LocalStore, home: Home, collection: Collection
) -> None:
    batch = await add_batch(database, home.project)
    names = ["forgotten", "waiting"]
    forgotten, waiting = await add_uploads(database, home.project, batch, names, UploadState.OPEN)
    past = datetime.now(UTC) - timedelta(hours=1)
    await database.write(lambda uow: uow.uploads.update(forgotten.id, expires_at=past))
    key = upload_key(home.team.id, forgotten.id)
    await store.put(key, b"half", "image/jpeg")
    for _ in range(2):
        await collection.collect_overdue()
    uploads = await database.read(lambda uow: uow.uploads.get_many([forgotten.id, waiting.id]))
    assert (uploads[forgotten.id].status, uploads[waiting.id].status) == (UploadState.EXPIRED, UploadState.OPEN)
    assert await store.size(key) is None
    now = await database.read(lambda uow: uow.batches.get(batch.id))
    assert now is not None
    assert (now.announced, now.submitted, now.refused, now.status) == (2, 1, 1, BatchStatus.OPEN)
    told = await database.read(lambda uow: uow.events.after(upload_stream(batch.id), 0, 10))
    assert [event.payload["uploadId"] for event in told] == [forgotten.id]


async def test_bytes_of_a_deleted_image_go_after_a_day(
    database: SqlDatabase, store: LocalStore, home: Home, collection: Collection
) -> None:
    (image,) = await add_images(database, home.project, ["field"])
    keys = await store_image(store, home, "field")
    await delete_assets(database, home.principal, [image.id])
    await collection.collect_overdue()
    assert all(await there(store, keys)), "a day is to pass"
    await days_pass(database)
    await collection.collect_overdue()
    assert not any(await there(store, keys))


async def test_bytes_that_a_version_froze_stay(
    database: SqlDatabase, store: LocalStore, home: Home, collection: Collection, tmp_path: Path
) -> None:
    (image,) = await add_images(database, home.project, ["field"])
    keys = await store_image(store, home, "field")
    await annotate(database, home, [image])
    await freeze(database, store, tmp_path, await request_version(database, home))
    await delete_assets(database, home.principal, [image.id])
    await days_pass(database)
    await collection.collect_overdue()
    assert all(await there(store, keys))


async def test_bytes_that_another_project_of_the_team_has_stay(
    database: SqlDatabase, store: LocalStore, home: Home, collection: Collection
) -> None:
    (image,) = await add_images(database, home.project, ["field"])
    await add_images(database, await add_project(database, home.team, "South block"), ["field"])
    keys = await store_image(store, home, "field")
    await delete_assets(database, home.principal, [image.id])
    await days_pass(database)
    await collection.collect_overdue()
    assert all(await there(store, keys))


async def test_the_same_image_of_another_team_does_not_keep_the_bytes(
    database: SqlDatabase, store: LocalStore, home: Home, collection: Collection
) -> None:
    (image,) = await add_images(database, home.project, ["field"])
    other = await make_home(database, "Far away")
    await add_images(database, other.project, ["field"])
    mine, theirs = await store_image(store, home, "field"), await store_image(store, other, "field")
    await delete_assets(database, home.principal, [image.id])
    await days_pass(database)
    await collection.collect_overdue()
    assert not any(await there(store, mine))
    assert all(await there(store, theirs))


async def test_a_snapshot_under_way_holds_the_collection_up(
    database: SqlDatabase, store: LocalStore, home: Home, collection: Collection, tmp_path: Path
) -> None:
    first, second = await add_images(database, home.project, ["field", "wood"])
    keys = await store_image(store, home, "field")
    await annotate(database, home, [first, second])
    version = await request_version(database, home)
    await delete_assets(database, home.principal, [first.id])
    await days_pass(database)
    await collection.collect_overdue()
    assert all(await there(store, keys)), "the snapshot may have read the image before it was deleted"
    await freeze(database, store, tmp_path, version)
    await collection.collect_overdue()
    assert not any(await there(store, keys))


async def test_an_image_that_came_back_is_kept(
    database: SqlDatabase, store: LocalStore, home: Home, collection: Collection
) -> None:
    (image,) = await add_images(database, home.project, ["field"])
    keys = await store_image(store, home, "field")
    await delete_assets(database, home.principal, [image.id])
    await days_pass(database)
    again = Original(home.team.id, digest_of("field"))
    await database.write(lambda uow: uow.watched_originals.watch([again]))
    await collection.collect_overdue()
    assert all(await there(store, keys)), "its upload is being verified, and has no row yet"
    await add_images(database, home.project, ["field"])
    await days_pass(database)
    await collection.collect_overdue()
    assert all(await there(store, keys)), "it has a row again"
    assert await database.read(lambda uow: uow.watched_originals.due(9)) == []


async def test_strays_go_and_what_is_wanted_stays(
    database: SqlDatabase, store: LocalStore, home: Home, collection: Collection
) -> None:
    team, batch = home.team.id, await add_batch(database, home.project)
    (waiting,) = await add_uploads(database, home.project, batch, ["waiting"], UploadState.OPEN)
    (refused,) = await add_uploads(database, home.project, batch, ["refused"], UploadState.REFUSED)
    now = datetime.now(UTC)
    file = FileUpload(new_id(), home.project.id, team, "a.json", 1, "0" * 64, now, now + timedelta(hours=24))
    await database.write(lambda uow: uow.files.add(file))
    wanted = [upload_key(team, waiting.id), file_key(team, file.id), original_key(team, digest_of("field"))]
    strays = [
        upload_key(team, refused.id),
        upload_key(team, "unknown"),
        file_key(team, "unknown"),
        probe_key(team, "left"),
        annotation_export_key(team, home.project.id, "0" * 64, "csv"),
    ]
    for key in wanted + strays:
        await store.put(key, b"x", "image/jpeg")
    await collection.collect_strays(now)
    assert all(await there(store, wanted + strays)), "they may be in use: only what is a day old goes"
    await collection.collect_strays(now + timedelta(days=2))
    assert await there(store, wanted + strays) == [True] * len(wanted) + [False] * len(strays)


async def test_a_file_goes_when_its_time_is_over(
    database: SqlDatabase, store: LocalStore, home: Home, collection: Collection
) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    file = FileUpload(new_id(), home.project.id, home.team.id, "a.json", 1, "0" * 64, past, past)
    await database.write(lambda uow: uow.files.add(file))
    await store.put(file_key(home.team.id, file.id), b"x", "application/json")
    await collection.collect_overdue()
    assert await store.size(file_key(home.team.id, file.id)) is None
    assert await database.read(lambda uow: uow.files.get(file.id)) is None
