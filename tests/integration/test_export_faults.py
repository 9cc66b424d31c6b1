"""An export outlasts stores that are away and the workers that make it, and says why it cannot be made."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.local_store import LocalStore
from adapters.s3_store import S3Store, open_s3_store
from adapters.settings import Settings
from db.database import SqlDatabase
from db.tables import version_exports
from domain.errors import ClaimLostError
from domain.events import export_stream
from domain.jobs import ABANDONED_SECONDS, MAX_STRIKES, JobKind
from domain.keys import export_key
from domain.models.export import ExportStatus, VersionExport
from domain.ports import ObjectStore
from faulty_server import Fault, FaultyServer
from made_archives import MadeArchives, asked, current
from rendering.decode import ImageUnreadable
from seeds import take
from stack import PATIENCE
from stored_versions import flip, frozen_version, manifest_key
from workers.claims import ClaimLoops, PermanentError, PostponedError
from workers.export import Export
from workers.reconciliation import Reconciliation
from workers.snapshot import Snapshot


@pytest.fixture
async def faulty_store(s3_settings: Settings, faulty_s3: FaultyServer) -> AsyncIterator[S3Store]:
    """The bucket of `s3_settings`, through the faulty server."""
    async with open_s3_store(s3_settings.model_copy(update={"s3_endpoint_url": faulty_s3.url})) as store:
        yield store


async def free(database: SqlDatabase) -> None:
    """As if the lease of whoever holds an export had run out."""
    async with database.engine.begin() as connection:
        await connection.execute(update(version_exports).values(heartbeat_at=None))


async def worked_on(database: SqlDatabase, handler: Export, export: VersionExport) -> VersionExport:
    """The export once a worker has brought it to an end."""
    loops = asyncio.create_task(ClaimLoops(database, "one", [handler]).run())
    async with asyncio.timeout(PATIENCE):
        while not (found := await current(database, export)).status.final:  # noqa: ASYNC110 - of another task
            await asyncio.sleep(0.05)
    loops.cancel()
    await asyncio.gather(loops, return_exceptions=True)
    return found


async def exports_of(store: ObjectStore, export: VersionExport) -> list[str]:
    return [one.key async for one in store.under(f"teams/{export.team_id}/exports/")]


async def test_a_full_disk_and_a_store_that_is_away_are_waited_for(
    sqlite_database: SqlDatabase,
    s3_store: ObjectStore,
    faulty_store: S3Store,
    faulty_s3: FaultyServer,
    tmp_path: Path,
) -> None:
    database, frozen = sqlite_database, await frozen_version(sqlite_database, s3_store, tmp_path)
    export = await asked(database, s3_store, frozen)
    full = MadeArchives(faults=[OSError(errno.ENOSPC, "No space left on device")])
    for archives in (full, *[MadeArchives() for _ in range(MAX_STRIKES)]):
        claim = await take(database, JobKind.EXPORT)
        assert claim.strikes == 1
        with pytest.raises(PostponedError):
            await Export(database, faulty_store, archives, tmp_path).run(claim)
        await database.write(lambda uow, claim=claim: uow.claims.spare(claim))  # type: ignore[misc]
        assert (await current(database, export)).status is ExportStatus.RENDERING
        assert all(archive.ended for archive in archives.made)
        await free(database)
        faulty_s3.every = Fault.BUSY
    faulty_s3.every = None
    done = await worked_on(database, Export(database, faulty_store, MadeArchives(), tmp_path), export)
    assert (done.status, done.s3_key) == (
        ExportStatus.READY,
        export_key(export.team_id, export.id, MAX_STRIKES + 2),
    )
    assert await exports_of(s3_store, export) == [done.s3_key]
    told = await database.read(lambda uow: uow.events.after(export_stream(export.id), 0, 100))
    assert "Taken up again, attempt 2." in [event.payload["message"] for event in told]


async def test_a_disk_without_room_for_a_folder_is_waited_for_too(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = await asked(sqlite_database, store, await frozen_version(sqlite_database, store, tmp_path))

    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    claim = await take(sqlite_database, JobKind.EXPORT)
    with pytest.raises(PostponedError):
        await Export(sqlite_database, store, MadeArchives(), tmp_path).run(claim)
    assert not (await current(sqlite_database, export)).status.final


async def test_after_a_day_it_fails_with_a_reason(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(sqlite_database, store, tmp_path)
    export = await asked(sqlite_database, store, frozen)
    past = datetime.now(UTC) - timedelta(hours=25)
    await sqlite_database.write(lambda uow: uow.exports.update(export.id, created_at=past))
    archives = MadeArchives(faults=[OSError(errno.ENOSPC, "No space left on device")])
    failed = await worked_on(sqlite_database, Export(sqlite_database, store, archives, tmp_path), export)
    assert (failed.status, failed.failure_reason) == (
        ExportStatus.FAILED,
        "The worker's disk is full or the object store away, and the export was asked for more than a day ago; see the "
        "worker's log, and export again.",
    )
    again = await asked(sqlite_database, store, frozen)
    assert again.id != export.id


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ImageUnreadable("a.jpg: The image is damaged or cut off."), "a.jpg: The image is damaged or cut off."),
        (PermanentError("a.jpg is missing from the object store."), "a.jpg is missing from the object store."),
        (
            OSError(errno.EFBIG, "File too large"),
            "The zip file is larger than the object store takes; export a version of fewer images, tiles or copies.",
        ),
    ],
)
async def test_what_no_further_attempt_would_mend_is_told_at_once(
    fault: Exception, reason: str, sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(sqlite_database, store, tmp_path)
    export, archives = await asked(sqlite_database, store, frozen), MadeArchives(faults=[fault])
    failed = await worked_on(sqlite_database, Export(sqlite_database, store, archives, tmp_path), export)
    assert (failed.status, failed.failure_reason, failed.attempt) == (ExportStatus.FAILED, reason, 1)
    assert (failed.s3_key, failed.image_count) == (None, 0)
    assert failed.finished_at is not None
    assert await exports_of(store, export) == []
    told = await sqlite_database.read(lambda uow: uow.events.after(export_stream(export.id), 0, 100))
    assert told[-1].payload["message"] == reason


@pytest.mark.parametrize("deleted", [True, False])
async def test_without_its_manifest_a_version_is_not_exported(
    deleted: bool, sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(sqlite_database, store, tmp_path)
    export, archives = await asked(sqlite_database, store, frozen), MadeArchives()
    await (store.delete(manifest_key(frozen)) if deleted else flip(store, manifest_key(frozen)))
    failed = await worked_on(sqlite_database, Export(sqlite_database, store, archives, tmp_path), export)
    assert failed.status is ExportStatus.FAILED
    assert failed.failure_reason is not None
    assert ("is missing" if deleted else "does not match its checksum") in failed.failure_reason
    assert archives.made == []


async def test_who_lost_the_claim_finishes_nothing_and_what_it_wrote_is_named_by_nobody(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(database, store, tmp_path)
    export, archives = await asked(database, store, frozen), MadeArchives(stand_at=3)
    late = asyncio.create_task(Export(database, store, archives, tmp_path).run(await take(database, JobKind.EXPORT)))
    async with asyncio.timeout(PATIENCE):
        await archives.standing.wait()
    await free(database)
    good = await take(database, JobKind.EXPORT, "good")
    await Export(database, store, MadeArchives(), tmp_path).run(good)
    archives.release.set()
    with pytest.raises(ClaimLostError):
        await late
    done = await current(database, export)
    assert (done.status, done.attempt, done.s3_key) == (
        ExportStatus.READY,
        2,
        export_key(export.team_id, export.id, 2),
    )


async def test_a_worker_that_is_told_to_stop_ends_its_stream_and_another_goes_on(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(database, store, tmp_path)
    export, archives = await asked(database, store, frozen), MadeArchives(stand_at=3)
    stopped = asyncio.create_task(ClaimLoops(database, "one", [Export(database, store, archives, tmp_path)]).run())
    async with asyncio.timeout(PATIENCE):
        await archives.standing.wait()
    stopped.cancel()
    await asyncio.gather(stopped, return_exceptions=True)
    assert [archive.ended for archive in archives.made] == [True]
    assert await exports_of(store, export) == []
    assert list(tmp_path.glob("export-*")) == []
    again = await take(database, JobKind.EXPORT, "other")
    assert (again.id, again.attempt, again.strikes) == (export.id, 2, 1)


async def test_what_no_worker_took_up_for_a_day_is_given_up(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    frozen = await frozen_version(database, store, tmp_path)
    export = await asked(database, store, frozen)
    reconciliation = Reconciliation(database, Snapshot(database, store, tmp_path), "io")
    await reconciliation.give_up_abandoned()
    assert (await current(database, export)).status is ExportStatus.QUEUED
    past = datetime.now(UTC) - timedelta(seconds=ABANDONED_SECONDS + 60)
    await database.write(lambda uow: uow.exports.update(export.id, created_at=past))
    await reconciliation.give_up_abandoned()
    failed = await current(database, export)
    assert failed.status is ExportStatus.FAILED
    assert failed.failure_reason is not None
    assert "export the version again" in failed.failure_reason
