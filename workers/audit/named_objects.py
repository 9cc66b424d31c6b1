"""Objects that rows of a kind name, each asked for by its key: weights, model files, kept states, archives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from domain.keys import state_key
from domain.models.audit import Portion
from domain.models.export import VersionExport
from domain.models.model import TrainedModel
from domain.models.training import TrainingJob
from domain.ports import Database, ObjectStore, UnitOfWork
from workers.audit.check import Check, Suspicion
from workers.audit.finding import Finding
from workers.audit.stored_object import NamedObject

WEIGHTS, MODEL_FILES, STATES, ARCHIVES = "weights", "model-files", "training-states", "archives"
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Owner:
    """A row, in the words of a finding's subject, and the objects that it names."""

    id: str
    subject: str
    objects: tuple[NamedObject, ...]


Read = Callable[[UnitOfWork, Portion], Awaitable[Sequence[Owner]]]
"""A portion of the owners, also of those that name nothing."""


def object_checks(database: Database, store: ObjectStore, read_back: bool) -> list[Check]:
    kinds = {WEIGHTS: _weights, MODEL_FILES: _model_files, STATES: _states, ARCHIVES: _archives}
    return [NamedObjects(database, store, read_back, invariant, read) for invariant, read in kinds.items()]


class NamedObjects(Check):
    """What a row names is in the store. What looks missing is asked for once more before its row is read again: an
    object is stored before a row names it, and deleted after no row does."""

    def __init__(self, database: Database, store: ObjectStore, read_back: bool, invariant: str, read: Read) -> None:
        super().__init__({invariant: "objects"})
        self._database = database
        self._store = store
        self._read_back = read_back
        self._invariant = invariant
        self._read = read
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def suspicions(self) -> AsyncIterator[Suspicion]:
        portion = Portion()
        while True:
            owners = await self._owners(portion)
            named = [(owner, one) for owner in owners for one in owner.objects]
            self.looked_at[self._invariant] += len(named)
            faults = await asyncio.gather(*(self._fault(one) for _, one in named))
            for (owner, one), fault in zip(named, faults, strict=True):
                if fault is not None:
                    yield Suspicion(self._finding(owner, fault), partial(self._again, owner, one))
            if len(owners) < portion.limit:
                return
            portion = replace(portion, after=owners[-1].id)

    async def _owners(self, portion: Portion) -> Sequence[Owner]:
        return await self._database.read(lambda uow: self._read(uow, portion))

    async def _fault(self, one: NamedObject) -> str | None:
        async with self._gate:
            return await one.fault(self._store, self._read_back)

    async def _again(self, owner: Owner, one: NamedObject) -> Finding | None:
        fault = await one.fault(self._store, self._read_back)
        if fault is None:
            return None
        now = await self._owners(Portion(ids=(owner.id,)))
        return self._finding(owner, fault) if any(one in same.objects for same in now) else None

    def _finding(self, owner: Owner, fault: str) -> Finding:
        return Finding(self._invariant, owner.subject, fault)


async def _models(uow: UnitOfWork, portion: Portion) -> list[TrainedModel]:
    ids = await uow.audit.model_ids(portion)
    models = await uow.models.get_many(ids)
    return [models[id_] for id_ in ids]


async def _weights(uow: UnitOfWork, portion: Portion) -> list[Owner]:
    return [
        Owner(one.id, _named(one), (NamedObject(one.weights_key, one.size_bytes, one.sha256),))
        for one in await _models(uow, portion)
    ]


async def _model_files(uow: UnitOfWork, portion: Portion) -> list[Owner]:
    return [
        Owner(one.id, _named(one), tuple(NamedObject(file.key, file.size_bytes, file.sha256) for file in one.files))
        for one in await _models(uow, portion)
    ]


def _named(model: TrainedModel) -> str:
    return f"model {model.name} ({model.id}) of project {model.project_id}"


async def _states(uow: UnitOfWork, portion: Portion) -> list[Owner]:
    ids = await uow.audit.resumable_training_ids(portion)
    jobs = await uow.jobs.get_many(ids)
    return [Owner(id_, f"training {id_} of project {jobs[id_].project_id}", _kept(jobs[id_])) for id_ in ids]


def _kept(job: TrainingJob) -> tuple[NamedObject, ...]:
    digests = {sha256 for point in job.resume_points for sha256 in (point.last_sha256, point.best_sha256)}
    return tuple(NamedObject(state_key(job.team_id, job.id, one), sha256=one) for one in sorted(digests))


async def _archives(uow: UnitOfWork, portion: Portion) -> list[Owner]:
    ids = await uow.audit.ready_export_ids(portion)
    exports = await uow.exports.get_many(ids)
    return [Owner(id_, f"export {id_} of project {exports[id_].project_id}", _archive(exports[id_])) for id_ in ids]


def _archive(export: VersionExport) -> tuple[NamedObject, ...]:
    return (NamedObject(export.s3_key, export.size_bytes, export.sha256),) if export.s3_key else ()
