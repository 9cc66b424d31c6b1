"""Pages and counts of many parents' lists, looked up together: each is what it is alone. On SQLite and MariaDB."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from db.database import SqlDatabase
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.models.asset import UploadBatch, UploadState
from domain.models.imports import ImportJob, SkippedItem
from domain.models.training import TrainingJobStatus
from domain.models.version import Split
from domain.paging import PageRequest
from domain.ports import AssetFilter, UnitOfWork
from listed_versions import Shown, add_copies, add_projects, add_shown
from seeds import Home, add_batch, add_file, add_import, add_pending, add_uploads, make_home

Call = Callable[..., Awaitable[Mapping[str, Any]]]

LISTS: Mapping[str, Callable[[UnitOfWork], tuple[Call, Call]]] = {
    "versions": lambda uow: (uow.versions.pages, uow.versions.counts),
    "assets": lambda uow: (uow.assets.pages, uow.assets.counts),
    "batches": lambda uow: (uow.batches.pages, uow.batches.counts),
    "jobs": lambda uow: (uow.jobs.pages, uow.jobs.counts),
    "models": lambda uow: (uow.models.pages, uow.models.counts),
    "deployments": lambda uow: (uow.deployments.pages, uow.deployments.counts),
    "detections": lambda uow: (uow.detections.pages, uow.detections.counts),
    "frozen images": lambda uow: (uow.version_assets.pages, uow.version_assets.counts),
    "jobs of versions": lambda uow: (uow.jobs.pages_of_versions, uow.jobs.counts_of_versions),
    "results": lambda uow: (uow.uploads.pages_of_results, uow.uploads.counts_of_results),
    "skipped": lambda uow: (uow.skipped.pages, uow.skipped.counts),
}
NARROWED: Mapping[str, Sequence[Any]] = {
    "versions": (True, False),
    "assets": (AssetFilter(), AssetFilter(annotated=True), AssetFilter(has_pending=True), AssetFilter(search="-1")),
    "jobs": (None, (TrainingJobStatus.QUEUED,), (TrainingJobStatus.COMPLETED,), ()),
    "frozen images": (None, Split.VAL, Split.TEST),
}
"""What those lists are narrowed by, where they are at all."""


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    return await make_home(database)


@pytest.fixture
async def shown(database: SqlDatabase, home: Home) -> Shown:
    return await add_shown(database, home)


@pytest.fixture
async def parents(database: SqlDatabase, home: Home, shown: Shown) -> Mapping[str, list[str]]:
    """Ids by the kind of parent: with rows, with others, and without any."""
    versions = await add_copies(database, shown, range(2, 6))
    projects = [home.project, *await add_projects(database, home, shown, 2)]
    await add_pending(database, shown.images[2])
    batches: list[UploadBatch] = []
    imports: list[ImportJob] = []
    for number, project in enumerate((home.project, home.project, projects[1])):
        batches.append(await add_batch(database, project))
        names = [f"{number}-{file}" for file in range(number + 1)]
        await add_uploads(database, project, batches[-1], names, UploadState.REFUSED)
        imports.append(await add_import(database, await add_file(database, project, f"{number}.json")))
        skipped = [SkippedItem(imports[-1].id, line, f"line {line}", "no class") for line in range(2 * number)]
        await database.write(lambda uow, id_=imports[-1].id, items=skipped: uow.skipped.replace(id_, items))  # type: ignore[misc]
    ids = {
        "project": [project.id for project in projects],
        "version": [shown.version.id, *(version.id for version in versions)],
        "batch": [batch.id for batch in batches],
        "import": [job.id for job in imports],
    }
    return {kind: [*of_kind, new_id()] for kind, of_kind in ids.items()}


def parents_of(name: str) -> str:
    own = {"frozen images": "version", "jobs of versions": "version", "results": "batch", "skipped": "import"}
    return own.get(name, "project")


async def test_together_they_are_what_each_is_alone(database: SqlDatabase, parents: Mapping[str, list[str]]) -> None:
    for name, calls in LISTS.items():
        ids = parents[parents_of(name)]
        narrowed: list[tuple[Any, ...]] = [(one,) for one in NARROWED.get(name, ())]
        rows = 0
        for where in narrowed or [()]:
            rows += await database.read(partial(compared, calls=calls, ids=ids, where=where))
        assert (rows > 0) == (name != "detections"), name


async def compared(
    uow: UnitOfWork, calls: Callable[[UnitOfWork], tuple[Call, Call]], ids: list[str], where: tuple[Any, ...]
) -> int:
    """How many rows the lists have altogether, once their pages have turned out to be right."""
    pages, counts = calls(uow)
    counted = await counts(ids, *where)
    for first in (1, 2, 200):
        together = await pages(ids, PageRequest(first), *where)
        assert together == {id_: (await pages([id_], PageRequest(first), *where))[id_] for id_ in ids}
        assert all(page.has_next == (counted.get(id_, 0) > first) for id_, page in together.items())
    assert counted == {id_: len(page.items) for id_, page in together.items() if page.items}
    for key in (page.keys[0] for page in together.values() if page.keys):
        after = PageRequest(2, key)
        assert await pages(ids, after, *where) == {id_: (await pages([id_], after, *where))[id_] for id_ in ids}
    return sum(counted.values())


async def test_what_a_page_of_projects_counts(database: SqlDatabase, home: Home, shown: Shown) -> None:
    """Each project's counts by themselves, and none for one that has nothing."""
    (other,) = await add_projects(database, home, shown, 1)
    empty = replace(home.project, id=new_id(), name="Empty")
    await database.write(lambda uow: uow.projects.add(empty))
    ids = [home.project.id, other.id, empty.id]

    async def look(uow: UnitOfWork) -> None:
        totals, classes = await uow.projects.totals(ids), await uow.projects.class_counts(ids)
        assert [(totals[id_].images, totals[id_].annotated_images, totals[id_].annotations) for id_ in ids[:2]] == [
            (6, 6, 6),
            (6, 0, 0),
        ]
        assert (empty.id in totals, list(classes)) == (False, [home.project.id])
        assert [(one.name, one.annotations, one.images) for one in classes[home.project.id]] == [("wattle", 6, 6)]
        assert await uow.versions.next_numbers(ids) == {home.project.id: 2, other.id: 2, empty.id: 1}
        first = await uow.versions.by_number(ids, 1)
        assert {id_: version.project_id for id_, version in first.items()} == {id_: id_ for id_ in ids[:2]}

    await database.read(look)


async def test_log_tails_of_many_trainings(database: SqlDatabase, shown: Shown) -> None:
    other, silent = (replace(shown.job, id=new_id()) for _ in range(2))
    await database.write(lambda uow: uow.jobs.add(other, silent))
    for job, lines in ((shown.job, ["a", "b"]), (other, ["x"]), (shown.job, ["c", "d"]), (other, ["y"])):
        claim = Claim(JobKind.TRAINING, job.id, job.attempt, 1, "test")
        await database.write(lambda uow, claim=claim, lines=lines: uow.jobs.add_log(claim, lines, 100))  # type: ignore[misc]
    ids = [shown.job.id, other.id, silent.id]
    tails = {lines: await database.read(lambda uow, n=lines: uow.jobs.log_tails(ids, n)) for lines in (1, 3, 9)}  # type: ignore[misc]
    assert tails == {
        1: {shown.job.id: ["d"], other.id: ["y"]},
        3: {shown.job.id: ["b", "c", "d"], other.id: ["x", "y"]},
        9: {shown.job.id: ["a", "b", "c", "d"], other.id: ["x", "y"]},
    }
