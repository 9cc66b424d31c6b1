"""Importing annotations against its floor: the bare driver writes the same rows, made ready beforehand."""

from __future__ import annotations

import hashlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomysql
import orjson
from sqlalchemy import text

from adapters.local_store import LocalStore
from bench.databases import mariadb_database
from bench.rows import HEIGHT, WIDTH, add_images, add_project
from db.database import SqlDatabase
from domain.ids import new_id
from domain.imports import ImportAnnotations, import_annotations
from domain.jobs import JobKind
from domain.keys import file_key
from domain.models.asset import Asset
from domain.models.imports import ExportFormat, FileUpload, ImportJob
from domain.models.people import Principal
from domain.models.project import Project
from workers.annotation_import import AnnotationImport
from workers.sandbox.pool import SandboxPool

IMAGES, ANNOTATIONS_AN_IMAGE, ROUNDS = 5_000, 20, 3
CLASSES = ("wattle", "pine_sapling", "gorse")
_FLOOR_TRANSACTION = 5_000
_COLUMNS = (
    "id",
    "sessionId",
    "weedType",
    "coordinates",
    "geoCoordinates",
    "confidence",
    "verified",
    "createdAt",
    "updatedAt",
    "source",
)


async def measure_importing() -> None:
    """Prints the median rates of both, on MariaDB, and how they compare."""
    async with mariadb_database() as database:
        if database is None:
            return
        with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
            floor, ours = await _measure(database, Path(name))
    count = IMAGES * ANNOTATIONS_AN_IMAGE
    shares = [least / mine for least, mine in zip(floor, ours, strict=True)]
    sys.stdout.write(
        f"import of {count:,} annotations on {IMAGES:,} images from COCO (MariaDB): "
        f"{count / statistics.median(ours):,.0f} a second, {statistics.median(shares):.2f} of what the bare driver "
        f"writes, {count / statistics.median(floor):,.0f} a second ({min(shares):.2f} to {max(shares):.2f})\n"
    )


async def _measure(database: SqlDatabase, folder: Path) -> tuple[list[float], list[float]]:
    """Seconds of the floor and ours, round by round."""
    store = LocalStore(folder / "objects", "http://127.0.0.1", b"bench")
    principal, project = await add_project(database, "import")
    images = await add_images(database, project, IMAGES)
    file = await _store_file(database, store, project, _coco(images))
    floor, ours = [], []
    async with SandboxPool(1) as sandbox:
        worker = AnnotationImport(database, store, sandbox, folder)
        await _ours(database, store, principal, file, worker)  # starts the sandbox, and makes the floor's rows
        sessions, annotations = await _written(database)
        for _ in range(ROUNDS):
            floor.append(await _floor(database, sessions, annotations))
            await _clear(database)
            ours.append(await _ours(database, store, principal, file, worker))
    return floor, ours


async def _ours(
    database: SqlDatabase, store: LocalStore, principal: Principal, file: FileUpload, worker: AnnotationImport
) -> float:
    """From the claim to the finished job, the file being in the store."""
    command = ImportAnnotations(file.project_id, ExportFormat.COCO, file.id, keep_splits=False)
    job = await import_annotations(database, store, principal, command)
    claim = await database.write(lambda uow: uow.claims.take(JobKind.IMPORT, "bench"))
    if claim is None:
        raise RuntimeError("The import was not there to be claimed.")
    started = time.perf_counter()
    await worker.run(claim)
    seconds = time.perf_counter() - started
    done: ImportJob | None = await database.read(lambda uow: uow.imports.get(job.id))
    if done is None or (done.imported, done.skipped) != (IMAGES * ANNOTATIONS_AN_IMAGE, 0):
        raise RuntimeError("The import did not write every annotation.")
    return seconds


async def _floor(database: SqlDatabase, sessions: Sequence[Any], annotations: Sequence[tuple[Any, ...]]) -> float:
    await _clear(database)
    async with database.engine.begin() as connection:
        statement = text("INSERT INTO AnnotationSession (id, assetId, userId, createdAt) VALUES (:a, :b, :c, :d)")
        await connection.execute(statement, [dict(zip("abcd", row, strict=True)) for row in sessions])
    url = database.engine.url
    driver = await aiomysql.connect(
        host=url.host, port=url.port or 3306, user=url.username, password=url.password or "", db=url.database
    )
    statement_text = (
        f"INSERT INTO ManualAnnotation ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"  # noqa: S608
    )
    started = time.perf_counter()
    async with driver.cursor() as cursor:
        for start in range(0, len(annotations), _FLOOR_TRANSACTION):
            await cursor.executemany(statement_text, annotations[start : start + _FLOOR_TRANSACTION])
            await driver.commit()
    seconds = time.perf_counter() - started
    driver.close()
    return seconds


async def _written(database: SqlDatabase) -> tuple[Sequence[Any], list[tuple[Any, ...]]]:
    """The rows of the import as plain tuples: sessions, and annotations in the order in which it wrote them."""
    async with database.engine.connect() as connection:
        sessions = await connection.execute(text("SELECT id, assetId, userId, createdAt FROM AnnotationSession"))
        columns = ", ".join(_COLUMNS)
        annotations = await connection.execute(
            text(f"SELECT {columns} FROM ManualAnnotation ORDER BY sessionId")  # noqa: S608
        )
        return sessions.all(), [tuple(row) for row in annotations]


async def _clear(database: SqlDatabase) -> None:
    """Emptied by TRUNCATE, which leaves the server no deleted rows to tidy while the next round runs."""
    async with database.engine.connect() as connection:
        for statement in (
            "SET foreign_key_checks = 0",
            "TRUNCATE ManualAnnotation",
            "TRUNCATE AnnotationSession",
            "SET foreign_key_checks = 1",
        ):
            await connection.execute(text(statement))


async def _store_file(database: SqlDatabase, store: LocalStore, project: Project, content: bytes) -> FileUpload:
    digest, now = hashlib.sha256(content).hexdigest(), datetime.now(UTC)
    file = FileUpload(new_id(), project.id, project.team_id, "annotations.json", len(content), digest, now, now)
    await store.put(file_key(file.team_id, file.id), content, "application/json")
    await database.write(lambda uow: uow.files.add(file))
    return file


def _coco(images: Sequence[Asset]) -> bytes:
    """As annotation tools write it: boxes to a tenth of a pixel."""
    chance = random.Random(1)  # noqa: S311 - the same file every time
    annotations = []
    for number in range(len(images) * ANNOTATIONS_AN_IMAGE):
        x, y = round(chance.uniform(0, WIDTH - 200), 1), round(chance.uniform(0, HEIGHT - 200), 1)
        width, height = round(chance.uniform(20, 200), 1), round(chance.uniform(20, 200), 1)
        annotations.append(
            {
                "id": number,
                "image_id": number // ANNOTATIONS_AN_IMAGE,
                "category_id": number % len(CLASSES),
                "bbox": [x, y, width, height],
                "area": width * height,
                "segmentation": [],
                "iscrowd": 0,
            }
        )
    return orjson.dumps(
        {
            "images": [
                {"id": number, "file_name": image.filename, "width": WIDTH, "height": HEIGHT}
                for number, image in enumerate(images)
            ],
            "annotations": annotations,
            "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES)],
        }
    )
