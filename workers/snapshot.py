"""Making a version: one consistent read, spooled; splits; the manifest; the asset rows; READY."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from adapters.manifest import WrittenManifest
from db.database import SqlDatabase
from db.snapshot import consistent_read
from domain.errors import ClaimLostError
from domain.events import tell_version
from domain.jobs import Claim, JobKind
from domain.keys import manifest_key
from domain.models.version import DatasetStatus, DatasetVersion, Manifest, VersionAsset, VersionStage
from domain.ports import ObjectStore, UnitOfWork
from domain.transitions import transition
from domain.webhook_news import announce_version
from rendering.decode import ImageUnreadable
from workers.claims import PermanentError, PostponedError
from workers.frozen_version import FrozenVersion
from workers.spooling import spool
from workers.stages import stage

T = TypeVar("T")
U = TypeVar("U")
_PATIENCE = timedelta(days=1)
_ROWS_A_TRANSACTION = 4000


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
        # A thread may still write there when the work is cancelled.
        with tempfile.TemporaryDirectory(dir=self._work_dir, prefix="snapshot-", ignore_cleanup_errors=True) as folder:
            try:
                await self._freeze(claim, version, Path(folder))
            except OSError as error:
                # The store is away, or the disk is full: nothing that is wrong with the version.
                if datetime.now(UTC) - version.queued_at > _PATIENCE:
                    raise PermanentError(_store_away(error)) from error
                raise PostponedError(f"{type(error).__name__}: {error}") from error

    async def fail(self, claim: Claim, reason: str) -> None:
        async def work(uow: UnitOfWork) -> None:
            version = await uow.versions.lock(claim.id)
            if version is None or version.status is not DatasetStatus.CREATING:
                return
            await uow.version_assets.clear(version.id)
            status = transition(version.status, DatasetStatus.FAILED)
            await uow.versions.write_claimed(claim, status=status, failure_reason=reason)
            tell_version(uow, version.project_id, version.id, VersionStage.FAILED, message=reason)
            await announce_version(uow, replace(version, status=status, failure_reason=reason))

        await self._database.write(work)

    async def _freeze(self, claim: Claim, version: DatasetVersion, folder: Path) -> None:
        tell = partial(self._tell, claim, version)
        await tell(VersionStage.SELECTING, 0, 0)
        with stage(self.kind, "selecting"):
            async with consistent_read(self._database.engine, version.project_id, version.config) as read:
                at = read.at
                selected = await spool(read, version.config, folder)
                unread = await read.unread()
        if not selected.tally.annotation_count:
            raise PermanentError(_nothing_left(version))
        total = selected.image_count
        await tell(VersionStage.FREEZING, 0, total)
        try:
            with stage(self.kind, "freezing"):
                frozen = await asyncio.to_thread(FrozenVersion, version, at, selected, unread)
        except ImageUnreadable as error:
            raise PermanentError(str(error)) from error
        await tell(VersionStage.UPLOADING, 0, total)
        with stage(self.kind, "uploading"):
            # At the same time: one waits for the object store, the other for the database.
            written, _ = await _together(
                self._store_manifest(version, frozen, folder / "manifest.json"),
                self._store_rows(claim, version, frozen),
            )
            await self._finish(claim, version, frozen, written)

    async def _store_manifest(self, version: DatasetVersion, frozen: FrozenVersion, path: Path) -> WrittenManifest:
        written = await asyncio.to_thread(frozen.write_manifest, path)
        await self._store.put_file(_key(version, written), path, "application/json")
        return written

    async def _tell(self, claim: Claim, version: DatasetVersion, stage: VersionStage, done: int, total: int) -> None:
        async def work(uow: UnitOfWork) -> None:
            await uow.versions.write_claimed(claim)
            tell_version(uow, version.project_id, version.id, stage, done, total)

        await self._database.write(work)

    async def _store_rows(self, claim: Claim, version: DatasetVersion, frozen: FrozenVersion) -> None:
        total = frozen.spool.image_count

        async def clear(uow: UnitOfWork) -> None:
            await uow.versions.write_claimed(claim)
            await uow.version_assets.clear(version.id)  # what an earlier attempt left

        async def store(uow: UnitOfWork, rows: list[VersionAsset]) -> None:
            await uow.versions.write_claimed(claim)
            await uow.version_assets.add(rows)
            done = rows[-1].position + 1
            tell_version(uow, version.project_id, version.id, VersionStage.UPLOADING, done, total)

        await self._database.write(clear)
        rows = frozen.rows()
        while batch := list(islice(rows, _ROWS_A_TRANSACTION)):
            await self._database.write(partial(store, rows=batch))

    async def _finish(
        self, claim: Claim, version: DatasetVersion, frozen: FrozenVersion, written: WrittenManifest
    ) -> None:
        tally, total = frozen.spool.tally, frozen.spool.image_count

        async def work(uow: UnitOfWork) -> None:
            current = await uow.versions.lock(version.id)
            if current is None:
                raise ClaimLostError(f"Version {version.id} is gone.")
            await uow.versions.write_claimed(
                claim,
                status=transition(current.status, DatasetStatus.READY),
                snapshot_at=frozen.at,
                image_count=total,
                annotation_count=tally.annotation_count,
                classes=tally.classes,
                class_counts=tally.class_counts(),
                split_counts=frozen.split_counts,
                manifest=Manifest(_key(version, written), written.sha256, written.size_bytes),
                content_digest=written.content_digest,
                leaked_pairs=frozen.leaked_pairs,
                warnings=frozen.notices,
            )
            await uow.version_assets.note_latest(version.project_id, version.id, frozen.at)
            tell_version(uow, version.project_id, version.id, VersionStage.READY, total, total)
            await announce_version(uow, replace(current, status=DatasetStatus.READY))
            # A higher version of the project may have waited for this one.
            uow.wake(JobKind.SNAPSHOT)

        await self._database.write(work)


def _key(version: DatasetVersion, written: WrittenManifest) -> str:
    return manifest_key(version.team_id, version.project_id, version.version, written.sha256)


async def _together(one: Coroutine[Any, Any, T], other: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """What both give. When one fails the other is cancelled, and the first failure is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(one), group.create_task(other)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return tasks[0].result(), tasks[1].result()


def _store_away(error: OSError) -> str:
    why = error.strerror or type(error).__name__
    return (
        f"For a day its manifest could not be written ({why}): see that the object store can be reached and that the "
        "worker's disk has room, then retry the version."
    )


def _nothing_left(version: DatasetVersion) -> str:
    dropped = version.config.preprocessing.drop_classes
    if not dropped:
        return "No annotated image passes the version's filters any more; nothing was frozen."
    names = ", ".join(dropped)
    return (
        f"No annotation is left that passes the version's filters and is of a class that is kept (dropped: {names}); "
        "nothing was frozen."
    )
