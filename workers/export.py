"""Exporting a version: its pictures and labels as one zip file, streamed to the object store while it is made."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from adapters.manifest import download_manifest
from domain.errors import ClaimLostError
from domain.exports import export_begun, export_failed, export_held, export_made, export_moved
from domain.jobs import Claim, JobKind
from domain.keys import export_key
from domain.models.export import StoredArchive, VersionExport
from domain.models.imports import ExportFormat
from domain.models.version import DatasetVersion, Notice
from domain.ports import Database, ObjectStore, UnitOfWork
from rendering.decode import ImageUnreadable
from workers.claims import PermanentError, PostponedError
from workers.dataset_archives import Progress
from workers.stages import stage

_NOTE_SECONDS = 1.0
_PATIENCE = timedelta(days=1)


class Archive(Protocol):
    """A zip file while it is made. The attributes are known once all was read."""

    images: int
    """Pictures in the file."""

    @property
    def size_bytes(self) -> int: ...
    @property
    def sha256(self) -> str:
        """Hex."""

    @property
    def notices(self) -> tuple[Notice, ...]: ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """Raises ImageUnreadable and PermanentError with what a person can act on, and OSError for what may pass.
        Closing it ends all work at once."""


class Archives(Protocol):
    """Makes zip files of versions, as workers.dataset_archives does."""

    def archive(
        self, version: DatasetVersion, manifest: Path, format_: ExportFormat, folder: Path, progress: Progress
    ) -> Archive:
        """`manifest` is the file of the version's manifest, `folder` is for working files."""


class Export:
    """Fulfils workers.claims.Handler. Each attempt writes a file of its own, and only that of the last is named."""

    kind = JobKind.EXPORT
    slots = 1

    def __init__(self, database: Database, store: ObjectStore, archives: Archives, work_dir: Path) -> None:
        self._database = database
        self._store = store
        self._archives = archives
        self._work_dir = work_dir

    async def run(self, claim: Claim) -> None:
        export, version = await self._database.read(partial(_inputs, claim=claim))
        if export.status.final:
            return
        try:
            # A thread may still write there when the work is cancelled.
            with tempfile.TemporaryDirectory(
                dir=self._work_dir, prefix="export-", ignore_cleanup_errors=True
            ) as folder:
                await self._export(claim, export, version, Path(folder))
        except ImageUnreadable as error:
            raise PermanentError(str(error)) from error
        except OSError as error:
            raise _sorted(error, export) from error

    async def fail(self, claim: Claim, reason: str) -> None:
        await self._database.write(export_failed(claim, reason))

    async def _export(self, claim: Claim, export: VersionExport, version: DatasetVersion, folder: Path) -> None:
        if version.manifest is None:
            raise PermanentError(f"v{version.version} has no manifest any more, so there is nothing to export.")
        total = version.image_count
        await self._database.write(export_begun(claim, total))
        manifest, working = folder / "manifest.json", folder / "working"
        with stage(self.kind, "reading"):
            await download_manifest(self._store, version.manifest, manifest)
        working.mkdir()
        key, counted = export_key(export.team_id, export.id, claim.attempt), _Counted(total)
        archive = self._archives.archive(version, manifest, export.format, working, counted.count)
        async with aclosing(archive.chunks()) as chunks:
            sending = asyncio.create_task(self._store.put_stream(key, chunks, "application/zip"))
            try:
                with stage(self.kind, "rendering"):  # and sent meanwhile
                    await self._watch(sending, claim, counted)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        stored = StoredArchive(key, archive.size_bytes, archive.sha256, archive.images, archive.notices)
        await self._database.write(export_made(claim, stored, counted.total))

    async def _watch(self, sending: asyncio.Task[None], claim: Claim, counted: _Counted) -> None:
        """Returns when all is sent; tells every second how far it is. Raises what `sending` does, and ClaimLostError
        within a second after the export was cancelled."""
        told = (0, counted.total)
        while True:
            done, _ = await asyncio.wait([sending], timeout=_NOTE_SECONDS)
            if done:
                return sending.result()
            now = (counted.done, counted.total)
            await self._database.write(export_held(claim) if now == told else export_moved(claim, *now))
            told = now


class _Counted:
    def __init__(self, total: int) -> None:
        self.done = 0
        self.total = total

    def count(self, done: int, total: int) -> None:
        self.done, self.total = done, total


def _sorted(error: OSError, export: VersionExport) -> Exception:
    """A full disk and a store that is away are waited for, until a day after the export was asked for."""
    if error.errno == errno.EFBIG:
        text = "The zip file is larger than the object store takes; export a version of fewer images, tiles or copies."
        return PermanentError(text)
    if datetime.now(UTC) - export.created_at > _PATIENCE:
        text = (
            "The worker's disk is full or the object store away, and the export was asked for more than a day ago; see "
            "the worker's log, and export again."
        )
        return PermanentError(text)
    return PostponedError(f"{type(error).__name__}: {error}")


async def _inputs(uow: UnitOfWork, claim: Claim) -> tuple[VersionExport, DatasetVersion]:
    export = await uow.exports.get(claim.id)
    version = await uow.versions.get(export.dataset_id) if export is not None else None
    if export is None or version is None:
        raise ClaimLostError(f"Export {claim.id} is gone.")
    return export, version
