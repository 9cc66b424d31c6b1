"""What mutations answer with: the result, null when refused, and user errors, empty on success."""

from __future__ import annotations

from dataclasses import field

import strawberry

from domain.models.detection import DetectionResult as DetectionResultEntity
from domain.models.detection import FallbackReason
from domain.models.model import InferenceBackend
from domain.version_preview import preview_version
from domain.versions import CreateVersion
from schema.annotations import BoundingBox
from schema.assets import UploadBatch, UploadTarget
from schema.context import Info
from schema.imports import ImportJob
from schema.models import ModelDeployment, ModelEvaluation
from schema.payload import Payload
from schema.projects import Project
from schema.training import TrainingJob
from schema.versions import DatasetVersion, VersionPreview


@strawberry.type
class ProjectPayload(Payload):
    project: Project | None = None


@strawberry.type
class RequestUploadsPayload(Payload):
    uploads: list[UploadTarget] = field(default_factory=list)
    batch: UploadBatch | None = None


@strawberry.type
class CompleteUploadsPayload(Payload):
    batch: UploadBatch | None = None


@strawberry.type
class FileUploadPayload(Payload):
    upload: UploadTarget | None = None


@strawberry.type
class ImportPayload(Payload):
    job: ImportJob | None = None


@strawberry.type
class VersionPreviewPayload(Payload):
    preview: VersionPreview | None = None


@strawberry.type(
    description="`created` is false when the idempotency key had made the version before; `preview` has the counts "
    "known at this moment."
)
class CreateVersionPayload(Payload):
    version: DatasetVersion | None = None
    created: bool = False
    command: strawberry.Private[CreateVersion | None] = None

    @strawberry.field
    async def preview(self, info: Info) -> VersionPreview | None:
        if self.command is None:
            return None
        return VersionPreview.of(await preview_version(info.context.database, info.context.principal, self.command))


@strawberry.type
class VersionPayload(Payload):
    version: DatasetVersion | None = None


@strawberry.type
class TrainingJobPayload(Payload):
    job: TrainingJob | None = None


@strawberry.type
class EvaluationPayload(Payload):
    evaluation: ModelEvaluation | None = None


@strawberry.type
class DeployPayload(Payload):
    project: Project | None = None
    deployment: ModelDeployment | None = None


@strawberry.type
class Detection:
    weed_type: str
    confidence: float
    box: BoundingBox


strawberry.enum(FallbackReason)


@strawberry.type
class DetectionResult:
    detections: list[Detection]
    image_width: int
    image_height: int
    backend: InferenceBackend = strawberry.field(description="The backend that really answered.")
    model: str
    fallback_reason: FallbackReason | None = strawberry.field(description="Why AUTO left the local backend, or null.")
    fallback_message: str | None
    queue_ms: float
    inference_ms: float

    @classmethod
    def of(cls, result: DetectionResultEntity) -> DetectionResult:
        found, fallback = result.found, result.fallback
        return cls(
            detections=[
                Detection(weed_type=one.weed_type, confidence=one.confidence, box=BoundingBox.of(one.box))
                for one in found.detections
            ],
            image_width=found.image_width,
            image_height=found.image_height,
            backend=result.backend,
            model=result.model_name,
            fallback_reason=fallback.reason if fallback else None,
            fallback_message=fallback.message if fallback else None,
            queue_ms=found.queue_ms,
            inference_ms=found.inference_ms,
        )


@strawberry.type
class DetectPayload(Payload):
    result: DetectionResult | None = None
