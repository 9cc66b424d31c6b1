"""Subscriptions to detection over stored images."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial

import strawberry

from domain.detection_jobs import readable_detection
from domain.events import detection_stream
from domain.policies import Action
from resolvers.permissions import watches
from resolvers.streams import project_of, tell
from resolvers.told_events import detection_event
from schema.context import Info
from schema.events import DetectionEvent


@strawberry.type
class DetectionSubscriptions:
    @strawberry.subscription
    @watches
    def detection_progress(
        self, info: Info, job_id: strawberry.ID, after: str | None = None
    ) -> AsyncGenerator[DetectionEvent, None]:
        context = info.context

        async def finished() -> bool:
            job = await context.loaders.detection.load(job_id)
            return job is None or job.status.final

        return tell(
            context,
            detection_stream(job_id),
            after,
            finished=finished,
            allowed=lambda uow: project_of(readable_detection(uow, context.principal, job_id, Action.READ)),
            event=partial(detection_event, context, job_id),
        )
