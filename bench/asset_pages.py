"""The first page of a project's images: of many against few, and each filter on the many."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import text

from bench.databases import mariadb_database, sqlite_database
from bench.rows import add_images, add_project, annotate
from db.database import SqlDatabase
from domain.ids import new_id
from domain.models.annotation import AnnotationSource, PendingAnnotation, ReviewStatus
from domain.models.asset import Asset, UploadBatch
from domain.models.geometry import Box
from domain.models.people import Principal
from domain.models.project import Project
from domain.paging import PageRequest
from domain.ports import AssetFilter, UnitOfWork

MANY, FEW, ROUNDS = 100_000, 1_000, 15
PAGE = 50
_RARE = 100
"""Of the oldest images: a filter that only they pass is asked of all the others first."""


async def measure_asset_pages() -> None:
    """Prints the median milliseconds on SQLite and MariaDB."""
    async with sqlite_database() as database:
        await _measure("SQLite", database)
    async with mariadb_database() as server:
        if server is not None:
            await _measure("MariaDB", server)


async def _measure(name: str, database: SqlDatabase) -> None:
    few, _ = await _fill(database, "few", FEW)
    many, batch_id = await _fill(database, "many", MANY)
    await _analyse(database)
    small, large = [], []
    for _ in range(ROUNDS):
        small.append(await _milliseconds(database, few, AssetFilter()))
        large.append(await _milliseconds(database, many, AssetFilter()))
    ratio = statistics.median(large) / statistics.median(small)
    sys.stdout.write(
        f"first page of {PAGE} of {MANY:,} images ({name}): {statistics.median(large):.1f} ms, of {FEW:,} "
        f"{statistics.median(small):.1f} ms, ratio {ratio:.2f}\n"
    )
    for what, where in _filters(batch_id).items():
        times = [await _milliseconds(database, many, where) for _ in range(3)]
        sys.stdout.write(f"  {what}: {statistics.median(times):.1f} ms\n")


def _filters(batch_id: str) -> Mapping[str, AssetFilter]:
    return {
        "of a batch, a tenth of all": AssetFilter(upload_batch_id=batch_id),
        "annotated, a half of all": AssetFilter(annotated=True),
        "not annotated": AssetFilter(annotated=False),
        "of a class that a half has": AssetFilter(class_name="wattle"),
        f"of a class that the {_RARE} oldest have": AssetFilter(class_name="gorse"),
        "of a class that none has": AssetFilter(class_name="bramble"),
        "by a name that ten have": AssetFilter(search=f"_{MANY // 20:06}"[:-1]),
        "by a name that none has": AssetFilter(search="nowhere"),
        f"with detections to review, on the {_RARE} oldest": AssetFilter(has_pending=True),
        "without detections to review": AssetFilter(has_pending=False),
    }


async def _milliseconds(database: SqlDatabase, project: Project, where: AssetFilter) -> float:
    started = time.perf_counter()
    await database.read(partial(_first_page, project_id=project.id, where=where))
    return (time.perf_counter() - started) * 1000


async def _first_page(uow: UnitOfWork, project_id: str, where: AssetFilter) -> None:
    await uow.assets.pages([project_id], PageRequest(PAGE), where)


async def _fill(database: SqlDatabase, name: str, count: int) -> tuple[Project, str]:
    """The project and one of the ten batches of its images: every second one annotated, the oldest ones as a class of
    their own too, and with a detection that waits for review."""
    principal, project = await add_project(database, name)
    batches = [UploadBatch(new_id(), project.id, f"flight {number}", datetime.now(UTC)) for number in range(10)]
    await database.write(lambda uow: uow.batches.add(*batches))
    images = await add_images(database, project, count, [batch.id for batch in batches])
    await annotate(database, principal, images[::2], "wattle")
    await _mark(database, principal, images[:_RARE])
    return project, batches[0].id


async def _mark(database: SqlDatabase, principal: Principal, images: list[Asset]) -> None:
    await annotate(database, principal, images, "gorse")
    await database.write(lambda uow: uow.pending.add(*(_detection(image) for image in images)))


def _detection(image: Asset) -> PendingAnnotation:
    return PendingAnnotation(
        id=new_id(),
        asset_id=image.id,
        weed_type="wattle",
        box=Box(50, 60, 30, 40),
        polygon=None,
        confidence=0.5,
        source=AnnotationSource.AI,
        status=ReviewStatus.PENDING,
        model_id=None,
        created_at=image.created_at,
    )


async def _analyse(database: SqlDatabase) -> None:
    """MariaDB's statistics, which it gathers by itself a while after so many rows came in."""
    if database.engine.dialect.name != "sqlite":
        async with database.engine.begin() as connection:
            tables = "Asset, AnnotationSession, ManualAnnotation, PendingAnnotation"
            await connection.execute(text(f"ANALYZE TABLE {tables}"))
