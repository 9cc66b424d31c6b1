"""Importing annotations: the file is parsed whole in the sandbox first, so that a malformed one changes nothing."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from domain.errors import ClaimLostError
from domain.imports import begin_import, complete_import, fail_import
from domain.jobs import Claim, JobKind
from domain.keys import file_key
from domain.matching import Matcher
from domain.models.imports import ImportJob
from domain.ports import Database, ObjectStore, UnitOfWork
from workers.claims import PermanentError, PostponedError
from workers.digest import sha256_of
from workers.import_writing import ImportWriting, PlacedPart, weight
from workers.importing.spool import Skip, SpooledImage, read_spool
from workers.sandbox.outcome import UnreadableFileError
from workers.sandbox.pool import SandboxPool

_PARSE_SECONDS = 300.0
_OBJECTS_A_TRANSACTION = 5000


class AnnotationImport:
    """Fulfils workers.claims.Handler."""

    kind = JobKind.IMPORT
    slots = 1

    def __init__(self, database: Database, store: ObjectStore, sandbox: SandboxPool, work_dir: Path) -> None:
        self._database = database
        self._store = store
        self._sandbox = sandbox
        self._work_dir = work_dir

    async def run(self, claim: Claim) -> None:
        job = await self._database.read(lambda uow: uow.imports.get(claim.id))
        if job is None or job.status.final:
            return
        await self._database.write(partial(begin_import, claim=claim, job=job))
        with tempfile.TemporaryDirectory(dir=self._work_dir, prefix="import-") as folder:
            total = await self._parse(job, Path(folder))
            await self._import(claim, job, Path(folder) / "spool.jsonl", total)

    async def fail(self, claim: Claim, reason: str) -> None:
        async def work(uow: UnitOfWork) -> None:
            job = await uow.imports.get(claim.id)
            if job is None:
                raise ClaimLostError(f"Import {claim.id} is gone.")
            await fail_import(uow, claim, job, reason)

        await self._database.write(work)

    async def _parse(self, job: ImportJob, folder: Path) -> int:
        """Writes the spool; the number of objects and skipped things in it. Raises PermanentError for a bad file."""
        path = folder / "file"
        try:
            await self._store.download(file_key(job.team_id, job.file_id), path)
        except KeyError as error:
            raise PermanentError(f"The bytes of {job.filename} are gone; send the file again.") from error
        except OSError as error:
            raise PostponedError(f"{type(error).__name__}: {error}") from error
        await asyncio.to_thread(_compare, path, job)
        try:
            answer = await self._sandbox.call(
                "annotations",
                seconds=_PARSE_SECONDS,
                path=path,
                filename=job.filename,
                format=job.format.value,
                out=folder / "spool.jsonl",
            )
        except UnreadableFileError as fault:
            raise PermanentError(f"{job.filename}: {fault.message}") from fault
        return int(answer["objects"]) + int(answer["skipped"])

    async def _import(self, claim: Claim, job: ImportJob, spool: Path, total: int) -> None:
        names = await self._database.read(lambda uow: uow.assets.names(job.project_id))
        matcher = await asyncio.to_thread(Matcher, names)
        writing = ImportWriting(claim, job, matcher, total)
        spooled = read_spool(spool)

        async def next_part() -> PlacedPart | None:
            part = await _part(spooled)
            return await writing.place(self._database, part) if part else None

        # While the database writes a part, the next one is made ready.
        part = await next_part()
        while part is not None:
            part, _ = await asyncio.gather(next_part(), writing.write(self._database, part))
        await self._database.write(partial(self._finish, claim=claim, job=job, writing=writing))

    async def _finish(self, uow: UnitOfWork, claim: Claim, job: ImportJob, writing: ImportWriting) -> None:
        await uow.skipped.replace(job.id, writing.skipped_items)
        await complete_import(uow, claim, job, writing.imported, writing.skipped, writing.notices())


async def _part(spooled: Iterator[SpooledImage | Skip]) -> list[SpooledImage | Skip]:
    """What comes next in the spool, as much as one transaction takes; empty at its end."""
    part: list[SpooledImage | Skip] = []
    size = 0
    for one in spooled:
        part.append(one)
        size += 1 + (weight(one) if isinstance(one, SpooledImage) else 0)
        if size >= _OBJECTS_A_TRANSACTION:
            break
        await asyncio.sleep(0)
    return part


def _compare(path: Path, job: ImportJob) -> None:
    """Raises PermanentError unless the bytes are the announced ones."""
    if path.stat().st_size != job.size_bytes or sha256_of(path) != job.sha256:
        raise PermanentError(f"The bytes of {job.filename} are not the ones that were announced; send it again.")
