"""Training jobs and what they report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.models.version import Notice


class TrainingJobStatus(StrEnum):
    QUEUED = "QUEUED"
    PREPARING = "PREPARING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def final(self) -> bool:
        return self in (TrainingJobStatus.COMPLETED, TrainingJobStatus.FAILED, TrainingJobStatus.CANCELLED)


class StartingWeights(StrEnum):
    CHECKPOINT = "CHECKPOINT"
    PRETRAINED = "PRETRAINED"
    SCRATCH = "SCRATCH"


class BaseModel(StrEnum):
    YOLO11N = "YOLO11N"
    YOLO11S = "YOLO11S"
    YOLO11M = "YOLO11M"
    YOLO11L = "YOLO11L"
    YOLO11X = "YOLO11X"
    YOLO26N = "YOLO26N"
    YOLO26S = "YOLO26S"
    YOLO26M = "YOLO26M"
    YOLO26L = "YOLO26L"
    YOLO26X = "YOLO26X"

    @property
    def architecture(self) -> str:
        """The name Ultralytics knows the architecture by, as `yolo11n`."""
        return self.value.lower()

    @property
    def gflops(self) -> float:
        """Billions of operations for one image of 640 × 640 pixels, as published: https://docs.ultralytics.com/models/
        lists them for yolo11, and https://docs.ultralytics.com/tasks/detect/ for yolo26."""
        return _GFLOPS[self]


_GFLOPS = {
    BaseModel.YOLO11N: 6.5,
    BaseModel.YOLO11S: 21.5,
    BaseModel.YOLO11M: 68.0,
    BaseModel.YOLO11L: 86.9,
    BaseModel.YOLO11X: 194.9,
    BaseModel.YOLO26N: 5.4,
    BaseModel.YOLO26S: 20.7,
    BaseModel.YOLO26M: 68.2,
    BaseModel.YOLO26L: 86.4,
    BaseModel.YOLO26X: 193.9,
}


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What the user asks for. `image_size` is pixels in steps of 32; `patience` is epochs without improvement."""

    base_model: BaseModel = BaseModel.YOLO11M
    epochs: int = 100
    batch_size: int = 16
    image_size: int = 640
    learning_rate: float | None = None
    patience: int = 50
    seed: int = 0


@dataclass(frozen=True, slots=True)
class EpochMetrics:
    """One completed epoch, counted from 1. What the trainer did not report is None."""

    epoch: int
    seconds: float
    box_loss: float | None = None
    cls_loss: float | None = None
    dfl_loss: float | None = None
    val_box_loss: float | None = None
    val_cls_loss: float | None = None
    val_dfl_loss: float | None = None
    precision: float | None = None
    recall: float | None = None
    map50: float | None = None
    map50_95: float | None = None
    learning_rate: float | None = None


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where a training can go on after `epoch` completed epochs: the SHA-256 (hex) of its whole state after that epoch,
    and of the best epoch's until then."""

    epoch: int
    last_sha256: str
    best_sha256: str


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """`resume_points` are newest first. `log_lines` counts what was printed so far, `training_seconds` what its epochs
    took, repeated ones included. `attempt` fences its workers off; `taken_up` counts how often one began with it."""

    id: str
    project_id: str
    team_id: str
    dataset_id: str
    status: TrainingJobStatus
    starting_weights: StartingWeights
    checkpoint_model_id: str | None
    config: TrainingConfig
    effective: dict[str, Any]
    created_at: datetime
    created_by_id: str | None
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    warnings: tuple[Notice, ...]
    epoch: int
    failure_reason: str | None
    attempt: int
    worker: str | None
    device: str | None
    idempotency_key: str | None
    input_digest: str | None
    eta_seconds: int | None
    resume_points: tuple[ResumePoint, ...] = ()
    log_lines: int = 0
    training_seconds: float = 0.0
    taken_up: int = 0
