"""Subscription: replay by cursor, then live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial

import strawberry

from domain.events import (
    export_stream,
    import_stream,
    project_stream,
    training_stream,
    upload_stream,
    version_stream,
)
from domain.exports import readable_export
from domain.imports import readable_import
from domain.models.asset import BatchStatus
from domain.models.version import DatasetStatus
from domain.policies import Action, authorize_project
from domain.ports import UnitOfWork
from domain.training import readable_job
from domain.uploads import readable_batch
from domain.versions import readable_version
from resolvers.detection_subscriptions import DetectionSubscriptions
from resolvers.permissions import watches
from resolvers.streams import project_of, tell
from resolvers.told_events import (
    export_event,
    import_event,
    kept_training_event,
    passing_training_event,
    project_event,
    upload_event,
    version_event,
)
from schema.context import Info
from schema.events import (
    ExportEvent,
    ImportEvent,
    ProjectEvent,
    TrainingEvent,
    UploadEvent,
    VersionEvent,
)


@strawberry.type
class Subscription(DetectionSubscriptions):
    @strawberry.subscription
    @watches
    def upload_progress(
        self, info: Info, batch_id: strawberry.ID, after: str | None = None
    ) -> AsyncGenerator[UploadEvent, None]:
        context = info.context

        async def finished() -> bool:
            batch = await context.loaders.batch.load(batch_id)
            return batch is None or batch.status is BatchStatus.DONE

        return tell(
            context,
            upload_stream(batch_id),
            after,
            finished=finished,
            allowed=lambda uow: project_of(readable_batch(uow, context.principal, batch_id)),
            event=partial(upload_event, context, batch_id),
        )

    @strawberry.subscription
    @watches
    def import_progress(
        self, info: Info, job_id: strawberry.ID, after: str | None = None
    ) -> AsyncGenerator[ImportEvent, None]:
        context = info.context

        async def finished() -> bool:
            job = await context.loaders.import_job.load(job_id)
            return job is None or job.status.final

        return tell(
            context,
            import_stream(job_id),
            after,
            finished=finished,
            allowed=lambda uow: project_of(readable_import(uow, context.principal, job_id)),
            event=partial(import_event, context, job_id),
        )

    @strawberry.subscription
    @watches
    def version_progress(
        self, info: Info, version_id: strawberry.ID, after: str | None = None
    ) -> AsyncGenerator[VersionEvent, None]:
        context = info.context

        async def finished() -> bool:
            version = await context.loaders.version.load(version_id)
            return version is None or version.status is not DatasetStatus.CREATING

        return tell(
            context,
            version_stream(version_id),
            after,
            finished=finished,
            allowed=lambda uow: project_of(readable_version(uow, context.principal, version_id, Action.READ)),
            event=partial(version_event, context, version_id),
        )

    @strawberry.subscription
    @watches
    def export_progress(
        self, info: Info, export_id: strawberry.ID, after: str | None = None
    ) -> AsyncGenerator[ExportEvent, None]:
        context = info.context

        async def finished() -> bool:
            export = await context.loaders.export.load(export_id)
            return export is None or export.status.final

        return tell(
            context,
            export_stream(export_id),
            after,
            finished=finished,
            allowed=lambda uow: project_of(readable_export(uow, context.principal, export_id, Action.READ)),
            event=partial(export_event, context, export_id),
        )

    @strawberry.subscription
    @watches
    def training_progress(
        self, info: Info, job_id: strawberry.ID, after: str | None = None
    ) -> AsyncGenerator[TrainingEvent, None]:
        context = info.context

        async def finished() -> bool:
            job = await context.loaders.job.load(job_id)
            return job is None or job.status.final

        return tell(
            context,
            training_stream(job_id),
            after,
            finished=finished,
            allowed=lambda uow: project_of(readable_job(uow, context.principal, job_id, Action.READ)),
            event=partial(kept_training_event, context, job_id),
            news=partial(passing_training_event, context, job_id),
        )

    @strawberry.subscription(
        description="One event for each change to the project's versions, jobs, models and deployments, to keep lists "
        "live."
    )
    @watches
    def project_events(
        self, info: Info, project_id: strawberry.ID, after: str | None = None
    ) -> AsyncGenerator[ProjectEvent, None]:
        context = info.context

        async def allowed(uow: UnitOfWork) -> str:
            return (await authorize_project(uow, context.principal, project_id, Action.READ)).id

        return tell(
            context,
            project_stream(project_id),
            after,
            allowed=allowed,
            event=partial(project_event, context),
        )
