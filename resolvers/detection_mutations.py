"""Mutations on detection over stored images."""

from __future__ import annotations

import strawberry

from domain import detection_jobs
from domain.policies import Action
from resolvers.permissions import mutates
from schema.context import Info
from schema.detection_inputs import StartDetectionInput
from schema.detections import DetectionJob, DetectionJobPayload


@strawberry.type
class DetectionMutations:
    @strawberry.mutation(
        description="A background job over stored images, see detectionProgress. Images that the model looked at "
        "before, for objects of that confidence or a lower one, are skipped; where none is left, the job is COMPLETED "
        "at once."
    )
    @mutates(Action.DETECT, DetectionJobPayload)
    async def start_detection(self, info: Info, input: StartDetectionInput) -> DetectionJobPayload:  # noqa: A002
        context = info.context
        job = await detection_jobs.start_detection(
            context.database, context.backends.roboflow, context.principal, input.decode()
        )
        return DetectionJobPayload(job=DetectionJob.of(job))

    @strawberry.mutation(
        description="CANCELLED at once; what was found stays. A CANCELLED job stays so, one that is COMPLETED or "
        "FAILED is NOT_READY to be cancelled."
    )
    @mutates(Action.DETECT, DetectionJobPayload)
    async def cancel_detection(self, info: Info, id: strawberry.ID) -> DetectionJobPayload:  # noqa: A002
        context = info.context
        job = await detection_jobs.cancel_detection(context.database, context.principal, id)
        return DetectionJobPayload(job=DetectionJob.of(job))
