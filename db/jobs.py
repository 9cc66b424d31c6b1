"""Training jobs and their epochs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, RowMapping, and_, delete, exists, func, insert, or_, select, update

from db.keyset import Order, first_of_each
from db.repository import PARENTS, TableRepository, chunks, columns_of
from db.tables import training_datasets, training_epochs, training_jobs, training_logs
from db.types import database_now
from domain.jobs import LEASE_SECONDS, Claim
from domain.models.training import BaseModel, EpochMetrics, ResumePoint, TrainingConfig, TrainingJob, TrainingJobStatus
from domain.models.version import Notice
from domain.paging import Page, PageRequest

_UNFINISHED = tuple(status for status in TrainingJobStatus if not status.final)
_CONFIG = ("base_model", "epochs", "batch_size", "image_size", "learning_rate", "patience", "seed")
_SHAPED = frozenset({"config", "effective", "warnings", "resume_points"})
_PLAIN = tuple(name for name in TrainingJob.__dataclass_fields__ if name not in _SHAPED)


class SqlJobs(TableRepository[TrainingJob]):
    """Fulfils domain.ports.Jobs."""

    table = training_jobs
    entity = TrainingJob

    def load(self, row: RowMapping) -> TrainingJob:
        return TrainingJob(
            **{name: row[name] for name in _PLAIN},
            config=TrainingConfig(**{name: row[name] for name in _CONFIG}),
            effective=row["effective"] or {},
            warnings=tuple(Notice(**notice) for notice in row["warnings"] or ()),
            resume_points=tuple(ResumePoint(**point) for point in row["resume_points"] or ()),
        )

    def dump(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        values = dict(changes)
        if "config" in values:
            values.update(asdict(values.pop("config")))
        return super().dump(values)

    async def by_idempotency_key(self, project_id: str, key: str) -> TrainingJob | None:
        return await self.one(training_jobs.c.project_id == project_id, training_jobs.c.idempotency_key == key)

    async def pages(
        self, project_ids: Iterable[str], request: PageRequest, statuses: Sequence[TrainingJobStatus] | None
    ) -> dict[str, Page[TrainingJob]]:
        return await self.pages_of(training_jobs.c.project_id, project_ids, request, *_listed(statuses))

    async def counts(self, project_ids: Iterable[str], statuses: Sequence[TrainingJobStatus] | None) -> dict[str, int]:
        return await self.counts_of(training_jobs.c.project_id, project_ids, *_listed(statuses))

    async def pages_of_versions(self, dataset_ids: Iterable[str], request: PageRequest) -> dict[str, Page[TrainingJob]]:
        return await self.pages_of(training_jobs.c.dataset_id, dataset_ids, request, of_version())

    async def counts_of_versions(self, dataset_ids: Iterable[str]) -> dict[str, int]:
        return await self.counts_of(training_jobs.c.dataset_id, dataset_ids, of_version())

    async def unfinished_of(self, dataset_id: str) -> int:
        return await self.count_where(training_jobs.c.dataset_id == dataset_id, training_jobs.c.status.in_(_UNFINISHED))

    async def cancel_unheld(self, job_id: str, at: datetime) -> bool:
        table = training_jobs
        unheld = or_(table.c.status == TrainingJobStatus.QUEUED, _silent())
        values = {"cancel_requested_at": at, "finished_at": at, "attempt": table.c.attempt + 1}
        statement = update(table).where(table.c.id == job_id, unheld)
        result = await self.connection.execute(statement.values(status=TrainingJobStatus.CANCELLED, **values))
        return result.rowcount == 1

    async def asked_to_stop_unheld(self, limit: int) -> Sequence[str]:
        asked = training_jobs.c.cancel_requested_at.is_not(None)
        left = select(training_jobs.c.id).where(asked, _silent(), of_version()).order_by(training_jobs.c.id)
        return (await self.connection.execute(left.limit(limit))).scalars().all()

    async def queue_positions(self, ids: Iterable[str]) -> dict[str, int]:
        waiting = training_jobs.alias()
        positions: dict[str, int] = {}
        for chunk in chunks(ids):
            ahead = (
                select(training_jobs.c.id, func.count(waiting.c.id))
                .select_from(training_jobs)
                .join(
                    waiting,
                    (waiting.c.status == TrainingJobStatus.QUEUED)
                    & (waiting.c.created_at <= training_jobs.c.created_at)
                    & of_version(waiting),
                )
                .where(training_jobs.c.id.in_(chunk), training_jobs.c.status == TrainingJobStatus.QUEUED)
                .group_by(training_jobs.c.id)
            )
            positions.update(dict((await self.connection.execute(ahead)).all()))
        return positions

    async def add_epoch(self, job_id: str, metrics: EpochMetrics) -> bool:
        known = [training_epochs.c.job_id == job_id, training_epochs.c.epoch == metrics.epoch]
        values = asdict(metrics)
        replaced = await self.connection.execute(update(training_epochs).where(*known).values(metrics=values))
        if replaced.rowcount:
            return False
        row = {"job_id": job_id, "epoch": metrics.epoch, "metrics": values}
        await self.connection.execute(insert(training_epochs), [row])
        return True

    async def add_log(self, claim: Claim, lines: Sequence[str], kept: int) -> None:
        printed = select(training_jobs.c.log_lines).where(training_jobs.c.id == claim.id)
        end = (await self.connection.execute(printed)).scalar_one() + len(lines)
        await self.write_claimed(claim, log_lines=end)
        await self.connection.execute(insert(training_logs), [{"job_id": claim.id, "end": end, "lines": list(lines)}])
        old = [training_logs.c.job_id == claim.id, training_logs.c.end <= end - kept]
        await self.connection.execute(delete(training_logs).where(*old))

    async def log_tails(self, job_ids: Iterable[str], lines: int) -> dict[str, list[str]]:
        table, order = training_logs, Order((training_logs.c.end,))
        tails: dict[str, list[str]] = {}
        for chunk in chunks(job_ids, PARENTS):
            named = first_of_each(table.c.job_id, chunk, (), order, lines)
            newest = select(table.c.job_id, table.c.lines).join(
                named, and_(named.c.job_id == table.c.job_id, named.c.end == table.c.end)
            )
            for job_id, run in await self.connection.execute(newest.order_by(*order.clauses)):
                tail = tails.setdefault(job_id, [])
                if len(tail) < lines:
                    tail[:0] = run
        return {job_id: tail[-lines:] for job_id, tail in tails.items()}

    async def epochs(self, job_ids: Iterable[str]) -> dict[str, list[EpochMetrics]]:
        found: dict[str, list[EpochMetrics]] = {}
        for chunk in chunks(job_ids):
            statement = (
                select(training_epochs.c.job_id, training_epochs.c.metrics)
                .where(training_epochs.c.job_id.in_(chunk))
                .order_by(training_epochs.c.job_id, training_epochs.c.epoch)
            )
            for job_id, metrics in (await self.connection.execute(statement)).all():
                found.setdefault(job_id, []).append(EpochMetrics(**metrics))
        return found

    async def uninterrupted(
        self, team_id: str, limit: int, *, device: str | None = None, base_model: BaseModel | None = None
    ) -> Sequence[TrainingJob]:
        table = training_jobs
        done = [table.c.team_id == team_id, table.c.status == TrainingJobStatus.COMPLETED, table.c.taken_up == 1]
        mine = select(*columns_of(table)).where(*done, table.c.device.is_not(None), table.c.training_seconds > 0)
        if device is not None:
            mine = mine.where(table.c.device == device)
        if base_model is not None:
            mine = mine.where(table.c.base_model == base_model)
        mine = mine.where(of_version())
        return await self.all(mine.order_by(table.c.finished_at.desc(), table.c.id).limit(limit))


def _silent() -> ColumnElement[bool]:
    """The job is to be worked at, and nobody is."""
    heartbeat_at = training_jobs.c.heartbeat_at
    nobody = or_(heartbeat_at.is_(None), heartbeat_at < database_now(LEASE_SECONDS))
    return and_(training_jobs.c.status.in_(_UNFINISHED), nobody)


def of_version(jobs: FromClause = training_jobs) -> ColumnElement[bool]:
    """The job trains from a version. Those from before versioning are another application's, in words of its own."""
    numbered = select(training_datasets.c.id).where(
        training_datasets.c.id == jobs.c.dataset_id, training_datasets.c.version.is_not(None)
    )
    return exists(numbered)


def _listed(statuses: Sequence[TrainingJobStatus] | None) -> list[ColumnElement[bool]]:
    return [of_version()] if statuses is None else [of_version(), training_jobs.c.status.in_(statuses)]
