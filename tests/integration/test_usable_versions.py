"""What may be trained from and evaluated on: READY versions that no check found damaged, on SQLite and MariaDB."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest

from db.database import SqlDatabase
from domain.errors import DomainError, ErrorCode
from domain.evaluations import evaluate_model
from domain.ids import new_id
from domain.models.check import CheckStatus, VersionCheck
from domain.models.version import DatasetStatus, DatasetVersion, Split
from seeds import Home, add_images, add_model, annotate, make_home, reload, request_version
from versions_made import in_status, train


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["one"]))
    return home


async def refusal(done: Awaitable[object]) -> DomainError:
    with pytest.raises(DomainError) as refused:
        await done
    assert refused.value.code is ErrorCode.NOT_READY
    return refused.value


async def add_check(
    database: SqlDatabase, version: DatasetVersion, missing: int = 0, corrupt: int = 0, manifest: bool = True
) -> None:
    """A check that came to its end."""
    check = VersionCheck(
        id=new_id(),
        project_id=version.project_id,
        team_id=version.team_id,
        dataset_id=version.id,
        status=CheckStatus.COMPLETED,
        failure_reason=None,
        objects_total=3,
        objects_checked=3,
        manifest_intact=manifest,
        missing=("a.jpg",) * missing,
        missing_count=missing,
        corrupt=("b.jpg",) * corrupt,
        corrupt_count=corrupt,
        created_at=version.created_at,
        created_by_id=None,
        finished_at=version.created_at,
        attempt=1,
    )
    await database.write(lambda uow: uow.checks.add(check))


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ({"missing": 2}, "2 objects missing;"),
        ({"corrupt": 1}, "1 object corrupt;"),
        ({"missing": 2, "corrupt": 1}, "2 objects missing and 1 object corrupt;"),
        ({"manifest": False}, "its manifest damaged;"),
    ],
)
async def test_what_a_check_found_damaged_is_neither_trained_from_nor_evaluated_on(
    database: SqlDatabase, home: Home, found: dict[str, Any], named: str
) -> None:
    version = await in_status(database, home, DatasetStatus.READY)
    model = await add_model(database, version)
    await add_check(database, version, **found)
    for done in (
        train(database, home, version),
        evaluate_model(database, home.principal, model.id, version.id, Split.TEST),
    ):
        message = (await refusal(done)).message
        assert named in message
        assert "restore them from a backup, then verify the version again" in message
    assert await reload(database, version) == version


async def test_the_newest_check_counts(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, DatasetStatus.READY)
    await add_check(database, version, missing=1)
    await refusal(train(database, home, version))
    later = replace(version, created_at=(await request_version(database, home)).created_at)
    await add_check(database, later)
    await train(database, home, version)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (DatasetStatus.CREATING, "wait until it is READY"),
        (DatasetStatus.FAILED, "retry it first"),
        (DatasetStatus.ARCHIVED, "restore it first"),
    ],
)
async def test_only_a_ready_version_is_trained_from_and_evaluated_on(
    database: SqlDatabase, home: Home, status: DatasetStatus, sentence: str
) -> None:
    version = await in_status(database, home, status)
    model = await add_model(database, version)
    error = await refusal(train(database, home, version))
    assert error.field == ("input", "datasetVersionId")
    assert sentence in error.message
    asked = evaluate_model(database, home.principal, model.id, version.id, Split.TEST)
    error = await refusal(asked)
    assert error.field == ("versionId",)
    assert sentence in error.message
    assert await reload(database, version) == version
