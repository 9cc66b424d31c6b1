"""Renaming, archiving, restoring, retrying and reconciling versions, from each status, on SQLite and MariaDB."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import training_dataset_assets, training_datasets
from domain.errors import ClaimLostError, DomainError, ErrorCode
from domain.events import project_stream, version_stream
from domain.jobs import LEASE_SECONDS, JobKind
from domain.models.people import Principal
from domain.models.version import DatasetStatus, DatasetVersion
from domain.paging import page_request
from domain.training import cancel_training
from domain.version_lifecycle import (
    archive_version,
    reconcile_version,
    rename_version,
    restore_version,
    retry_version,
)
from seeds import Home, add_images, annotate, make_home, reload, request_version, take
from versions_made import heart_beat_ago, in_status, train
from workers.snapshot import Snapshot

Change = Callable[[SqlDatabase, Principal, str], Awaitable[DatasetVersion]]
CREATING, READY, TRAINING, FAILED, ARCHIVED = DatasetStatus
ALL = tuple(DatasetStatus)


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["one", "two", "three"]))
    return home


async def story(database: SqlDatabase, stream: str) -> list[dict[str, Any]]:
    """The payloads of all events of a stream."""
    return [dict(event.payload) for event in await database.read(lambda uow: uow.events.after(stream, 0, 100))]


async def changes_told(database: SqlDatabase, version: DatasetVersion) -> int:
    """How often the project's watchers were told that the version changed."""
    told = await database.read(lambda uow: uow.events.after(project_stream(version.project_id), 0, 100))
    return sum(event.kind == "VERSION_CHANGED" and event.payload["id"] == version.id for event in told)


async def refusal(done: Awaitable[object]) -> DomainError:
    with pytest.raises(DomainError) as refused:
        await done
    assert refused.value.code is ErrorCode.NOT_READY
    return refused.value


async def test_archiving_and_restoring_go_there_and_back(database: SqlDatabase, home: Home) -> None:
    for status in (READY, FAILED):
        version = await in_status(database, home, status)
        before = await changes_told(database, version)
        archived = await archive_version(database, home.principal, version.id)
        assert archived == replace(version, status=ARCHIVED)
        assert await reload(database, version) == archived
        restored = await restore_version(database, home.principal, version.id)
        assert restored == version, "the reason of a failure is kept as well"
        assert await reload(database, version) == version
        assert await changes_told(database, version) == before + 2


async def test_what_is_done_already_is_answered_and_not_told_again(database: SqlDatabase, home: Home) -> None:
    cases: list[tuple[Change, DatasetStatus]] = [
        (archive_version, ARCHIVED),
        (restore_version, READY),
        (restore_version, FAILED),
        (reconcile_version, CREATING),
        (reconcile_version, READY),
        (reconcile_version, TRAINING),
        (reconcile_version, FAILED),
        (reconcile_version, ARCHIVED),
    ]
    for change, status in cases:
        version = await in_status(database, home, status)
        before = await changes_told(database, version)
        assert await change(database, home.principal, version.id) == version
        assert await reload(database, version) == version
        assert await changes_told(database, version) == before
        if status is CREATING:  # makes way for the next
            await database.write(lambda uow, id_=version.id: uow.versions.update(id_, status=FAILED))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        (archive_version, CREATING, "wait until it is READY or FAILED"),
        (archive_version, TRAINING, "cancel its trainings or wait for their end"),
        (restore_version, CREATING, "still being made, not archived"),
        (restore_version, TRAINING, "not archived; there is nothing to restore"),
        (retry_version, READY, "make another version"),
        (retry_version, TRAINING, "make another version"),
        (retry_version, ARCHIVED, "restore it first"),
    ],
)
async def test_other_statuses_are_refused_with_what_to_do(
    database: SqlDatabase, home: Home, change: Change, status: DatasetStatus, sentence: str
) -> None:
    version = await in_status(database, home, status)
    before = await changes_told(database, version)
    error = await refusal(change(database, home.principal, version.id))
    assert error.field == ("id",)
    assert error.message.startswith("v1 ")
    assert sentence in error.message
    assert await reload(database, version) == version
    assert await changes_told(database, version) == before


async def test_archived_versions_are_hidden_unless_asked_for_and_keep_their_number(
    database: SqlDatabase, home: Home
) -> None:
    first, second = await in_status(database, home, READY), await in_status(database, home, READY)
    await archive_version(database, home.principal, second.id)
    ids, request = [home.project.id], page_request(10, None)
    for archived, expected in ((False, [1]), (True, [2, 1])):
        pages = await database.read(lambda uow, a=archived: uow.versions.pages(ids, request, a))  # type: ignore[misc]
        assert [version.version for version in pages[home.project.id].items] == expected
        counts = await database.read(lambda uow, a=archived: uow.versions.counts(ids, a))  # type: ignore[misc]
        assert counts == {home.project.id: len(expected)}
    assert (await request_version(database, home)).version == 3
    assert await database.read(lambda uow: uow.version_assets.counts([second.id], None)) == {second.id: 3}
    assert await reload(database, first) == first


