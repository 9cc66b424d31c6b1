"""Every frozen object is read back: what was lost or changed is found and named."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.checks import verify_version
from domain.errors import DomainError, ErrorCode
from domain.events import project_stream
from domain.jobs import JobKind
from domain.models.event import ProjectEventKind
from domain.models.version import DatasetStatus
from domain.ports import ObjectStore
from seeds import reload, request_version, take
from stored_versions import checked, current, flip, frozen_version, manifest_key
from workers.check import Check
from workers.frozen_objects import FrozenObject, objects_of_manifest, objects_of_rows


async def test_a_version_as_it_was_frozen_is_intact(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    frozen = await frozen_version(database, store, tmp_path)
    check = await checked(database, store, tmp_path, frozen)
    assert (check.intact, check.manifest_intact) == (True, True)
    assert (check.objects_total, check.objects_checked) == (12, 12)
    assert (check.missing, check.missing_count, check.corrupt, check.corrupt_count) == ((), 0, (), 0)


async def test_missing_and_corrupt_objects_are_named_apart(
    database: SqlDatabase, any_store: ObjectStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(database, any_store, tmp_path)
    await any_store.delete(frozen.keys[3])
    await any_store.put(frozen.keys[5], b"", "image/jpeg")
    await any_store.put(frozen.keys[7], b"image-007 and more", "image/jpeg")
    check = await checked(database, any_store, tmp_path, frozen)
    assert (check.intact, check.manifest_intact) == (False, True)
    assert (check.missing, check.missing_count) == (("image-003.jpg",), 1)
    assert (sorted(check.corrupt), check.corrupt_count) == (["image-005.jpg", "image-007.jpg"], 2)


@pytest.mark.parametrize("deleted", [True, False])
async def test_without_its_manifest_a_version_is_checked_by_its_rows(
    deleted: bool, database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(database, store, tmp_path)
    await (store.delete(manifest_key(frozen)) if deleted else flip(store, manifest_key(frozen)))
    await store.delete(frozen.keys[0])
    check = await checked(database, store, tmp_path, frozen)
    assert (check.intact, check.manifest_intact) == (False, False)
    assert (check.objects_total, check.objects_checked, check.missing) == (12, 12, ("image-000.jpg",))


async def test_the_images_need_not_be_in_the_project_any_more(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(database, store, tmp_path)
    assets = await database.read(lambda uow: uow.assets.names(frozen.home.project.id))
    await database.write(lambda uow: uow.assets.delete([id_ for id_, _ in assets]))
    check = await checked(database, store, tmp_path, frozen)
    assert (check.intact, check.objects_checked) == (True, 12)


class Slow(LocalStore):
    """A folder on a slow disk."""

    async def digest(self, key: str) -> str:
        await asyncio.sleep(0.2)
        return await super().digest(key)


async def test_progress_is_told_while_it_runs(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    frozen = await frozen_version(database, store, tmp_path, images=200)
    slow = Slow(tmp_path / "objects", "", b"a secret of the tests")
    await verify_version(database, frozen.home.principal, frozen.version.id)
    running = asyncio.create_task(Check(database, slow, tmp_path).run(await take(database, JobKind.CHECK)))
    seen = set()
    while not running.done():
        check = await current(database, frozen)
        seen.add((check.objects_checked, check.objects_total))
        await asyncio.sleep(0.05)
    await running
    assert any(0 < done < total == 200 for done, total in seen)
    stream = project_stream(frozen.home.project.id)
    events = await database.read(lambda uow: uow.events.after(stream, 0, 100))
    told = [event.payload for event in events if event.kind == ProjectEventKind.CHECK_CHANGED]
    check = await current(database, frozen)
    assert told == [{"type": "VersionCheck", "id": check.id}] * len(told)
    # Asked for, begun, counted, every second, done.
    assert len(told) >= 5


async def test_one_check_of_a_version_runs_at_a_time(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    frozen = await frozen_version(database, store, tmp_path)
    principal, id_ = frozen.home.principal, frozen.version.id
    asked = await asyncio.gather(*(verify_version(database, principal, id_) for _ in range(12)))
    assert len({check.id for check in asked}) == 1
    claim = await take(database, JobKind.CHECK)
    assert await database.write(lambda uow: uow.claims.take(JobKind.CHECK, "other")) is None
    assert (await verify_version(database, principal, id_)).id == claim.id
    await Check(database, store, tmp_path).run(claim)
    assert (await verify_version(database, principal, id_)).id != claim.id


async def test_a_version_without_a_manifest_is_not_checked(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(database, store, tmp_path)
    creating = await request_version(database, frozen.home)
    failed = await request_version(database, frozen.home)
    await database.write(lambda uow: uow.versions.update(failed.id, status=DatasetStatus.FAILED))
    archived = await request_version(database, frozen.home)
    await database.write(lambda uow: uow.versions.update(archived.id, status=DatasetStatus.ARCHIVED))
    for version, word in ((creating, "wait"), (failed, "retry"), (archived, "no manifest")):
        with pytest.raises(DomainError, match=word) as refusal:
            await verify_version(database, frozen.home.principal, version.id)
        assert (refusal.value.code, refusal.value.field) == (ErrorCode.NOT_READY, ("id",))
        assert await database.read(lambda uow, id_=version.id: uow.checks.newest_of([id_])) == {}  # type: ignore[misc]


@pytest.mark.parametrize("status", [DatasetStatus.ARCHIVED, DatasetStatus.TRAINING])
async def test_a_version_that_is_archived_or_trained_from_is_checked(
    status: DatasetStatus, sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(sqlite_database, store, tmp_path)
    await sqlite_database.write(lambda uow: uow.versions.update(frozen.version.id, status=status))
    assert (await checked(sqlite_database, store, tmp_path, frozen)).intact is True
    assert (await reload(sqlite_database, frozen.version)).status is status


async def test_pages_of_objects_by_manifest_and_by_rows_are_the_same(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(sqlite_database, store, tmp_path, images=700)
    path = tmp_path / "manifest.json"
    await store.download(manifest_key(frozen), path)
    by_manifest = [page async for page in objects_of_manifest(path)]
    by_rows = [page async for page in objects_of_rows(sqlite_database, frozen.version.id)]
    assert by_manifest == by_rows
    assert [len(page) for page in by_rows] == [500, 200]
    assert {one.key for page in by_rows for one in page} == set(frozen.keys)


async def test_an_object_that_two_images_share_comes_once(tmp_path: Path) -> None:
    line = b'{"key":"k%d","sha256":"s%d","filename":"%s.jpg"}'
    lines = [line % (1, 1, b"a"), line % (1, 1, b"b"), line % (2, 2, b"c")]
    path = tmp_path / "manifest.json"
    path.write_bytes(b'{"header":{},"images":[\n' + b",\n".join(lines) + b"\n]}\n")
    found = [one async for page in objects_of_manifest(path) for one in page]
    assert found == [FrozenObject("k1", "s1", "a.jpg"), FrozenObject("k2", "s2", "c.jpg")]
