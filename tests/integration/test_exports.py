"""Exports of versions: asked for, made, cancelled, told of, and made again when their file is lost."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.errors import ClaimLostError, DomainError, ErrorCode
from domain.events import export_stream, project_stream
from domain.exports import cancel_export, export_filename, export_version
from domain.jobs import JobKind
from domain.keys import export_key
from domain.models.event import Event, ProjectEventKind
from domain.models.export import ExportStatus
from domain.models.imports import ExportFormat
from domain.models.people import TeamRole
from domain.models.version import DatasetStatus
from domain.ports import ObjectStore
from made_archives import NOTICE, PICTURES, PIECES, MadeArchives, asked, current, made
from seeds import join, principal_of, request_version, take
from stack import PATIENCE
from stored_versions import Frozen, checked, frozen_version
from workers.claims import ClaimLoops
from workers.export import Export


@pytest.fixture
async def frozen(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> Frozen:
    return await frozen_version(database, store, tmp_path)


async def events(database: SqlDatabase, stream: str) -> list[Event]:
    return list(await database.read(lambda uow: uow.events.after(stream, 0, 100)))


async def test_an_export_is_made_stored_and_told(database: SqlDatabase, any_store: ObjectStore, tmp_path: Path) -> None:
    frozen = await frozen_version(database, any_store, tmp_path)
    export = await made(database, any_store, tmp_path, frozen)
    assert (export.status, export.failure_reason, export.image_count) == (ExportStatus.READY, None, PICTURES)
    assert export.s3_key == export_key(frozen.home.team.id, export.id, 1)
    data = await any_store.get(export.s3_key)
    assert (len(data), hashlib.sha256(data).hexdigest()) == (export.size_bytes, export.sha256)
    assert export.warnings == (NOTICE,)
    assert export.finished_at is not None
    assert list(tmp_path.glob("export-*")) == []
    story = [event.payload for event in await events(database, export_stream(export.id))]
    assert [(one["done"], one["total"]) for one in story] == [(0, 12), (0, 12), (PIECES, PIECES)]
    assert story[-1]["message"] == f"{NOTICE.message} (1,234)"
    changes = await events(database, project_stream(frozen.home.project.id))
    told = [event.payload for event in changes if event.kind == ProjectEventKind.EXPORT_CHANGED]
    assert told == [{"type": "VersionExport", "id": export.id}] * 3


async def test_asked_for_at_once_and_again_it_is_one_export_of_each_format(
    database: SqlDatabase, store: LocalStore, frozen: Frozen, tmp_path: Path
) -> None:
    formats = [ExportFormat.YOLO, ExportFormat.COCO] * 6
    found = await asyncio.gather(*(asked(database, store, frozen, format_) for format_ in formats))
    assert len({export.id for export in found}) == 2
    assert {export.format for export in found} == {ExportFormat.YOLO, ExportFormat.COCO}
    claims = [await take(database, JobKind.EXPORT) for _ in range(2)]
    assert await database.write(lambda uow: uow.claims.take(JobKind.EXPORT, "other")) is None
    assert (await asked(database, store, frozen)).id in {claim.id for claim in claims}
    for claim in claims:
        await Export(database, store, MadeArchives(), tmp_path).run(claim)
    again = await asyncio.gather(*(asked(database, store, frozen, format_) for format_ in formats))
    assert {export.id for export in again} == {export.id for export in found}
    assert {export.status for export in again} == {ExportStatus.READY}
    of_version = await database.read(lambda uow: uow.exports.of_versions([frozen.version.id]))
    newest_first = sorted((one for one in again), key=lambda one: (one.created_at, one.id), reverse=True)
    assert [one.id for one in of_version[frozen.version.id]] == list(dict.fromkeys(one.id for one in newest_first))


@pytest.mark.parametrize("how", ["deleted", "cut"])
async def test_a_ready_export_whose_file_is_lost_is_made_anew_once(
    how: str, database: SqlDatabase, store: LocalStore, frozen: Frozen, tmp_path: Path
) -> None:
    first = await made(database, store, tmp_path, frozen)
    assert first.s3_key is not None
    await (store.delete(first.s3_key) if how == "deleted" else store.put(first.s3_key, b"short", ""))
    found = await asyncio.gather(*(asked(database, store, frozen) for _ in range(8)))
    (second,) = {export.id for export in found}
    assert second != first.id
    await Export(database, store, MadeArchives(), tmp_path).run(await take(database, JobKind.EXPORT))
    third = await asked(database, store, frozen)
    assert (third.id, third.status, third.sha256) == (second, ExportStatus.READY, first.sha256)


async def test_one_that_failed_or_was_cancelled_is_no_answer(
    database: SqlDatabase, store: LocalStore, frozen: Frozen, tmp_path: Path
) -> None:
    first = await asked(database, store, frozen)
    await cancel_export(database, frozen.home.principal, first.id)
    second = await asked(database, store, frozen)
    await Export(database, store, MadeArchives(), tmp_path).fail(await take(database, JobKind.EXPORT), "It broke.")
    failed = await current(database, second)
    assert (failed.status, failed.failure_reason) == (ExportStatus.FAILED, "It broke.")
    third = await asked(database, store, frozen)
    assert len({first.id, second.id, third.id}) == 3


async def test_a_waiting_export_is_cancelled_and_whoever_took_it_at_that_moment_is_shut_out(
    database: SqlDatabase, store: LocalStore, frozen: Frozen, tmp_path: Path
) -> None:
    export = await asked(database, store, frozen)
    claim = await take(database, JobKind.EXPORT)
    cancelled = await cancel_export(database, frozen.home.principal, export.id)
    assert (cancelled.status, cancelled.finished_at is None) == (ExportStatus.CANCELLED, False)
    assert await current(database, export) == cancelled
    archives = MadeArchives()
    await Export(database, store, archives, tmp_path).run(claim)
    with pytest.raises(ClaimLostError):
        await Export(database, store, archives, tmp_path).fail(claim, "late")
    assert archives.made == []
    assert await database.write(lambda uow: uow.claims.take(JobKind.EXPORT, "other")) is None
    assert await current(database, export) == cancelled
    assert (await events(database, export_stream(export.id)))[-1].payload["message"] == "Cancelled."


async def test_an_export_that_is_being_made_stops_when_it_is_cancelled(
    database: SqlDatabase, store: LocalStore, frozen: Frozen, tmp_path: Path
) -> None:
    export, archives = await asked(database, store, frozen), MadeArchives(stand_at=3)
    running = asyncio.create_task(Export(database, store, archives, tmp_path).run(await take(database, JobKind.EXPORT)))
    async with asyncio.timeout(PATIENCE):
        await archives.standing.wait()
        assert (await current(database, export)).status is ExportStatus.RENDERING
        cancelled = await cancel_export(database, frozen.home.principal, export.id)
        with pytest.raises(ClaimLostError):
            await running
    assert [archive.ended for archive in archives.made] == [True]
    assert await current(database, export) == cancelled
    assert [one.key async for one in store.under(f"teams/{frozen.home.team.id}/exports/")] == []
    assert list(tmp_path.glob("export-*")) == []


async def test_cancelling_again_changes_nothing_and_what_is_made_is_not_cancelled(
    database: SqlDatabase, store: LocalStore, frozen: Frozen, tmp_path: Path
) -> None:
    principal = frozen.home.principal
    export = await asked(database, store, frozen)
    first = await cancel_export(database, principal, export.id)
    told = len(await events(database, export_stream(export.id)))
    assert await cancel_export(database, principal, export.id) == first
    assert len(await events(database, export_stream(export.id))) == told
    ready = await made(database, store, tmp_path, frozen)
    with pytest.raises(DomainError, match="READY already") as refused:
        await cancel_export(database, principal, ready.id)
    assert (refused.value.code, refused.value.field) == (ErrorCode.NOT_READY, ("id",))
    assert await current(database, ready) == ready


async def test_of_a_cancellation_and_the_end_of_the_work_one_wins(
    database: SqlDatabase, store: LocalStore, frozen: Frozen, tmp_path: Path
) -> None:
    for _ in range(4):
        export = await asked(database, store, frozen)
        claim = await take(database, JobKind.EXPORT)
        run = Export(database, store, MadeArchives(), tmp_path).run(claim)
        cancel = cancel_export(database, frozen.home.principal, export.id)
        ran, cancelled = await asyncio.gather(run, cancel, return_exceptions=True)
        status = (await current(database, export)).status
        if status is ExportStatus.READY:
            assert isinstance(cancelled, DomainError)
            await store.delete(export_key(frozen.home.team.id, export.id, claim.attempt))
        else:
            assert status is ExportStatus.CANCELLED
            assert ran is None or isinstance(ran, ClaimLostError)


async def test_what_can_be_exported_is_what_can_be_read_whole(
    database: SqlDatabase, store: LocalStore, frozen: Frozen, tmp_path: Path
) -> None:
    principal = frozen.home.principal
    making = await request_version(database, frozen.home)
    with pytest.raises(DomainError, match="still being made") as refused:
        await export_version(database, store, principal, making.id, ExportFormat.CSV)
    assert (refused.value.code, refused.value.field) == (ErrorCode.NOT_READY, ("id",))
    await database.write(lambda uow: uow.versions.update(frozen.version.id, status=DatasetStatus.ARCHIVED))
    with pytest.raises(DomainError, match="restore it first"):
        await asked(database, store, frozen)
    await database.write(lambda uow: uow.versions.update(frozen.version.id, status=DatasetStatus.TRAINING))
    assert (await asked(database, store, frozen)).status is ExportStatus.QUEUED
    await store.delete(frozen.keys[0])
    await checked(database, store, tmp_path, frozen)
    with pytest.raises(DomainError, match="1 object missing"):
        await asked(database, store, frozen, ExportFormat.COCO)


async def test_members_export_and_viewers_and_strangers_do_not(
    database: SqlDatabase, store: LocalStore, frozen: Frozen
) -> None:
    export = await asked(database, store, frozen)
    member, viewer = [
        principal_of(await join(database, frozen.home.team, role)) for role in (TeamRole.MEMBER, TeamRole.VIEWER)
    ]
    assert (await export_version(database, store, member, frozen.version.id, ExportFormat.YOLO)).id == export.id
    with pytest.raises(DomainError, match="member"):
        await cancel_export(database, viewer, export.id)
    assert (await cancel_export(database, member, export.id)).status is ExportStatus.CANCELLED


async def test_progress_is_told_every_second_and_only_when_it_moved(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.export._NOTE_SECONDS", 0.05)
    frozen = await frozen_version(sqlite_database, store, tmp_path)
    export, archives = await asked(sqlite_database, store, frozen), MadeArchives(stand_at=3)
    loops = asyncio.create_task(
        ClaimLoops(sqlite_database, "one", [Export(sqlite_database, store, archives, tmp_path)]).run()
    )
    async with asyncio.timeout(PATIENCE):
        await archives.standing.wait()
        while len(await events(sqlite_database, export_stream(export.id))) < 3:  # noqa: ASYNC110 - of another task
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        archives.release.set()
        while not (await current(sqlite_database, export)).status.final:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.02)
    loops.cancel()
    await asyncio.gather(loops, return_exceptions=True)
    told = [event.payload for event in await events(sqlite_database, export_stream(export.id))]
    assert [(one["done"], one["total"]) for one in told[:2]] == [(0, 12), (0, 12)]
    assert (told[-1]["done"], told[-1]["total"]) == (PIECES, PIECES)
    moved = [one["done"] for one in told[2:-1]]
    assert moved[0] == 3
    assert moved == sorted(set(moved))


@pytest.mark.parametrize(
    ("project", "name"),
    [
        ("North block", "North_block-v3-yolo_seg.zip"),
        ('Ñandú/../é "x"\r\n', "and_.._x-v3-yolo_seg.zip"),
        ("日本語", "project-v3-yolo_seg.zip"),
        ("..", "project-v3-yolo_seg.zip"),
        ("a" * 200, "a" * 80 + "-v3-yolo_seg.zip"),
    ],
)
def test_the_name_of_the_file_is_safe(project: str, name: str) -> None:
    assert export_filename(project, 3, ExportFormat.YOLO_SEG) == name
