"""What an audit reads: a portion of each table, with the counts of what belongs to it by the same statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ScalarSelect,
    Select,
    Table,
    and_,
    exists,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db.claims import all_work, free_work
from db.jobs import of_version
from db.repository import chunks
from db.tables import (
    assets,
    detection_jobs,
    event_log,
    event_streams,
    gpu_hosts,
    import_jobs,
    model_deployments,
    model_evaluations,
    projects,
    trained_models,
    training_datasets,
    training_epochs,
    training_jobs,
    upload_batches,
    uploads,
    version_checks,
    version_exports,
    webhook_deliveries,
)
from db.types import database_now
from domain.jobs import LEASE_SECONDS, JobKind
from domain.models.asset import UploadState
from domain.models.audit import (
    BatchCounts,
    DeliveryFate,
    FailedWork,
    FreeWork,
    ModelOrigin,
    NamedImage,
    Portion,
    ProjectDeployments,
    StreamExtent,
    TrainingOutcome,
    VersionNumbers,
)
from domain.models.event import StreamKind
from domain.models.export import ExportStatus
from domain.models.model import DeploymentStatus
from domain.models.training import TrainingJobStatus
from domain.models.version import DatasetStatus

_LEASE = timedelta(seconds=LEASE_SECONDS)
_NUMBERED = training_datasets.c.version.is_not(None)
_UNFINISHED = tuple(status for status in TrainingJobStatus if not status.final)
_FROZEN = or_(
    training_datasets.c.status.in_((DatasetStatus.READY, DatasetStatus.TRAINING)),
    and_(training_datasets.c.status == DatasetStatus.ARCHIVED, training_datasets.c.failure_reason.is_(None)),
)


def _failed(table: Table, *ours: ColumnElement[bool]) -> Select[Any]:
    return select(table.c.id, table.c.failure_reason).where(table.c.status == "FAILED", *ours)


_FAILED: Mapping[JobKind, Select[Any]] = {
    JobKind.UPLOAD: select(uploads.c.id, uploads.c.error_message).where(uploads.c.status == UploadState.REFUSED),
    JobKind.IMPORT: _failed(import_jobs),
    JobKind.SNAPSHOT: _failed(training_datasets, _NUMBERED),
    JobKind.CHECK: _failed(version_checks),
    JobKind.EXPORT: _failed(version_exports),
    JobKind.TRAINING: _failed(training_jobs, of_version()),
    JobKind.EVALUATION: _failed(model_evaluations),
    JobKind.DEPLOYMENT: _failed(model_deployments),
    JobKind.DETECTION: _failed(detection_jobs),
}
"""Deployments and detections by Roboflow are among the others here."""


class SqlAudit:
    """Fulfils domain.ports.Audit."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def version_numbers(self, portion: Portion) -> Sequence[VersionNumbers]:
        number = training_datasets.c.version
        mine = training_datasets.c.project_id == projects.c.id
        figures = (_figure(function(number), mine) for function in (func.count, func.min, func.max))
        statement = select(projects.c.id, *figures)
        return [VersionNumbers(*row) for row in await self._rows(statement, projects.c.id, portion)]

    async def version_ids(self, portion: Portion) -> Sequence[str]:
        return await self._ids(training_datasets, portion, _NUMBERED)

    async def unfinished_trainings(self, dataset_ids: Sequence[str]) -> dict[str, int]:
        dataset, counts = training_jobs.c.dataset_id, dict[str, int]()
        for chunk in chunks(dataset_ids):
            mine = [dataset.in_(chunk), training_jobs.c.status.in_(_UNFINISHED)]
            statement = select(dataset, func.count()).where(*mine).group_by(dataset)
            counts.update(dict((await self._connection.execute(statement)).all()))
        return counts

    async def training_outcomes(self, portion: Portion) -> Sequence[TrainingOutcome]:
        job, epoch = training_jobs.c, training_epochs.c
        its_epochs = epoch.job_id == job.id
        statement = select(
            *(job.id, job.project_id, job.status, job.epoch),
            _figure(func.count(), trained_models.c.training_job_id == job.id),
            _figure(func.count(), its_epochs),
            _figure(func.max(epoch.epoch), its_epochs),
        ).where(of_version())
        return [TrainingOutcome(*row) for row in await self._rows(statement, job.id, portion)]

    async def model_origins(self, portion: Portion) -> Sequence[ModelOrigin]:
        model = trained_models.c
        job_is_there = exists(select(training_jobs.c.id).where(training_jobs.c.id == model.training_job_id))
        statement = select(model.id, model.name, model.project_id, model.training_job_id, job_is_there)
        ours = statement.where(model.training_job_id.is_not(None), model.sha256.is_not(None))
        return [ModelOrigin(*row) for row in await self._rows(ours, model.id, portion)]

    async def deployments(self, portion: Portion) -> Sequence[ProjectDeployments]:
        project, deployment, model = projects.c, model_deployments.c, trained_models.c
        active = [deployment.project_id == project.id, deployment.status == DeploymentStatus.ACTIVE]
        there = exists(select(model.id).where(model.id == project.active_model_id, model.team_id == project.team_id))
        statement = select(
            project.id,
            _figure(func.count(), *active),
            _figure(func.min(deployment.model_id), *active),
            project.active_model_id,
            there,
        )
        rows = await self._rows(statement, project.id, portion)
        return [ProjectDeployments(*row) for row in rows]

    async def streams(self, portion: Portion) -> Sequence[StreamExtent]:
        stream, event = event_streams.c.stream, event_log.c
        mine = event.stream == stream
        figures = (func.min(event.seq), func.max(event.seq), func.count())
        statement = select(stream, event_streams.c.seq, *(_figure(one, mine) for one in figures))
        return [StreamExtent(*row) for row in await self._rows(statement, stream, portion)]

    async def uncounted_streams(self, portion: Portion) -> Sequence[StreamExtent]:
        event = event_log.c
        counted = exists(select(event_streams.c.stream).where(event_streams.c.stream == event.stream))
        figures = (func.min(event.seq), func.max(event.seq), func.count())
        statement = select(event.stream, *figures).where(~counted).group_by(event.stream)
        return [
            StreamExtent(stream, None, *figures)
            for stream, *figures in await self._rows(statement, event.stream, portion)
        ]

    async def batches(self, portion: Portion) -> Sequence[BatchCounts]:
        batch = upload_batches.c
        states = (
            tuple(UploadState),
            tuple(state for state in UploadState if state is not UploadState.OPEN),
            (UploadState.VERIFIED,),
            (UploadState.REFUSED, UploadState.EXPIRED),
        )
        counts = (_figure(func.count(), uploads.c.batch_id == batch.id, uploads.c.status.in_(one)) for one in states)
        counters = (batch.announced, batch.submitted, batch.verified, batch.refused)
        statement = select(batch.id, batch.project_id, *counters, *counts)
        return [BatchCounts(*row) for row in await self._rows(statement, batch.id, portion)]

    async def deliveries(self, portion: Portion) -> Sequence[DeliveryFate]:
        one = webhook_deliveries.c
        statement = select(one.id, one.webhook_id, one.due_at, one.delivered_at, one.error, database_now())
        return [DeliveryFate(*row) for row in await self._rows(statement, one.id, portion)]

    async def failed(self, kind: JobKind, portion: Portion) -> Sequence[FailedWork]:
        if kind not in _FAILED:
            return []
        statement = _FAILED[kind]
        return [FailedWork(*row) for row in await self._rows(statement, statement.selected_columns[0], portion)]

    async def free(self, kind: JobKind, portion: Portion) -> Sequence[FreeWork]:
        statement = free_work(kind)
        id_ = statement.selected_columns[0]
        # Files are made long before they are to be verified; but when they are, their batch's stream tells of it.
        told = _last_told() if kind is JobKind.UPLOAD else null()
        rows = await self._rows(statement.add_columns(told, database_now()), id_, portion)
        return [FreeWork(id_, _free_since(made, held, told), now) for id_, made, held, told, now in rows]

    async def work_count(self, kind: JobKind) -> int:
        return int((await self._connection.execute(all_work(kind))).scalar_one())

    async def fencing_tokens(self) -> dict[str, int]:
        statement = select(gpu_hosts.c.host, gpu_hosts.c.fencing_token)
        return dict((await self._connection.execute(statement)).all())

    async def project_ids(self, team_id: str) -> Sequence[str]:
        statement = select(projects.c.id).where(projects.c.team_id == team_id).order_by(projects.c.id)
        return (await self._connection.execute(statement)).scalars().all()

    async def frozen_version_ids(self, team_id: str) -> Sequence[str]:
        statement = select(training_datasets.c.id).where(training_datasets.c.team_id == team_id, _NUMBERED, _FROZEN)
        return (await self._connection.execute(statement.order_by(training_datasets.c.id))).scalars().all()

    async def images(self, project_id: str, digits: str, after: str, limit: int) -> Sequence[NamedImage]:
        image = assets.c
        pictured = image.perceptual_hash.is_not(None)
        statement = select(image.id, image.sha256, image.s3_key, image.size_bytes, pictured).where(
            image.project_id == project_id, image.sha256 > max(after, digits), image.sha256.startswith(digits)
        )
        rows: Sequence[Any] = (await self._connection.execute(statement.order_by(image.sha256).limit(limit))).all()
        return [NamedImage(*row) for row in rows]

    async def model_ids(self, portion: Portion) -> Sequence[str]:
        return await self._ids(trained_models, portion, trained_models.c.sha256.is_not(None))

    async def resumable_training_ids(self, portion: Portion) -> Sequence[str]:
        return await self._ids(
            training_jobs, portion, training_jobs.c.status != TrainingJobStatus.COMPLETED, of_version()
        )

    async def ready_export_ids(self, portion: Portion) -> Sequence[str]:
        return await self._ids(version_exports, portion, version_exports.c.status == ExportStatus.READY)

    async def _ids(self, table: Table, portion: Portion, *where: ColumnElement[bool]) -> Sequence[str]:
        return [row.id for row in await self._rows(select(table.c.id).where(*where), table.c.id, portion)]

    async def _rows(
        self, statement: Select[Any], id_: Column[Any] | ColumnElement[Any], portion: Portion
    ) -> Sequence[Any]:
        if portion.ids is not None:
            statement = statement.where(id_.in_(portion.ids))
        wanted = statement.where(id_ > portion.after).order_by(id_).limit(portion.limit)
        found: Sequence[Any] = (await self._connection.execute(wanted)).all()
        return found


def _figure(figure: ColumnElement[Any], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """A figure of the rows that belong to a row of the statement around it."""
    return select(figure).where(*where).scalar_subquery()


def _free_since(made: datetime, held: datetime | None, told: datetime | None) -> datetime:
    """A row is free from when it was made, was told of, or its last holder's lease ran out: what came last."""
    freed = held + _LEASE if held is not None else None
    return max(at for at in (made, freed, told) if at is not None)


def _last_told() -> ScalarSelect[Any]:
    """When the last event of an upload's batch was told."""
    stream = literal(StreamKind.UPLOAD.of("")) + uploads.c.batch_id
    newest = and_(event_streams.c.stream == event_log.c.stream, event_streams.c.seq == event_log.c.seq)
    told = select(event_log.c.at).join(event_streams, newest).where(event_streams.c.stream == stream)
    return told.correlate(uploads).scalar_subquery()