async def test_restoring_what_has_no_manifest_fails_it_with_a_reason(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, ARCHIVED)
    await database.write(lambda uow: uow.versions.update(version.id, manifest=None))
    restored = await restore_version(database, home.principal, version.id)
    assert restored.status is FAILED
    assert restored.failure_reason is not None
    assert "no manifest" in restored.failure_reason
    again = await archive_version(database, home.principal, version.id)
    assert await restore_version(database, home.principal, again.id) == restored


@pytest.mark.parametrize("status", ALL)
async def test_a_version_is_renamed_whatever_its_status(
    database: SqlDatabase, home: Home, status: DatasetStatus
) -> None:
    version = await in_status(database, home, status)
    before = await changes_told(database, version)
    renamed = await rename_version(database, home.principal, version.id, "  March 2025 release ")
    assert renamed == replace(version, display_name="March 2025 release")
    assert await reload(database, version) == renamed
    assert await changes_told(database, version) == before + 1
    assert await rename_version(database, home.principal, version.id, "March 2025 release") == renamed
    assert await changes_told(database, version) == before + 1, "nothing changed"
    for bad in ("", "  ", "d" * 201):
        with pytest.raises(DomainError) as refused:
            await rename_version(database, home.principal, version.id, bad)
        assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("displayName",))
    assert await reload(database, version) == renamed
    assert (await rename_version(database, home.principal, version.id, "🌱" * 200)).display_name == "🌱" * 200


async def claimable(database: SqlDatabase, version: DatasetVersion) -> tuple[int, int, object]:
    table = training_datasets.c
    async with database.engine.connect() as connection:
        row = await connection.execute(
            select(table.attempt, table.strikes, table.heartbeat_at).where(table.id == version.id)
        )
        attempt, strikes, heartbeat = row.one()
    return attempt, strikes, heartbeat


async def test_a_failed_version_is_made_again_and_its_story_goes_on(
    database: SqlDatabase, store: LocalStore, tmp_path: Path, home: Home
) -> None:
    version = await request_version(database, home)
    lost = await take(database, JobKind.SNAPSHOT)
    await Snapshot(database, store, tmp_path).fail(lost, "The store was full.")
    before = await changes_told(database, version)
    retried = await retry_version(database, home.principal, version.id)
    assert (retried.status, retried.failure_reason, retried.manifest) == (CREATING, None, None)
    assert await reload(database, version) == retried
    attempt, strikes, _ = await claimable(database, version)
    assert attempt > lost.attempt, "who had it before is shut out"
    assert strikes == 0
    assert await changes_told(database, version) == before + 1
    with pytest.raises(ClaimLostError):
        await database.write(lambda uow: uow.versions.write_claimed(lost, image_count=7))
    claim = await take(database, JobKind.SNAPSHOT)
    await Snapshot(database, store, tmp_path).run(claim)
    stages = [event["stage"] for event in await story(database, version_stream(version.id))]
    assert stages[:3] == ["QUEUED", "FAILED", "QUEUED"]
    assert (stages[-1], stages.count("READY")) == ("READY", 1)
    frozen = await reload(database, version)
    assert (frozen.status, frozen.image_count, frozen.failure_reason) == (READY, 3, None)


async def test_a_lost_version_is_not_made_again_of_other_data(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, READY)
    async with database.engine.begin() as connection:
        mine = training_dataset_assets.c.dataset_id == version.id
        await connection.execute(delete(training_dataset_assets).where(mine))
    lost = await reconcile_version(database, home.principal, version.id)
    assert lost.status is FAILED
    error = await refusal(retry_version(database, home.principal, version.id))
    assert "make another version" in error.message
    assert await reload(database, version) == lost


async def test_a_version_that_is_being_made_is_retried_once_its_worker_s_heart_has_stopped(
    database: SqlDatabase, home: Home
) -> None:
    version = await request_version(database, home)
    claim = await take(database, JobKind.SNAPSHOT)
    error = await refusal(retry_version(database, home.principal, version.id))
    assert "being made right now" in error.message
    assert await database.write(lambda uow: uow.claims.beat(claim)), "its worker was not disturbed"
    await heart_beat_ago(database, "TrainingDataset", version.id, LEASE_SECONDS + 1)
    assert (await retry_version(database, home.principal, version.id)).status is CREATING
    assert not await database.write(lambda uow: uow.claims.beat(claim)), "it is shut out now"
    again = await take(database, JobKind.SNAPSHOT)
    assert (again.id, again.strikes) == (version.id, 1)
    assert again.attempt > claim.attempt + 1


async def test_one_that_waits_for_a_worker_bears_being_retried(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, FAILED)
    answers = [await retry_version(database, home.principal, version.id) for _ in range(3)]
    assert [one.status for one in answers] == [CREATING] * 3
    assert (await take(database, JobKind.SNAPSHOT)).id == version.id


async def test_a_lower_version_is_made_again_beside_a_higher_one_that_is_ready(
    database: SqlDatabase, home: Home
) -> None:
    lower = await in_status(database, home, FAILED)
    higher = await in_status(database, home, READY)
    await retry_version(database, home.principal, lower.id)
    assert (await take(database, JobKind.SNAPSHOT)).id == lower.id
    assert await reload(database, higher) == higher


