"""Making a version: one consistent read, spooled; splits; the manifest; the asset rows; READY."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import asdict
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from adapters.manifest import WrittenManifest, write_manifest
from db.database import SqlDatabase
from db.snapshot import consistent_read
from domain.errors import ClaimLostError
from domain.events import tell_version
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.keys import manifest_key
from domain.models.manifest import FrozenImage
from domain.models.version import DatasetStatus, DatasetVersion, Manifest, Notice, VersionAsset, VersionStage
from domain.ports import ObjectStore, UnitOfWork
from domain.splits import Assignment, assign, split_counts
from domain.transitions import transition
from domain.version_notices import class_notices, unread_notices
from workers.claims import PermanentError
from workers.spool import Spool, spool

_ROWS_A_TRANSACTION = 1000


class Snapshot:
    """Fulfils workers.claims.Handler."""

    kind = JobKind.SNAPSHOT
    slots = 2

    def __init__(self, database: SqlDatabase, store: ObjectStore, work_dir: Path) -> None:
        self._database = database
        self._store = store
        self._work_dir = work_dir

    async def run(self, claim: Claim) -> None:
        version = await self._database.read(lambda uow: uow.versions.get(claim.id))
        if version is None or version.status is not DatasetStatus.CREATING:
            return
        with tempfile.TemporaryDirectory(dir=self._work_dir, prefix="snapshot-") as folder:
            await self._freeze(claim, version, Path(folder))

    async def fail(self, claim: Claim, reason: str) -> None:
        async def work(uow: UnitOfWork) -> None:
            version = await uow.versions.lock(claim.id)
            if version is None:
                return
            await uow.version_assets.clear(version.id)
            status = transition(version.status, DatasetStatus.FAILED)
            await uow.versions.write_claimed(claim, status=status, failure_reason=reason)
            tell_version(uow, version.project_id, version.id, VersionStage.FAILED, message=reason)

        await self._database.write(work)

    async def _freeze(self, claim: Claim, version: DatasetVersion, folder: Path) -> None:
        tell = partial(self._tell, claim, version)
        await tell(VersionStage.SELECTING, 0, 0)
        config = version.config
        async with consistent_read(self._database.engine) as read:
            at = read.at
            selected = await spool(read, version.project_id, config.filters, folder)
            latest = await read.latest_splits(version.project_id) if config.splits.inherit else {}
            unread = unread_notices(await read.unread(version.project_id, config.filters))
        if not selected.annotation_count:
            raise PermanentError("No annotated image passes the version's filters any more; nothing was frozen.")
        total = len(selected.images)
        await tell(VersionStage.FREEZING, 0, total)
        assignment = await asyncio.to_thread(assign, selected.images, config.splits, latest)
        path = folder / "manifest.json"
        written = await asyncio.to_thread(_write, path, version, at, selected, assignment)
        await tell(VersionStage.UPLOADING, 0, total)
        key = manifest_key(version.team_id, version.project_id, version.version, written.sha256)
        await self._store.put_file(key, path, "application/json")
        await self._store_rows(claim, version, selected, assignment)
        await self._finish(claim, version, at, selected, assignment, unread, key, written)

    async def _tell(self, claim: Claim, version: DatasetVersion, stage: VersionStage, done: int, total: int) -> None:
        async def work(uow: UnitOfWork) -> None:
            await uow.versions.write_claimed(claim)
            tell_version(uow, version.project_id, version.id, stage, done, total)

        await self._database.write(work)

    async def _store_rows(self, claim: Claim, version: DatasetVersion, selected: Spool, assignment: Assignment) -> None:
        async def clear(uow: UnitOfWork) -> None:
            await uow.versions.write_claimed(claim)
            await uow.version_assets.clear(version.id)  # what an earlier attempt left

        async def store(uow: UnitOfWork, rows: list[VersionAsset]) -> None:
            await uow.versions.write_claimed(claim)
            await uow.version_assets.add(rows)
            done, total = rows[-1].position + 1, len(selected.images)
            tell_version(uow, version.project_id, version.id, VersionStage.UPLOADING, done, total)

        await self._database.write(clear)
        frozen = enumerate(selected.frozen(assignment))
        while batch := list(islice(frozen, _ROWS_A_TRANSACTION)):
            rows = [_row(version.id, position, image) for position, image in batch]
            await self._database.write(partial(store, rows=rows))

    async def _finish(
        self,
        claim: Claim,
        version: DatasetVersion,
        at: datetime,
        selected: Spool,
        assignment: Assignment,
        unread: tuple[Notice, ...],
        key: str,
        written: WrittenManifest,
    ) -> None:
        sizes = split_counts(assignment, version.config)
        notices = assignment.notices + unread + class_notices(selected.classes_by_split(assignment), sizes)

        async def work(uow: UnitOfWork) -> None:
            current = await uow.versions.lock(version.id)
            if current is None:
                raise ClaimLostError(f"Version {version.id} is gone.")
            await uow.versions.write_claimed(
                claim,
                status=transition(current.status, DatasetStatus.READY),
                snapshot_at=at,
                image_count=len(selected.images),
                annotation_count=selected.annotation_count,
                classes=selected.classes,
                class_counts=selected.class_counts(),
                split_counts=sizes,
                manifest=Manifest(key, written.sha256, written.size_bytes),
                content_digest=written.content_digest,
                warnings=notices,
            )
            total = len(selected.images)
            tell_version(uow, version.project_id, version.id, VersionStage.READY, total, total)
            # A higher version of the project may have waited for this one.
            uow.wake(JobKind.SNAPSHOT)

        await self._database.write(work)


def _write(
    path: Path, version: DatasetVersion, at: datetime, selected: Spool, assignment: Assignment
) -> WrittenManifest:
    header = {
        "project": version.project_id,
        "version": version.version,
        "name": version.name,
        "snapshotAt": at.isoformat(),
        **version.config.to_json(),
        "classes": selected.classes,
        "images": len(selected.images),
        "annotations": selected.annotation_count,
        "splitCounts": asdict(split_counts(assignment, version.config)),
    }
    return write_manifest(path, header, version.config, selected.frozen(assignment))


def _row(dataset_id: str, position: int, image: FrozenImage) -> VersionAsset:
    return VersionAsset(
        id=new_id(),
        dataset_id=dataset_id,
        asset_id=image.asset_id,
        position=position,
        split=image.split,
        filename=image.filename,
        s3_key=image.s3_key,
        sha256=image.sha256,
        width=image.width,
        height=image.height,
        gps_latitude=image.gps_latitude,
        gps_longitude=image.gps_longitude,
        annotation_count=len(image.annotations),
    )
