"""Taking up work: a conditional UPDATE raises `attempt`, and everything written later must say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db.jobs import of_version
from db.tables import (
    detection_jobs,
    import_jobs,
    model_deployments,
    model_evaluations,
    projects,
    training_datasets,
    training_jobs,
    uploads,
    version_checks,
    version_exports,
    webhook_deliveries,
)
from db.types import UtcDateTime, database_now
from domain.errors import ClaimLostError
from domain.jobs import ABANDONED_SECONDS, LEASE_SECONDS, Backlog, Claim, JobKind
from domain.models.asset import UploadState
from domain.models.check import CheckStatus
from domain.models.detection import DetectionJobStatus
from domain.models.export import ExportStatus
from domain.models.imports import ImportStatus
from domain.models.model import DeploymentStatus, EvaluationStatus
from domain.models.training import TrainingJobStatus
from domain.models.version import DatasetStatus

_CANDIDATES = 5
_DETECTING = (DetectionJobStatus.QUEUED, DetectionJobStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class _Work:
    """Rows of a table that are to be worked on, those of the lowest `order` first."""

    table: Table
    unfinished: ColumnElement[bool]
    order: str = "created_at"


def _in(table: Table, *statuses: StrEnum, order: str = "created_at") -> _Work:
    return _Work(table, table.c.status.in_(statuses), order)


_WORK: Mapping[JobKind, _Work] = {
    JobKind.UPLOAD: _in(uploads, UploadState.VERIFYING),
    JobKind.IMPORT: _in(import_jobs, ImportStatus.QUEUED, ImportStatus.RUNNING),
    JobKind.SNAPSHOT: _in(training_datasets, DatasetStatus.CREATING),
    JobKind.CHECK: _in(version_checks, CheckStatus.QUEUED, CheckStatus.RUNNING),
    JobKind.EXPORT: _in(version_exports, ExportStatus.QUEUED, ExportStatus.RENDERING),
    JobKind.TRAINING: _in(training_jobs, *(status for status in TrainingJobStatus if not status.final)),
    JobKind.EVALUATION: _in(model_evaluations, EvaluationStatus.QUEUED, EvaluationStatus.RUNNING),
    JobKind.DEPLOYMENT: _in(model_deployments, DeploymentStatus.PENDING, order="deployed_at"),
    JobKind.ROBOFLOW_DEPLOYMENT: _in(model_deployments, DeploymentStatus.PENDING, order="deployed_at"),
    JobKind.DETECTION: _in(detection_jobs, *_DETECTING),
    JobKind.ROBOFLOW_DETECTION: _in(detection_jobs, *_DETECTING),
    JobKind.WEBHOOK_DELIVERY: _Work(webhook_deliveries, webhook_deliveries.c.due_at <= database_now(), "due_at"),
}

# Two kinds of work lie in one table where a GPU host does the one and an io worker, by way of Roboflow, the other.
_SHARE: Mapping[JobKind, ColumnElement[bool]] = {
    JobKind.DEPLOYMENT: model_deployments.c.model_id.is_not(None),
    JobKind.ROBOFLOW_DEPLOYMENT: model_deployments.c.model_id.is_(None),
    JobKind.DETECTION: detection_jobs.c.model_id.is_not(None),
    JobKind.ROBOFLOW_DETECTION: detection_jobs.c.model_id.is_(None),
}


class SqlClaims:
    """Fulfils domain.ports.Claims."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def take(self, kind: JobKind, worker: str) -> Claim | None:
        return await self._take(kind, worker, _free(_WORK[kind]), {"heartbeat_at": database_now(), "worker": worker})

    async def take_abandoned(self, kind: JobKind, worker: str) -> Claim | None:
        # What is written of the row from now on is no sign of a worker of its kind, so it bears the name of none.
        return await self._take(kind, worker, _abandoned(_WORK[kind]), {"worker": None})

    async def _take(
        self, kind: JobKind, worker: str, free: ColumnElement[bool], held: Mapping[str, object]
    ) -> Claim | None:
        work = _WORK[kind]
        table = work.table
        candidates = (
            select(table.c.id, table.c.attempt, table.c.strikes, *_belonging(table))
            .where(free, *_turn(kind))
            .order_by(table.c[work.order], table.c.id)
            .limit(_CANDIDATES)
        )
        for id_, attempt, strikes, *belonging in (await self._connection.execute(candidates)).all():
            if kind is JobKind.SNAPSHOT and not await self._in_turn(id_):
                continue
            taken = await self._connection.execute(
                update(table)
                .where(table.c.id == id_, table.c.attempt == attempt, free)
                .values(attempt=attempt + 1, strikes=strikes + 1, **held)
            )
            if taken.rowcount == 1:
                return Claim(kind, id_, attempt + 1, strikes + 1, worker, *belonging)
        return None

    async def _in_turn(self, version_id: str) -> bool:
        """Asked again with the project locked, so that of two versions that are taken at once one waits."""
        table = training_datasets
        of_version = select(table.c.project_id).where(table.c.id == version_id).scalar_subquery()
        await self._connection.execute(select(projects.c.id).where(projects.c.id == of_version).with_for_update())
        turn = select(table.c.id).where(table.c.id == version_id, *_turn(JobKind.SNAPSHOT))
        return (await self._connection.execute(turn)).first() is not None

    async def held(self, kind: JobKind, id_: str) -> bool:
        table = _WORK[kind].table
        beating = select(table.c.id).where(table.c.id == id_, table.c.heartbeat_at >= database_now(LEASE_SECONDS))
        return (await self._connection.execute(beating)).first() is not None

    async def reopen(self, kind: JobKind, id_: str) -> None:
        table = _WORK[kind].table
        # As if it had been held until a lease ago: it is free, and was not left alone for a day.
        free = database_now(LEASE_SECONDS + 1)
        values = {"attempt": table.c.attempt + 1, "strikes": 0, "heartbeat_at": free, "worker": None}
        await self._connection.execute(update(table).where(table.c.id == id_).values(values))

    async def silent(self, kinds: Iterable[JobKind]) -> bool:
        for kind in kinds:
            table = _WORK[kind].table
            heard = [table.c.heartbeat_at >= database_now(ABANDONED_SECONDS), table.c.worker.is_not(None)]
            if kind in _SHARE:
                heard.append(_SHARE[kind])
            if (await self._connection.execute(select(table.c.id).where(*heard).limit(1))).first() is not None:
                return False
        return True

    async def backlog(self) -> Sequence[Backlog]:
        counted = await self._connection.execute(union_all(*(_counted(kind) for kind in JobKind)))
        return [
            Backlog(JobKind(kind), waiting, running, max((now - (since or now)).total_seconds(), 0))
            for kind, waiting, running, since, now in counted.all()
        ]

    async def beat(self, claim: Claim) -> bool:
        return await self._write(claim, heartbeat_at=database_now())

    async def release(self, claim: Claim) -> None:
        """Gives the row back at once, so that the next worker need not wait for the lease to run out. That somebody
        held it until now stays on record."""
        table = _WORK[claim.kind].table
        await self._write(claim, heartbeat_at=database_now(LEASE_SECONDS + 1), strikes=table.c.strikes - 1)

    async def spare(self, claim: Claim) -> None:
        """Takes the strike back. The row is free when the lease has run out."""
        table = _WORK[claim.kind].table
        await self._write(claim, strikes=table.c.strikes - 1)

    async def give_back(self, claim: Claim, seconds: int) -> None:
        await self._write(claim, heartbeat_at=database_now(LEASE_SECONDS - seconds))

    async def strikes(self, claim: Claim) -> int:
        table = _WORK[claim.kind].table
        mine = select(table.c.strikes).where(table.c.id == claim.id, table.c.attempt == claim.attempt)
        strikes = (await self._connection.execute(mine)).scalar_one_or_none()
        if strikes is None:
            raise ClaimLostError(f"{claim.kind} {claim.id} is no longer held by attempt {claim.attempt}.")
        return int(strikes)

    async def progressed(self, claim: Claim) -> None:
        await self._write(claim, strikes=1)

    async def _write(self, claim: Claim, **values: object) -> bool:
        table = _WORK[claim.kind].table
        mine = and_(table.c.id == claim.id, table.c.attempt == claim.attempt)
        return (await self._connection.execute(update(table).where(mine).values(values))).rowcount == 1