async def test_retries_at_once_are_one(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, FAILED)
    answers = await asyncio.gather(*(retry_version(database, home.principal, version.id) for _ in range(8)))
    assert {one.status for one in answers} == {CREATING}
    assert (await take(database, JobKind.SNAPSHOT)).id == version.id
    assert await database.write(lambda uow: uow.claims.take(JobKind.SNAPSHOT, "other")) is None


async def test_archiving_and_training_at_once_leave_one_of_the_two(database: SqlDatabase, home: Home) -> None:
    for _ in range(5):
        version = await in_status(database, home, READY)
        outcomes = await asyncio.gather(
            archive_version(database, home.principal, version.id),
            train(database, home, version),
            return_exceptions=True,
        )
        refused = [one for one in outcomes if isinstance(one, DomainError)]
        assert [one.code for one in refused] == [ErrorCode.NOT_READY]
        unfinished = await database.read(lambda uow, id_=version.id: uow.jobs.unfinished_of(id_))  # type: ignore[misc]
        status = (await reload(database, version)).status
        assert (status, unfinished) in ((ARCHIVED, 0), (TRAINING, 1))


async def test_a_training_cancelled_makes_room_for_the_archive(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, READY)
    job = await train(database, home, version)
    await refusal(archive_version(database, home.principal, version.id))
    await cancel_training(database, home.principal, job.id)
    assert (await archive_version(database, home.principal, version.id)).status is ARCHIVED


async def test_reconciling_finds_what_is_lost(database: SqlDatabase, home: Home) -> None:
    for lose, named in (("manifest", "no manifest"), ("rows", "0 rows")):
        version = await in_status(database, home, READY)
        if lose == "manifest":
            await database.write(lambda uow, id_=version.id: uow.versions.update(id_, manifest=None))  # type: ignore[misc]
        else:
            await database.write(lambda uow, id_=version.id: uow.version_assets.clear(id_))  # type: ignore[misc]
        found = await reconcile_version(database, home.principal, version.id)
        assert found.status is FAILED
        assert found.failure_reason is not None
        assert named in found.failure_reason
        assert await reload(database, version) == found
        last = (await story(database, version_stream(version.id)))[-1]
        assert (last["stage"], last["message"]) == ("FAILED", found.failure_reason)
        archived = await archive_version(database, home.principal, version.id)
        assert (await restore_version(database, home.principal, archived.id)) == found, "it is no less lost"


async def test_reconciling_finds_what_is_back(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, READY)
    await database.write(lambda uow: uow.versions.update(version.id, manifest=None))
    assert (await reconcile_version(database, home.principal, version.id)).status is FAILED
    await database.write(lambda uow: uow.versions.update(version.id, manifest=version.manifest))
    assert await reconcile_version(database, home.principal, version.id) == version
    assert (await story(database, version_stream(version.id)))[-1]["stage"] == "READY"
    assert await reload(database, version) == version


async def test_a_retried_version_waits_for_one_that_is_being_made(database: SqlDatabase, home: Home) -> None:
    lower = await in_status(database, home, FAILED)
    higher = await request_version(database, home)
    claim = await take(database, JobKind.SNAPSHOT)
    assert claim.id == higher.id
    await retry_version(database, home.principal, lower.id)
    assert await database.write(lambda uow: uow.claims.take(JobKind.SNAPSHOT, "other")) is None
    await database.write(lambda uow: uow.claims.release(claim))
    assert (await take(database, JobKind.SNAPSHOT)).id == lower.id


async def test_a_retried_version_is_not_one_that_was_left_alone(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, FAILED)
    long_ago = datetime.now(UTC) - timedelta(days=3)
    await database.write(lambda uow: uow.versions.update(version.id, created_at=long_ago))
    await retry_version(database, home.principal, version.id)
    assert await database.write(lambda uow: uow.claims.take_abandoned(JobKind.SNAPSHOT, "other")) is None
    assert (await take(database, JobKind.SNAPSHOT)).id == version.id


async def test_reconciling_follows_the_jobs(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, TRAINING)
    for wrong in (READY, TRAINING):
        await database.write(lambda uow, s=wrong: uow.versions.update(version.id, status=s))  # type: ignore[misc]
        assert (await reconcile_version(database, home.principal, version.id)).status is TRAINING
    idle = await in_status(database, home, READY)
    await database.write(lambda uow: uow.versions.update(idle.id, status=TRAINING))
    before = await changes_told(database, idle)
    assert (await reconcile_version(database, home.principal, idle.id)).status is READY
    assert await changes_told(database, idle) == before + 1


async def test_reconciling_leaves_a_worker_at_its_work(database: SqlDatabase, home: Home) -> None:
    version = await request_version(database, home)
    claim = await take(database, JobKind.SNAPSHOT)
    assert (await reconcile_version(database, home.principal, version.id)).status is CREATING
    assert await database.write(lambda uow: uow.claims.beat(claim))
