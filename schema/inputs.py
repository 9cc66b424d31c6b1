"""Inputs, and how each becomes what the domain speaks of. A null means the same as leaving the field out."""

from __future__ import annotations

from typing import TypeVar

import strawberry
from strawberry.file_uploads import Upload

from domain.deployments import ModelToDeploy
from domain.errors import invalid
from domain.models.model import InferenceBackend
from domain.models.training import BaseModel, TrainingConfig
from domain.ports import AssetFilter as AssetFilterEntity
from domain.projects import ProjectChanges
from domain.training import StartTraining

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


@strawberry.input(description="Setting activeModelId or activeRoboflowModel is a deployment like deployModel's.")
class UpdateProjectInput:
    id: strawberry.ID
    name: str | None = strawberry.UNSET
    dataset_versions: bool | None = strawberry.UNSET
    active_model_id: strawberry.ID | None = strawberry.UNSET
    active_roboflow_model: str | None = strawberry.UNSET
    roboflow_models: list[str] | None = strawberry.UNSET
    inference_backend: InferenceBackend | None = strawberry.UNSET
    detect_on_upload: bool | None = strawberry.UNSET

    def decode(self) -> ProjectChanges:
        return ProjectChanges(
            name=chosen(self.name),
            dataset_versions=chosen(self.dataset_versions),
            inference_backend=chosen(self.inference_backend),
            active_model_id=chosen(self.active_model_id),
            active_roboflow_model=chosen(self.active_roboflow_model),
            roboflow_models=chosen(self.roboflow_models),
            detect_on_upload=chosen(self.detect_on_upload),
        )


@strawberry.input
class AssetFilter:
    upload_batch_id: strawberry.ID | None = None
    annotated: bool | None = None
    class_name: str | None = None
    search: str | None = None
    has_pending: bool | None = None

    def decode(self) -> AssetFilterEntity:
        return AssetFilterEntity(self.upload_batch_id, self.annotated, self.class_name, self.search, self.has_pending)


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
    roboflow_model: str | None = strawberry.UNSET

    def decode(self) -> ModelToDeploy:
        """Exactly one is set. Raises INVALID for an empty name."""
        if self.model_id:
            return ModelToDeploy(self.model_id, None, ("input", "model", "modelId"))
        if self.roboflow_model:
            return ModelToDeploy(None, self.roboflow_model, ("input", "model", "roboflowModel"))
        raise invalid("Name a model.", "input", "model")


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
