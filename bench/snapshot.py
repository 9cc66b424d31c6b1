"""Making a version against its floor: stream the same rows, serialise them, hash and write them, and nothing else."""

from __future__ import annotations

import hashlib
import statistics
import sys
import tempfile
import time
from pathlib import Path

import orjson
from sqlalchemy import text

from adapters.local_store import LocalStore
from bench.databases import sqlite_database
from bench.rows import add_images, add_project, annotate
from db.database import SqlDatabase
from domain.jobs import JobKind
from domain.models.config import VersionConfig
from domain.models.people import Principal
from domain.models.version import DatasetVersion
from domain.projects import ProjectChanges, update_project
from domain.versions import CreateVersion, create_version
from workers.snapshot import Snapshot

IMAGES, ROUNDS = 5_000, 3
CLASSES = ("wattle", "pine_sapling") * 5
"""Of the annotations of each image."""


async def measure_snapshot() -> None:
    """Prints the median seconds of both and their ratio, on SQLite."""
    ours, floor = [], []
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        folder = Path(name)
        store = LocalStore(folder / "objects", "http://127.0.0.1", b"bench")
        async with sqlite_database() as database:
            principal, project_id = await _fill(database)
            for _ in range(ROUNDS):
                floor.append(await _floor(database, project_id, folder))
                ours.append(await _ours(database, store, principal, project_id, folder))
    mine, least = statistics.median(ours), statistics.median(floor)
    sys.stdout.write(
        f"snapshot of {IMAGES * len(CLASSES):,} annotations on {IMAGES:,} images (SQLite): {mine:.2f} s, "
        f"floor {least:.2f} s, ratio {mine / least:.2f}\n"
    )


async def _ours(database: SqlDatabase, store: LocalStore, principal: Principal, project_id: str, folder: Path) -> float:
    command = CreateVersion(project_id, None, None, None, VersionConfig())
    version, _ = await create_version(database, principal, command)
    claim = await database.write(lambda uow: uow.claims.take(JobKind.SNAPSHOT, "bench"))
    if claim is None:
        raise RuntimeError("The version was not there to be claimed.")
    started = time.perf_counter()
    await Snapshot(database, store, folder).run(claim)
    seconds = time.perf_counter() - started
    made: DatasetVersion | None = await database.read(lambda uow: uow.versions.get(version.id))
    if made is None or made.image_count != IMAGES:
        raise RuntimeError("The snapshot did not freeze every image.")
    return seconds


async def _floor(database: SqlDatabase, project_id: str, folder: Path) -> float:
    statement = text(
        "SELECT a.sha256, a.fileName, a.imageWidth, a.imageHeight, m.id, m.weedType, m.coordinates FROM Asset a "
        "JOIN AnnotationSession s ON s.assetId = a.id JOIN ManualAnnotation m ON m.sessionId = s.id "
        "WHERE a.projectId = :project ORDER BY a.sha256"
    )
    started = time.perf_counter()
    digest = hashlib.sha256()
    async with database.engine.connect() as connection:
        with (folder / "floor.jsonl").open("wb") as file:
            async with connection.stream(statement, {"project": project_id}) as rows:
                async for row in rows:
                    line = orjson.dumps(list(row))
                    digest.update(line)
                    file.write(line)
    return time.perf_counter() - started


async def _fill(database: SqlDatabase) -> tuple[Principal, str]:
    principal, project = await add_project(database, "bench")
    await update_project(database, principal, project.id, ProjectChanges(dataset_versions=True))
    await annotate(database, principal, await add_images(database, project, IMAGES), *CLASSES)
    return principal, project.id
