"""Detection over stored images."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.models.detection import DetectionJob as DetectionJobEntity
from domain.models.detection import DetectionJobStatus
from domain.models.model import InferenceBackend
from schema.context import Info
from schema.models import TrainedModel, load_model
from schema.node import Node
from schema.payload import Payload
from schema.required import required

if TYPE_CHECKING:
    from schema.projects import Project

strawberry.enum(DetectionJobStatus)


@strawberry.type(description="Detection over many stored images; what it finds waits as pending annotations.")
class DetectionJob(Node):
    status: DetectionJobStatus
    roboflow_model: str | None
    backend: InferenceBackend = strawberry.field(description="LOCAL or ROBOFLOW; a batch never switches.")
    confidence: float
    total: int = strawberry.field(
        description="Images that the model had not looked at when the job was made; once it is COMPLETED, those that "
        "it looked at."
    )
    done: int
    failed: int = strawberry.field(description="Of those done, the images that could not be looked at.")
    found: int = strawberry.field(description="Pending annotations that were made.")
    failure_reason: str | None
    created_at: datetime
    finished_at: datetime | None
    entity: strawberry.Private[DetectionJobEntity]

    @classmethod
    def of(cls, job: DetectionJobEntity) -> DetectionJob:
        return cls(
            id=strawberry.ID(job.id),
            status=job.status,
            roboflow_model=job.roboflow_model,
            backend=job.backend,
            confidence=job.confidence,
            total=job.total,
            done=job.done,
            failed=job.failed,
            found=job.found,
            failure_reason=job.failure_reason,
            created_at=job.created_at,
            finished_at=job.finished_at,
            entity=job,
        )

    @strawberry.field
    async def project(self, info: Info) -> Annotated[Project, strawberry.lazy("schema.projects")]:
        from schema.projects import Project

        return Project.of(required(await info.context.loaders.project.load(self.entity.project_id), "project"))

    @strawberry.field
    async def model(self, info: Info) -> TrainedModel | None:
        return await load_model(info, self.entity.model_id)


@strawberry.type
class DetectionJobPayload(Payload):
    job: DetectionJob | None = None
