"""Archives of versions that are made of a few pieces of bytes, and stand still or break where a test wants them to."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from db.database import SqlDatabase
from domain.exports import export_version
from domain.jobs import JobKind
from domain.models.export import VersionExport
from domain.models.imports import ExportFormat
from domain.models.version import DatasetVersion, Notice
from domain.ports import ObjectStore
from seeds import take
from stack import Stack
from stored_versions import Frozen
from workers.claims import ClaimLoops
from workers.dataset_archives import Progress
from workers.export import Archives, Export

PIECES = 6
PICTURES = 24
NOTICE = Notice("LABELS_NOT_VISIBLE", "Annotations of which no picture shows enough were skipped.", 1234)


class MadeArchive:
    """Fulfils workers.export.Archive."""

    images = PICTURES
    notices = (NOTICE,)

    def __init__(self, archives: MadeArchives, content: bytes, progress: Progress) -> None:
        self._archives = archives
        self._content = content
        self._progress = progress
        self._digest = hashlib.sha256()
        self.size_bytes = 0
        self.ended = False

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            for number in range(PIECES):
                await self._archives.meet(number)
                piece = number.to_bytes(4) + self._content
                self._digest.update(piece)
                self.size_bytes += len(piece)
                yield piece
                self._progress(number + 1, PIECES)
        finally:
            self.ended = True

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


@dataclass
class MadeArchives:
    """Fulfils workers.export.Archives. `faults` are raised in the middle of the next archives, one each."""

    stand_at: int | None = None
    """The piece before which archives stand still until `release`."""
    faults: list[Exception] = field(default_factory=list)
    standing: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    made: list[MadeArchive] = field(default_factory=list)

    def archive(
        self, version: DatasetVersion, manifest: Path, format_: ExportFormat, folder: Path, progress: Progress
    ) -> MadeArchive:
        (folder / "working").write_bytes(b"left behind")
        content = f"v{version.version} {format_.value} ".encode() + manifest.read_bytes()
        self.made.append(MadeArchive(self, content, progress))
        return self.made[-1]

    async def meet(self, number: int) -> None:
        """Before the piece of that number: stands still, or raises, where that is wanted."""
        if number == self.stand_at:
            self.standing.set()
            await self.release.wait()
        if number == PIECES // 2 and self.faults:
            raise self.faults.pop(0)


async def asked(
    database: SqlDatabase, store: ObjectStore, frozen: Frozen, format_: ExportFormat = ExportFormat.YOLO
) -> VersionExport:
    return await export_version(database, store, frozen.home.principal, frozen.version.id, format_)


async def current(database: SqlDatabase, export: VersionExport) -> VersionExport:
    found = await database.read(lambda uow: uow.exports.get(export.id))
    assert found is not None
    return found


async def made(
    database: SqlDatabase,
    store: ObjectStore,
    folder: Path,
    frozen: Frozen,
    format_: ExportFormat = ExportFormat.YOLO,
) -> VersionExport:
    """Asks for an export, which must be a new one, and carries it out."""
    wanted = await asked(database, store, frozen, format_)
    claim = await take(database, JobKind.EXPORT)
    assert claim.id == wanted.id
    await Export(database, store, MadeArchives(), folder).run(claim)
    return await current(database, wanted)


@asynccontextmanager
async def exporting(api: Stack, folder: Path, archives: Archives | None = None) -> AsyncIterator[None]:
    """Exports are made while this is open."""
    handler = Export(api.database, api.services.store, archives or MadeArchives(), folder)
    loops = asyncio.create_task(ClaimLoops(api.database, "test:io", [handler]).run())
    try:
        yield
    finally:
        loops.cancel()
        await asyncio.gather(loops, return_exceptions=True)
