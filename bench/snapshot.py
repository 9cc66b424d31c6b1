"""Making a version against its floor: stream the same rows, serialise them, hash and write them, and nothing else."""

from __future__ import annotations

import hashlib
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import text

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.engine import create_engine
from db.migrate import upgrade
from domain.ids import new_id
from domain.jobs import JobKind
from domain.models.annotation import Annotation, AnnotationSource
from domain.models.asset import Asset
from domain.models.config import VersionConfig
from domain.models.geometry import Box
from domain.models.people import Principal
from domain.models.version import DatasetVersion
from domain.ports import Ring, UnitOfWork
from domain.projects import ProjectChanges, create_project, update_project
from domain.sign_in import user_with_team
from domain.versions import CreateVersion, create_version
from workers.snapshot import Snapshot

IMAGES, ANNOTATIONS_AN_IMAGE, ROUNDS = 5_000, 10, 3
_BATCH = 500


class _Silence:
    """Nobody watches a benchmark."""

    async def ring(self, ring: Ring) -> None: ...

    async def wake(self, kind: JobKind) -> None: ...


async def measure_snapshot() -> None:
    """Prints the median seconds of both and their ratio, on SQLite."""
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        folder = Path(name)
        url = f"sqlite+aiosqlite:///{folder / 'bench.sqlite'}"
        await upgrade(url)
        database = SqlDatabase(create_engine(url), _Silence(), _Silence())
        store = LocalStore(folder / "objects", "http://127.0.0.1", b"bench")
        principal, project_id = await _fill(database)
        ours, floor = [], []
        for _ in range(ROUNDS):
            floor.append(await _floor(database, project_id, folder))
            ours.append(await _ours(database, store, principal, project_id, folder))
        await database.close()
    mine, least = statistics.median(ours), statistics.median(floor)
    count = IMAGES * ANNOTATIONS_AN_IMAGE
    sys.stdout.write(
        f"snapshot of {count:,} annotations on {IMAGES:,} images (SQLite): {mine:.2f} s, floor {least:.2f} s, "
        f"ratio {mine / least:.2f}\n"
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
    user = await user_with_team(database, "bench@example.org")
    principal = Principal(user.id, user.email)
    teams = await database.read(lambda uow: uow.people.memberships_of(user.id))
    project = await create_project(database, principal, teams[0].team_id, "bench")
    await update_project(database, principal, project.id, ProjectChanges(dataset_versions=True))
    for start in range(0, IMAGES, _BATCH):

        async def work(uow: UnitOfWork, start: int = start) -> None:
            assets = [_asset(project.id, number) for number in range(start, start + _BATCH)]
            await uow.assets.add(*assets)
            await uow.annotations.add(
                [_annotation(one, n) for one in assets for n in range(ANNOTATIONS_AN_IMAGE)], user.id
            )

        await database.write(work)
    return principal, project.id


def _asset(project_id: str, number: int) -> Asset:
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    return Asset(
        id=new_id(),
        project_id=project_id,
        upload_batch_id=None,
        filename=f"DJI_{number:05}.JPG",
        s3_key=f"teams/bench/originals/{sha256}",
        sha256=sha256,
        size_bytes=1,
        content_type="image/jpeg",
        width=4000,
        height=3000,
        orientation=1,
        gps_latitude=None,
        gps_longitude=None,
        captured_at=None,
        imported_split=None,
        created_at=datetime.now(UTC),
    )


def _annotation(asset: Asset, number: int) -> Annotation:
    now = datetime.now(UTC)
    return Annotation(
        id=new_id(),
        asset_id=asset.id,
        weed_type="wattle" if number % 2 else "pine_sapling",
        box=Box(10.0 * number, 10.0, 40.0, 40.0),
        polygon=None,
        geo_coordinates=None,
        confidence=None,
        verified=True,
        source=AnnotationSource.MANUAL,
        created_at=now,
        updated_at=now,
    )
