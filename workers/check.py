"""Checking a version: its manifest and every frozen object are read back, and held against their SHA-256."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import partial
from pathlib import Path

from domain.checks import MAX_NAMES, Findings, complete_check, fail_check, note_findings
from domain.errors import ClaimLostError
from domain.jobs import Claim, JobKind
from domain.models.check import VersionCheck
from domain.models.version import DatasetVersion, Manifest
from domain.ports import Database, ObjectStore, UnitOfWork
from workers.claims import PermanentError, PostponedError
from workers.digest import sha256_of
from workers.frozen_objects import FrozenObject, FrozenObjects, objects_of_manifest, objects_of_rows
from workers.reading_back import reads_back

_AT_ONCE = 16
_NOTE_SECONDS = 1.0
_PATIENCE = timedelta(days=1)


class _State(Enum):
    INTACT = auto()
    MISSING = auto()
    CORRUPT = auto()


class Check:
    """Fulfils workers.claims.Handler. What an attempt before found is found again: each begins at the start."""

    kind = JobKind.CHECK
    slots = 1

    def __init__(self, database: Database, store: ObjectStore, work_dir: Path) -> None:
        self._database = database
        self._store = store
        self._work_dir = work_dir

    async def run(self, claim: Claim) -> None:
        check, version = await self._database.read(partial(_inputs, claim=claim))
        if check.status.final:
            return
        try:
            with tempfile.TemporaryDirectory(dir=self._work_dir, prefix="check-") as folder:
                await self._check(claim, check, version, Path(folder))
        except OSError as error:
            if datetime.now(UTC) - check.created_at > _PATIENCE:
                text = (
                    "The object store could not be read to the end for a day; see the worker's log, and verify again."
                )
                raise PermanentError(text) from error
            raise PostponedError(f"{type(error).__name__}: {error}") from error

    async def fail(self, claim: Claim, reason: str) -> None:
        async def work(uow: UnitOfWork) -> None:
            check, _ = await _inputs(uow, claim)
            await fail_check(uow, claim, check, reason)

        await self._database.write(work)

    async def _check(self, claim: Claim, check: VersionCheck, version: DatasetVersion, folder: Path) -> None:
        if version.manifest is None:
            raise PermanentError(f"v{version.version} has no manifest any more, so there is nothing to verify.")
        await self._database.write(partial(note_findings, claim=claim, check=check, findings=Findings()))
        intact = await self._manifest(version.manifest, folder / "manifest.json")
        objects: FrozenObjects = partial(objects_of_manifest, folder / "manifest.json")
        if not intact:
            objects = partial(objects_of_rows, self._database, version.id)
        report = _Report(intact, sum([len(page) async for page in objects()]))
        await self._database.write(partial(note_findings, claim=claim, check=check, findings=report.findings()))
        await self._read_back(claim, check, objects, report)
        await self._database.write(partial(complete_check, claim=claim, check=check, findings=report.findings()))

    async def _manifest(self, manifest: Manifest, path: Path) -> bool:
        """Whether the manifest is the one that was frozen; it lies at `path` then."""
        if await self._state(manifest.s3_key, manifest.sha256) is not _State.INTACT:
            return False
        try:
            await self._store.download(manifest.s3_key, path)
        except KeyError as error:
            raise OSError(f"{manifest.s3_key} went away while it was read.") from error
        if await asyncio.to_thread(sha256_of, path) != manifest.sha256:
            raise OSError(f"{manifest.s3_key} was written anew while it was read.")
        return True

    async def _state(self, key: str, sha256: str) -> _State:
        try:
            return _State.INTACT if await reads_back(self._store, key, sha256) else _State.CORRUPT
        except KeyError:
            return _State.MISSING

    async def _read_back(self, claim: Claim, check: VersionCheck, objects: FrozenObjects, report: _Report) -> None:
        """Fills the report, and notes every second how far it is. Raises ClaimLostError."""
        turn = asyncio.Lock()
        async with aclosing(_one_by_one(objects)) as waiting:

            async def judge() -> None:
                while True:
                    async with turn:
                        one = await anext(waiting, None)
                    if one is None:
                        return
                    report.add(one, await self._state(one.key, one.sha256))

            tasks = {asyncio.create_task(judge()) for _ in range(_AT_ONCE)}
            try:
                await self._watch(tasks, claim, check, report)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, tasks: set[asyncio.Task[None]], claim: Claim, check: VersionCheck, report: _Report) -> None:
        """Returns when all are done. Raises what one of them does."""
        noted = report.findings()
        while True:
            done, busy = await asyncio.wait(tasks, timeout=_NOTE_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
            if not busy:
                return
            findings = report.findings()
            if findings != noted:
                await self._database.write(partial(note_findings, claim=claim, check=check, findings=findings))
                noted = findings


class _Report:
    """Names of the first hundred missing and corrupt objects, and how many there are of each."""

    def __init__(self, manifest_intact: bool, total: int) -> None:
        self._manifest_intact = manifest_intact
        self._total = total
        self._counts: Counter[_State] = Counter()
        self._names: dict[_State, list[str]] = {state: [] for state in _State}

    def add(self, one: FrozenObject, state: _State) -> None:
        self._counts[state] += 1
        names = self._names[state]
        if state is not _State.INTACT and len(names) < MAX_NAMES:
            names.append(one.filename)

    def findings(self) -> Findings:
        return Findings(
            objects_total=self._total,
            objects_checked=self._counts.total(),
            manifest_intact=self._manifest_intact,
            missing=tuple(self._names[_State.MISSING]),
            missing_count=self._counts[_State.MISSING],
            corrupt=tuple(self._names[_State.CORRUPT]),
            corrupt_count=self._counts[_State.CORRUPT],
        )


async def _one_by_one(objects: FrozenObjects) -> AsyncGenerator[FrozenObject, None]:
    async for page in objects():
        for one in page:
            yield one


async def _inputs(uow: UnitOfWork, claim: Claim) -> tuple[VersionCheck, DatasetVersion]:
    check = await uow.checks.get(claim.id)
    version = await uow.versions.get(check.dataset_id) if check is not None else None
    if check is None or version is None:
        raise ClaimLostError(f"Check {claim.id} is gone.")
    return check, version
