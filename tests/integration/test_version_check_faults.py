"""A check outlasts stores that are away, damage on the way, and the workers that carry it out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.local_store import LocalStore
from adapters.s3_store import S3Store, open_s3_store
from adapters.settings import Settings
from db.database import SqlDatabase
from db.tables import version_checks
from domain.checks import verify_version
from domain.errors import ClaimLostError
from domain.jobs import MAX_STRIKES, JobKind
from domain.models.check import CheckStatus, VersionCheck
from domain.ports import ObjectStore
from faulty_server import Fault, FaultyServer
from seeds import take
from snapshots import images_of
from stack import PATIENCE
from stored_versions import Frozen, checked, current, frozen_version
from workers.check import Check
from workers.claims import ClaimLoops, PermanentError, PostponedError
from workers.sources import Sources


def behind(settings: Settings, server: FaultyServer) -> Settings:
    return settings.model_copy(update={"s3_endpoint_url": server.url})


@pytest.fixture
async def faulty_store(s3_settings: Settings, faulty_s3: FaultyServer) -> AsyncIterator[S3Store]:
    """The bucket of `s3_settings`, through the faulty server."""
    async with open_s3_store(behind(s3_settings, faulty_s3)) as store:
        yield store


async def free(database: SqlDatabase) -> None:
    """As if the lease of whoever holds a check had run out."""
    async with database.engine.begin() as connection:
        await connection.execute(update(version_checks).values(heartbeat_at=None))


async def test_a_store_that_goes_away_in_the_middle_is_waited_for(
    sqlite_database: SqlDatabase,
    s3_store: ObjectStore,
    faulty_store: S3Store,
    faulty_s3: FaultyServer,
    tmp_path: Path,
) -> None:
    database, frozen = sqlite_database, await frozen_version(sqlite_database, s3_store, tmp_path, images=40)
    await verify_version(database, frozen.home.principal, frozen.version.id)
    for fault in (Fault.BUSY, Fault.FORBIDDEN, Fault.DROPPED, Fault.BUSY, Fault.DROPPED)[: MAX_STRIKES + 1]:
        faulty_s3.faults.extend([None] * 10)
        faulty_s3.every = fault
        claim = await take(database, JobKind.CHECK)
        assert claim.strikes == 1
        with pytest.raises(PostponedError):
            await Check(database, faulty_store, tmp_path).run(claim)
        await database.write(lambda uow, claim=claim: uow.claims.spare(claim))  # type: ignore[misc]
        check = await current(database, frozen)
        assert (check.status, check.intact, check.missing_count, check.corrupt_count) == (
            CheckStatus.RUNNING,
            None,
            0,
            0,
        )
        faulty_s3.faults.clear()
        await free(database)
    faulty_s3.every = None
    await Check(database, faulty_store, tmp_path).run(await take(database, JobKind.CHECK))
    assert (await current(database, frozen)).intact is True


async def test_a_store_that_stays_away_for_a_day_ends_the_check_with_a_reason(
    sqlite_database: SqlDatabase, faulty_store: S3Store, faulty_s3: FaultyServer, store: LocalStore, tmp_path: Path
) -> None:
    database, frozen = sqlite_database, await frozen_version(sqlite_database, store, tmp_path)
    asked = await verify_version(database, frozen.home.principal, frozen.version.id)
    past = datetime.now(UTC) - timedelta(hours=25)
    await database.write(lambda uow: uow.checks.update(asked.id, created_at=past))
    faulty_s3.every = Fault.FORBIDDEN
    loops = asyncio.create_task(ClaimLoops(database, "one", [Check(database, faulty_store, tmp_path)]).run())
    failed = await finished(database, frozen)
    loops.cancel()
    await asyncio.gather(loops, return_exceptions=True)
    assert (failed.status, failed.intact, failed.missing_count) == (CheckStatus.FAILED, None, 0)
    assert failed.failure_reason is not None
    assert "could not be read" in failed.failure_reason
    again = await verify_version(database, frozen.home.principal, frozen.version.id)
    assert again.id != asked.id


async def finished(database: SqlDatabase, frozen: Frozen) -> VersionCheck:
    async with asyncio.timeout(PATIENCE):
        while True:
            check = await current(database, frozen)
            if check.status.final:
                return check
            await asyncio.sleep(0.05)


async def test_what_is_damaged_on_the_way_is_read_again(
    sqlite_database: SqlDatabase,
    s3_store: ObjectStore,
    faulty_store: S3Store,
    faulty_s3: FaultyServer,
    tmp_path: Path,
) -> None:
    frozen = await frozen_version(sqlite_database, s3_store, tmp_path)
    # The manifest, read back and again; then it is downloaded; then the objects.
    faulty_s3.faults.extend([Fault.CHANGED_ANSWER, None, None, None, Fault.CHANGED_ANSWER])
    assert (await checked(sqlite_database, faulty_store, tmp_path, frozen)).intact is True
    assert len(faulty_s3.seen) == 3 + 12 + 1


async def test_what_the_store_itself_calls_damaged_is_corrupt_and_not_waited_for(
    sqlite_database: SqlDatabase,
    s3_store: ObjectStore,
    faulty_store: S3Store,
    faulty_s3: FaultyServer,
    tmp_path: Path,
) -> None:
    frozen = await frozen_version(sqlite_database, s3_store, tmp_path)
    assert frozen.version.manifest is not None
    images = images_of(await s3_store.get(frozen.version.manifest.s3_key))
    faulty_s3.every = Fault.CHANGED_ANSWER  # so that no answer fits the checksum that the store sends along
    check = await checked(sqlite_database, faulty_store, tmp_path, frozen)
    assert (check.intact, check.manifest_intact, check.corrupt_count) == (False, False, 12)
    with pytest.raises(PermanentError, match="12 of the version's 12 images cannot be used; changed"):
        await Sources(faulty_store, tmp_path).require_whole(images)


async def test_a_check_that_was_stopped_is_taken_up_by_another_worker(
    sqlite_database: SqlDatabase,
    s3_store: ObjectStore,
    faulty_store: S3Store,
    faulty_s3: FaultyServer,
    tmp_path: Path,
) -> None:
    database, frozen = sqlite_database, await frozen_version(sqlite_database, s3_store, tmp_path)
    await verify_version(database, frozen.home.principal, frozen.version.id)
    faulty_s3.faults.extend([None] * 5)
    faulty_s3.every = Fault.SILENT
    stopped = asyncio.create_task(ClaimLoops(database, "one", [Check(database, faulty_store, tmp_path)]).run())
    async with asyncio.timeout(PATIENCE):
        await faulty_s3.saw(8)
    stopped.cancel()
    await asyncio.gather(stopped, return_exceptions=True)
    assert (await current(database, frozen)).status is CheckStatus.RUNNING
    other = asyncio.create_task(ClaimLoops(database, "other", [Check(database, s3_store, tmp_path)]).run())
    done = await finished(database, frozen)
    other.cancel()
    await asyncio.gather(other, return_exceptions=True)
    assert (done.status, done.intact, done.attempt) == (CheckStatus.COMPLETED, True, 2)
    assert list(tmp_path.glob("check-*")) == []


async def test_who_lost_the_claim_writes_nothing_more(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    frozen = await frozen_version(database, store, tmp_path)
    await verify_version(database, frozen.home.principal, frozen.version.id)
    late = await take(database, JobKind.CHECK, "late")
    await free(database)
    check, good = Check(database, store, tmp_path), await take(database, JobKind.CHECK, "good")
    with pytest.raises(ClaimLostError):
        await check.run(late)
    assert (await current(database, frozen)).status is CheckStatus.QUEUED
    with pytest.raises(ClaimLostError):
        await check.fail(late, "late")
    await check.run(good)
    assert (await current(database, frozen)).intact is True
