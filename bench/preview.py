"""The numbers of the create dialog, of 100,000 images."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import insert, literal, select, text

from bench.databases import mariadb_database, sqlite_database
from bench.rows import add_images, add_project, annotate
from db.database import SqlDatabase
from db.tables import assets, latest_splits
from domain.ids import new_id
from domain.models.asset import UploadBatch
from domain.models.config import Preprocessing, SplitConfig, SplitGroup, VersionConfig
from domain.models.people import Principal
from domain.models.project import Project
from domain.models.version import Split
from domain.version_preview import preview_version
from domain.versions import CreateVersion

IMAGES, BATCHES, ROUNDS = 100_000, 20, 5
CLASSES = ("wattle", "pine_sapling", "lantana", "gorse")
_SEEN_UNTIL = "8"
"""An image whose SHA-256 is smaller was in a version before: half of them were."""


async def measure_preview() -> None:
    """Prints the median milliseconds on SQLite and MariaDB, with one annotation an image and with ten."""
    async with sqlite_database() as database:
        await _measure("SQLite", database)
    async with mariadb_database() as server:
        if server is not None:
            await _measure("MariaDB", server)


async def _measure(name: str, database: SqlDatabase) -> None:
    for each in (1, 10):
        principal, project = await _fill(database, each)
        sys.stdout.write(f"preview of {IMAGES:,} images with {IMAGES * each:,} annotations ({name}):\n")
        for what, config in _settings().items():
            command = CreateVersion(project.id, None, None, None, config)
            times = [await _milliseconds(database, principal, command) for _ in range(ROUNDS)]
            sys.stdout.write(f"  {what}: {statistics.median(times):.0f} ms\n")


def _settings() -> Mapping[str, VersionConfig]:
    dropped = Preprocessing(drop_classes=("gorse",))
    return {
        "by image": VersionConfig(),
        "by image, nothing inherited": VersionConfig(splits=SplitConfig(inherit=False)),
        "by image, a class dropped": VersionConfig(dropped),
        "by upload batch": VersionConfig(splits=SplitConfig(group_by=SplitGroup.UPLOAD_BATCH)),
        "by similarity, an estimate": VersionConfig(splits=SplitConfig(group_by=SplitGroup.SIMILAR)),
    }


async def _milliseconds(database: SqlDatabase, principal: Principal, command: CreateVersion) -> float:
    started = time.perf_counter()
    preview = await preview_version(database, principal, command)
    seconds = time.perf_counter() - started
    if preview.image_count != IMAGES:
        raise RuntimeError("The preview did not count every image.")
    return seconds * 1000


async def _fill(database: SqlDatabase, annotations: int) -> tuple[Principal, Project]:
    """Images of twenty batches; half of the images were in a version."""
    principal, project = await add_project(database, f"{annotations} an image")
    batches = [UploadBatch(new_id(), project.id, str(number), datetime.now(UTC)) for number in range(BATCHES)]
    await database.write(lambda uow: uow.batches.add(*batches))
    images = await add_images(database, project, IMAGES, [batch.id for batch in batches])
    classes = [CLASSES[number % len(CLASSES)] for number in range(annotations)]
    await annotate(database, principal, images, *classes)
    seen = select(assets.c.project_id, assets.c.sha256, literal(Split.TRAIN.value), assets.c.created_at).where(
        assets.c.project_id == project.id, assets.c.sha256 < _SEEN_UNTIL
    )
    columns = ["project_id", "sha256", "split", "snapshot_at"]
    async with database.engine.begin() as connection:
        await connection.execute(insert(latest_splits).from_select(columns, seen))
        statement = "ANALYZE" if database.engine.dialect.name == "sqlite" else "ANALYZE TABLE "
        tables = "" if statement == "ANALYZE" else "Asset, AnnotationSession, ManualAnnotation, LatestSplit"
        await connection.execute(text(statement + tables))
    return principal, project
