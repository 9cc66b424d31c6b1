"""Inputs, and how each becomes what the domain speaks of. A null means the same as leaving the field out."""

from __future__ import annotations

from typing import TypeVar

import strawberry
from strawberry.file_uploads import Upload
from strawberry.scalars import JSON

from domain.annotations import NewAnnotation
from domain.models.annotation import AnnotationSource
from domain.models.geometry import Box
from domain.models.model import InferenceBackend
from domain.models.training import BaseModel, TrainingConfig
from domain.ports import AssetFilter as AssetFilterEntity
from domain.projects import ProjectChanges
from domain.training import StartTraining
from domain.uploads import AnnouncedFile, RequestUploads
from schema.scalars import BigInt

T = TypeVar("T")


def given(value: T | None, default: T) -> T:
    """`value`, or the default where the caller wrote null."""
    return default if value is None else value


def chosen(value: T | None) -> T | None:
    """`value`, or None where an update leaves the field out."""
    return None if value is strawberry.UNSET else value


@strawberry.input
class CreateProjectInput:
    team_id: strawberry.ID
    name: str


@strawberry.input
class UpdateProjectInput:
    id: strawberry.ID
    name: str | None = strawberry.UNSET
    dataset_versions: bool | None = strawberry.UNSET
    inference_backend: InferenceBackend | None = strawberry.UNSET

    def decode(self) -> ProjectChanges:
        return ProjectChanges(chosen(self.name), chosen(self.dataset_versions), chosen(self.inference_backend))


@strawberry.input
class AssetFilter:
    upload_batch_id: strawberry.ID | None = None
    annotated: bool | None = None
    class_name: str | None = None
    search: str | None = None

    def decode(self) -> AssetFilterEntity:
        return AssetFilterEntity(self.upload_batch_id, self.annotated, self.class_name, self.search)


@strawberry.input
class UploadFileInput:
    filename: str
    size_bytes: BigInt
    sha256: str
    content_type: str


@strawberry.input(description="With batchId the files join that batch; otherwise a new one is made.")
class RequestUploadsInput:
    project_id: strawberry.ID
    batch_id: strawberry.ID | None = None
    batch_name: str | None = None
    files: list[UploadFileInput]

    def decode(self) -> RequestUploads:
        files = [AnnouncedFile(one.filename, one.size_bytes, one.sha256, one.content_type) for one in self.files]
        return RequestUploads(self.project_id, self.batch_id, self.batch_name, files)


@strawberry.input
class CompleteUploadsInput:
    project_id: strawberry.ID
    upload_ids: list[strawberry.ID]


@strawberry.input
class BoxInput:
    x: float
    y: float
    width: float
    height: float


@strawberry.input
class PointInput:
    x: float
    y: float


@strawberry.input
class AnnotationInput:
    asset_id: strawberry.ID
    weed_type: str
    box: BoxInput | None = None
    polygon: list[PointInput] | None = None
    geo_coordinates: JSON | None = None
    confidence: float | None = None
    verified: bool | None = False
    source: AnnotationSource | None = AnnotationSource.MANUAL

    def decode(self) -> NewAnnotation:
        box, polygon = self.box, self.polygon
        return NewAnnotation(
            asset_id=self.asset_id,
            weed_type=self.weed_type,
            box=Box(box.x, box.y, box.width, box.height) if box else None,
            polygon=tuple((point.x, point.y) for point in polygon) if polygon is not None else None,
            geo_coordinates=self.geo_coordinates,
            confidence=self.confidence,
            verified=given(self.verified, False),
            source=given(self.source, AnnotationSource.MANUAL),
        )


@strawberry.input(description="All or nothing; at most 1,000 a call.")
class CreateAnnotationsInput:
    project_id: strawberry.ID
    annotations: list[AnnotationInput]


@strawberry.input
class TrainingConfigInput:
    base_model: BaseModel | None = BaseModel.YOLO11M
    epochs: int | None = 100
    batch_size: int | None = 16
    image_size: int | None = 640
    learning_rate: float | None = None
    patience: int | None = 50
    seed: int | None = 0

    def decode(self) -> TrainingConfig:
        standard = TrainingConfig()
        return TrainingConfig(
            base_model=given(self.base_model, standard.base_model),
            epochs=given(self.epochs, standard.epochs),
            batch_size=given(self.batch_size, standard.batch_size),
            image_size=given(self.image_size, standard.image_size),
            learning_rate=self.learning_rate,
            patience=given(self.patience, standard.patience),
            seed=given(self.seed, standard.seed),
        )


@strawberry.input
class StartTrainingInput:
    dataset_version_id: strawberry.ID
    config: TrainingConfigInput
    checkpoint_model_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Start from this model's weights. Left out: from COCO-pretrained weights, or from scratch when "
        "asked.",
    )
    from_scratch: bool | None = False
    idempotency_key: str | None = None

    def decode(self) -> StartTraining:
        return StartTraining(
            version_id=self.dataset_version_id,
            config=self.config.decode(),
            checkpoint_model_id=self.checkpoint_model_id,
            from_scratch=given(self.from_scratch, False),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(one_of=True)
class ModelChoice:
    model_id: strawberry.ID | None = strawberry.UNSET


@strawberry.input(one_of=True)
class ImageChoice:
    image: Upload | None = strawberry.UNSET
    asset_id: strawberry.ID | None = strawberry.UNSET


@strawberry.input
class DeployModelInput:
    project_id: strawberry.ID
    model: ModelChoice
    backend: InferenceBackend | None = None
    note: str | None = None


@strawberry.input(
    description="Without a model the project's active one answers. A model that was trained on tiles detects tile by "
    "tile."
)
class DetectInput:
    project_id: strawberry.ID
    source: ImageChoice
    model: ModelChoice | None = None
    backend: InferenceBackend | None = None
    confidence: float | None = 0.25
    iou: float | None = 0.45