def _belonging(table: Table) -> list[ColumnElement[Any]]:
    """Of a row its project, version and batch of uploads, those that it has."""
    version = "id" if table is training_datasets else "dataset_id"
    return [table.c.get(name, null()) for name in ("project_id", version, "batch_id")]


def _free(work: _Work) -> ColumnElement[bool]:
    stale = or_(work.table.c.heartbeat_at.is_(None), work.table.c.heartbeat_at < database_now(LEASE_SECONDS))
    return and_(work.unfinished, stale)


def free_work(kind: JobKind) -> Select[Any]:
    """Of the rows that a worker could take up now: the id, when the row was made or became due, and when its last
    holder was heard of."""
    work = _WORK[kind]
    made = work.table.c[work.order]
    return select(work.table.c.id, made, work.table.c.heartbeat_at).where(_free(work), *_turn(kind))


def all_work(kind: JobKind) -> Select[Any]:
    """How many rows of that kind of work there are, finished or not."""
    return select(func.count()).select_from(_WORK[kind].table).where(*_ours(kind))


def _counted(kind: JobKind) -> Select[str, int, int, datetime, datetime]:
    """Of one kind of work: rows that wait, rows that are held, since when the first of those waits, and what time it
    is."""
    work = _WORK[kind]
    made, heard = work.table.c[work.order], work.table.c.heartbeat_at
    held = and_(heard.is_not(None), heard >= database_now(LEASE_SECONDS))
    since = case((held, None), (heard > made, heard), else_=made)
    return select(
        literal(kind.value),
        func.count(case((held, None), else_=1)),
        func.count(case((held, 1))),
        type_coerce(func.min(since), UtcDateTime),
        type_coerce(database_now(), UtcDateTime),
    ).where(work.unfinished, *_ours(kind))


