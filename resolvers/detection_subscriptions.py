"""Subscriptions to detection over stored images."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial

import strawberry

from domain.detection_jobs import readable_detection
from domain.events import detection_stream, encode_event_cursor
from domain.models.event import Event
from domain.policies import Action
from resolvers.permissions import watches
from resolvers.streams import project_of, tell
from schema.context import Context, Info
from schema.detections import DetectionJob
from schema.events import DetectionEvent
from schema.required import required


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
            event=partial(_detection_event, context, job_id),
        )


async def _detection_event(context: Context, job_id: str, event: Event) -> DetectionEvent:
    job = required(await context.loaders.detection.load(job_id), "detection job")
    asset_id = event.payload["assetId"]
    return DetectionEvent(
        cursor=encode_event_cursor(event.seq),
        at=event.at,
        job=DetectionJob.of(job),
        asset_id=strawberry.ID(asset_id) if asset_id is not None else None,
        found=event.payload["found"],
        message=event.payload["message"],
    )
