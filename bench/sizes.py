"""What an image, an annotation, a version and an event take up on MariaDB, rows and indexes."""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Table, text

from adapters.local_store import LocalStore
from bench.databases import mariadb_database
from bench.rows import add_images, add_project, annotate
from db.database import SqlDatabase
from db.tables import (
    annotation_sessions,
    assets,
    event_log,
    latest_splits,
    manual_annotations,
    training_dataset_assets,
    uploads,
)
from domain.ids import new_id
from domain.jobs import JobKind
from domain.models.asset import ImageFacts, Upload, UploadBatch, UploadState
from domain.models.config import VersionConfig
from domain.models.people import Principal
from domain.models.project import Project
from domain.upload_verdicts import accept_upload
from domain.versions import CreateVersion, create_version
from workers.snapshot import Snapshot

IMAGES, CLASSES, UPLOADS = 50_000, ("wattle", "gorse"), 2_000
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Size:
    """Of a table: bytes of its rows, and of its indexes beside the primary one."""

    rows: int
    data: int
    indexes: int


async def measure_sizes() -> None:
    """Prints bytes a row, table by table, and of a version's manifest bytes an image."""
    async with mariadb_database() as database:
        if database is None:
            return
        principal, project = await add_project(database, "Sizes")
        await database.write(lambda uow: uow.projects.update(project.id, dataset_versions=True))
        await annotate(database, principal, await add_images(database, project, IMAGES), *CLASSES)
        with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
            await _freeze(database, principal, project, Path(name))
        for table in (assets, annotation_sessions, manual_annotations, training_dataset_assets, latest_splits):
            _tell(table, await _size(database, table))
        before = await _size(database, event_log)
        await _upload(database, project)
        _tell(uploads, await _size(database, uploads))
        after = await _size(database, event_log)
        _tell(event_log, after)
        _say(f"events of an upload that is verified: {(after.rows - before.rows) / UPLOADS:.2f}")


async def _freeze(database: SqlDatabase, principal: Principal, project: Project, folder: Path) -> None:
    version, _ = await create_version(database, principal, CreateVersion(project.id, None, None, None, VersionConfig()))
    claim = await database.write(lambda uow: uow.claims.take(JobKind.SNAPSHOT, "bench"))
    if claim is None:
        raise RuntimeError("The version was not there to be claimed.")
    started = time.perf_counter()
    await Snapshot(database, LocalStore(folder / "objects", "http://127.0.0.1", b"bench"), folder).run(claim)
    seconds = time.perf_counter() - started
    made = await database.read(lambda uow: uow.versions.get(version.id))
    if made is None or made.manifest is None:
        raise RuntimeError("The version was not made.")
    size, images = made.manifest.size_bytes, made.image_count
    _say(f"snapshot of {made.annotation_count:,} annotations on {images:,} images: {seconds:.1f} s")
    _say(f"its manifest: {size / _MEGABYTE:.1f} MB, {size / images:.0f} bytes an image")


async def _upload(database: SqlDatabase, project: Project) -> None:
    """Uploads as they are after they were verified."""
    now = datetime.now(UTC)
    batch = UploadBatch(new_id(), project.id, "Sizes", now)
    await database.write(lambda uow: uow.batches.add(batch))
    announced = [_announced(batch, project, number, now) for number in range(UPLOADS)]
    await database.write(lambda uow: uow.uploads.add(*announced))
    await database.write(lambda uow: uow.batches.count_up(batch.id, announced=UPLOADS, submitted=UPLOADS))
    facts = ImageFacts("image/jpeg", 4000, 3000, 1, -27.5, 153.0, None, "0" * 16)
    by_id = {upload.id: upload for upload in announced}
    while True:
        claim = await database.write(lambda uow: uow.claims.take(JobKind.UPLOAD, "bench"))
        if claim is None:
            return
        await database.write(partial(accept_upload, claim=claim, upload=by_id[claim.id], facts=facts))


def _announced(batch: UploadBatch, project: Project, number: int, now: datetime) -> Upload:
    return Upload(
        id=new_id(),
        batch_id=batch.id,
        project_id=project.id,
        team_id=project.team_id,
        filename=f"DJI_{number:06}.JPG",
        size_bytes=1,
        sha256=hashlib.sha256(f"upload {number}".encode()).hexdigest(),
        content_type="image/jpeg",
        status=UploadState.VERIFYING,
        asset_id=None,
        error_code=None,
        error_message=None,
        created_at=now,
        expires_at=now + timedelta(days=1),
    )


async def _size(database: SqlDatabase, table: Table) -> _Size:
    facts = text(
        "SELECT data_length, index_length FROM information_schema.tables "
        "WHERE table_schema = DATABASE() AND table_name = :name"
    )
    async with database.engine.connect() as connection:
        await connection.execute(text(f"ANALYZE TABLE `{table.name}`"))
        rows: int = (await connection.execute(text(f"SELECT COUNT(*) FROM `{table.name}`"))).scalar_one()  # noqa: S608
        data, indexes = (await connection.execute(facts, {"name": table.name})).one()
    return _Size(rows, int(data), int(indexes))


def _tell(table: Table, size: _Size) -> None:
    a_row = {what: value / size.rows for what, value in (("data", size.data), ("indexes", size.indexes))}
    _say(
        f"{table.name}: {size.rows:,} rows, {a_row['data']:.0f} bytes a row and {a_row['indexes']:.0f} in indexes, "
        f"{(size.data + size.indexes) / _MEGABYTE:.1f} MB"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
