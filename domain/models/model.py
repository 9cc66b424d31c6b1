"""Trained models, their measured quality, and which one a project detects with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.models.config import Preprocessing
from domain.models.training import BaseModel
from domain.models.version import Notice, Split


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    name: str
    ap50: float
    ap50_95: float
    precision: float
    recall: float
    instances: int


@dataclass(frozen=True, slots=True)
class ModelMetrics:
    """Detection quality, all 0..1. `confusion[t][p]` counts true class t found as p;
    the last row and column are background."""

    map50: float
    map50_95: float
    precision: float
    recall: float
    per_class: tuple[ClassMetrics, ...] = ()
    confusion: tuple[tuple[int, ...], ...] | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ModelMetrics:
        confusion = data.get("confusion")
        return cls(
            map50=data["map50"],
            map50_95=data["map50_95"],
            precision=data["precision"],
            recall=data["recall"],
            per_class=tuple(ClassMetrics(**row) for row in data.get("per_class", ())),
            confusion=tuple(tuple(row) for row in confusion) if confusion is not None else None,
        )


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What a training made beside the weights. `sha256` is hex, `content_type` as in HTTP."""

    name: str
    key: str
    sha256: str
    size_bytes: int
    content_type: str

    @property
    def picture(self) -> bool:
        return self.content_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """Weights that a training of ours wrote, or that an operator imported. `classes` are in the order of the network's
    outputs; `preprocessing` is what its training images went through, and what an image must go through before
    detection."""

    id: str
    project_id: str
    team_id: str
    name: str
    dataset_id: str | None
    training_job_id: str | None
    parent_model_id: str | None
    base_model: BaseModel | None
    classes: tuple[str, ...]
    metrics: ModelMetrics | None
    weights_key: str
    sha256: str | None
    size_bytes: int | None
    image_size: int | None
    preprocessing: Preprocessing | None
    created_at: datetime
    imported: bool = False
    files: tuple[ModelFile, ...] = ()
    deployed: bool = field(default=False, compare=False)
    """A project detected with it when it was read."""


class EvaluationStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class ModelEvaluation:
    id: str
    project_id: str
    team_id: str
    model_id: str
    dataset_id: str
    split: Split
    status: EvaluationStatus
    failure_reason: str | None
    metrics: ModelMetrics | None
    seen_images: int
    warnings: tuple[Notice, ...]
    created_at: datetime


class InferenceBackend(StrEnum):
    LOCAL = "LOCAL"
    ROBOFLOW = "ROBOFLOW"
    AUTO = "AUTO"


class DeploymentStatus(StrEnum):
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True, slots=True)
class ModelDeployment:
    """Either `model_id` or `roboflow_model` is set. `active_since` is when the project began to detect with it, None
    for one that never came to that."""

    id: str
    project_id: str
    team_id: str
    model_id: str | None
    roboflow_model: str | None
    status: DeploymentStatus
    failure_reason: str | None
    backend: InferenceBackend
    note: str | None
    deployed_by_id: str | None
    deployed_at: datetime
    active_since: datetime | None = None