def _abandoned(work: _Work) -> ColumnElement[bool]:
    """A row that was never taken up counts from when it was made."""
    last_held = func.coalesce(work.table.c.heartbeat_at, work.table.c[work.order])
    return and_(work.unfinished, last_held < database_now(ABANDONED_SECONDS))


def _turn(kind: JobKind) -> list[ColumnElement[bool]]:
    """Whose turn it is.

    A version waits until no lower version of its project is to be made and none is being made, so that splits are
    inherited in order. A webhook is sent one delivery at a time, so that a receiver that hangs takes no more than one
    place.
    """
    if kind is JobKind.WEBHOOK_DELIVERY:
        return [~exists(_being_sent())]
    if kind is not JobKind.SNAPSHOT:
        return _ours(kind)
    other = training_datasets.alias()
    first = select(other.c.id).where(
        other.c.project_id == training_datasets.c.project_id,
        other.c.id != training_datasets.c.id,
        other.c.status == DatasetStatus.CREATING,
        or_(other.c.version < training_datasets.c.version, other.c.heartbeat_at >= database_now(LEASE_SECONDS)),
    )
    return [*_ours(kind), ~exists(first)]


def _ours(kind: JobKind) -> list[ColumnElement[bool]]:
    """Which of a table's rows are work of that kind at all. Training jobs and versions of an adopted database that are
    none of ours belong to the application that made them."""
    if kind is JobKind.TRAINING:
        return [of_version()]
    if kind is JobKind.SNAPSHOT:
        return [training_datasets.c.version.is_not(None)]
    return [_SHARE[kind]] if kind in _SHARE else []


def _being_sent() -> Select[Any]:
    """Deliveries to the same webhook that a worker is at. A tried one is free again, or no more due."""
    other = webhook_deliveries.alias()
    return select(other.c.id).where(
        other.c.webhook_id == webhook_deliveries.c.webhook_id,
        other.c.due_at <= database_now(),
        other.c.heartbeat_at >= database_now(LEASE_SECONDS),
    )
