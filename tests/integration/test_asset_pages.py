"""Lists of a project's images stay fast in a large database: no filter's plan reads a whole table, on SQLite and
MariaDB, and each page is what the filter asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, text

from db.database import SqlDatabase
from domain.models.asset import Asset
from domain.models.project import Project
from domain.paging import PageRequest
from domain.ports import AssetFilter, UnitOfWork
from seeds import Home, add_batch, add_images, add_pending, add_project, annotate, make_home

FILTERS: Mapping[str, AssetFilter] = {
    "none": AssetFilter(),
    "batch": AssetFilter(upload_batch_id="the batch"),
    "annotated": AssetFilter(annotated=True),
    "not annotated": AssetFilter(annotated=False),
    "class": AssetFilter(class_name="gorse"),
    "search": AssetFilter(search="IMAGE-3"),
    "pending": AssetFilter(has_pending=True),
    "not pending": AssetFilter(has_pending=False),
    "all": AssetFilter("the batch", True, "gorse", "image", True),
}
PROJECTS, IMAGES = 4, 250


async def fill(database: SqlDatabase, home: Home, project: Project) -> tuple[str, list[Asset]]:
    """Every second image in a batch, every third annotated, one in ten as gorse, and every fifth with a detection."""
    names = [f"image-{number}" for number in range(IMAGES)]
    batch = await add_batch(database, project)
    inside = await add_images(database, project, names[::2], batch)
    outside = await add_images(database, project, names[1::2])
    images = [image for pair in zip(inside, outside, strict=True) for image in pair]
    await annotate(database, home, images[::3], "wattle", project=project)
    await annotate(database, home, images[::10], "gorse", project=project)
    for image in images[::5]:
        await add_pending(database, image)
    return batch.id, images


def expected(where: AssetFilter, images: list[Asset]) -> set[str]:
    """What the filter lets pass, worked out from how `fill` made the images."""
    numbers = set(range(IMAGES))
    drawn, gorse = set(range(0, IMAGES, 3)) | set(range(0, IMAGES, 10)), set(range(0, IMAGES, 10))
    if where.upload_batch_id is not None:
        numbers &= set(range(0, IMAGES, 2))
    if where.annotated is not None:
        numbers = numbers & drawn if where.annotated else numbers - drawn
    if where.class_name is not None:
        numbers &= gorse
    if where.search is not None:
        numbers = {number for number in numbers if where.search.lower() in images[number].filename}
    if where.has_pending is not None:
        waiting = set(range(0, IMAGES, 5))
        numbers = numbers & waiting if where.has_pending else numbers - waiting
    return {images[number].id for number in numbers}


@contextmanager
def statements(database: SqlDatabase) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile, with its parameters."""
    heard: list[tuple[str, Any]] = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.startswith("SELECT"):
            heard.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", hear)
    yield heard
    event.remove(database.engine.sync_engine, "before_cursor_execute", hear)


async def whole_reads(database: SqlDatabase, statement: str, parameters: Any) -> list[str]:
    """The steps of the statement's plan that read a whole table. The page's keys, once found, are none."""
    mysql = database.engine.dialect.name != "sqlite"
    async with database.engine.connect() as connection:
        plan = await connection.exec_driver_sql(
            ("EXPLAIN " if mysql else "EXPLAIN QUERY PLAN ") + statement, parameters
        )
        rows = [dict(row) for row in plan.mappings()]
    if mysql:
        return [str(row) for row in rows if row["type"] in ("ALL", "index") and row["table"] != "<derived2>"]
    return [row["detail"] for row in rows if row["detail"].startswith("SCAN") and row["detail"] != "SCAN named"]


@pytest.fixture
async def field(database: SqlDatabase) -> tuple[Home, str, list[Asset]]:
    home = await make_home(database)
    for number in range(PROJECTS - 1):
        await fill(database, home, await add_project(database, home.team, f"Block {number}"))
    batch_id, images = await fill(database, home, home.project)
    async with database.engine.begin() as connection:
        if database.engine.dialect.name == "sqlite":
            await connection.execute(text("ANALYZE"))
        else:
            tables = "Asset, AnnotationSession, ManualAnnotation, PendingAnnotation"
            await connection.execute(text(f"ANALYZE TABLE {tables}"))
    return home, batch_id, images


async def test_no_filter_reads_a_whole_table_and_each_finds_what_it_should(
    database: SqlDatabase, field: tuple[Home, str, list[Asset]]
) -> None:
    home, batch_id, images = field
    for name, one in FILTERS.items():
        where = replace(one, upload_batch_id=batch_id) if one.upload_batch_id else one
        with statements(database) as heard:
            found, count = await database.read(partial(look, project_id=home.project.id, where=where))
        wanted = expected(where, images)
        assert (len(found), set(found), count) == (len(wanted), wanted, len(wanted)), name
        assert len(heard) == 3
        for statement, parameters in heard:
            assert await whole_reads(database, statement, parameters) == [], (name, statement)


async def look(uow: UnitOfWork, project_id: str, where: AssetFilter) -> tuple[list[str], int]:
    """The ids of two pages that follow one another, and the count of all."""
    first = (await uow.assets.pages([project_id], PageRequest(50), where))[project_id]
    after = PageRequest(200, first.keys[-1]) if first.keys else PageRequest(200)
    second = (await uow.assets.pages([project_id], after, where))[project_id]
    counts = await uow.assets.counts([project_id], where)
    return [asset.id for asset in (*first.items, *second.items)], counts.get(project_id, 0)
