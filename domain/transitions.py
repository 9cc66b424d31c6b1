"""The state tables. No status changes except through `transition`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from domain.errors import DomainError, ErrorCode
from domain.models.asset import UploadState
from domain.models.check import CheckStatus
from domain.models.detection import DetectionJobStatus
from domain.models.export import ExportStatus
from domain.models.imports import ImportStatus
from domain.models.model import DeploymentStatus, EvaluationStatus
from domain.models.training import TrainingJobStatus
from domain.models.version import DatasetStatus

Status = TypeVar("Status", bound=StrEnum)

_TABLES: Mapping[type[StrEnum], Mapping[StrEnum, frozenset[StrEnum]]] = {
    DatasetStatus: {
        DatasetStatus.CREATING: frozenset({DatasetStatus.READY, DatasetStatus.FAILED}),
        DatasetStatus.READY: frozenset({DatasetStatus.TRAINING, DatasetStatus.ARCHIVED}),
        DatasetStatus.TRAINING: frozenset({DatasetStatus.READY}),
        DatasetStatus.FAILED: frozenset({DatasetStatus.CREATING, DatasetStatus.ARCHIVED}),
        DatasetStatus.ARCHIVED: frozenset({DatasetStatus.READY, DatasetStatus.FAILED}),
    },
    CheckStatus: {
        CheckStatus.QUEUED: frozenset({CheckStatus.RUNNING, CheckStatus.FAILED}),
        CheckStatus.RUNNING: frozenset({CheckStatus.COMPLETED, CheckStatus.FAILED}),
    },
    ExportStatus: {
        ExportStatus.QUEUED: frozenset({ExportStatus.RENDERING, ExportStatus.FAILED, ExportStatus.CANCELLED}),
        ExportStatus.RENDERING: frozenset({ExportStatus.READY, ExportStatus.FAILED, ExportStatus.CANCELLED}),
    },
    TrainingJobStatus: {
        TrainingJobStatus.QUEUED: frozenset(
            {TrainingJobStatus.PREPARING, TrainingJobStatus.FAILED, TrainingJobStatus.CANCELLED}
        ),
        TrainingJobStatus.PREPARING: frozenset(
            {TrainingJobStatus.RUNNING, TrainingJobStatus.FAILED, TrainingJobStatus.CANCELLED}
        ),
        TrainingJobStatus.RUNNING: frozenset(
            {
                TrainingJobStatus.PREPARING,  # taken up again by another worker
                TrainingJobStatus.COMPLETED,
                TrainingJobStatus.FAILED,
                TrainingJobStatus.CANCELLED,
            }
        ),
        TrainingJobStatus.FAILED: frozenset({TrainingJobStatus.QUEUED}),  # resumed
        TrainingJobStatus.CANCELLED: frozenset({TrainingJobStatus.QUEUED}),
    },
    EvaluationStatus: {
        EvaluationStatus.QUEUED: frozenset({EvaluationStatus.RUNNING, EvaluationStatus.FAILED}),
        EvaluationStatus.RUNNING: frozenset({EvaluationStatus.COMPLETED, EvaluationStatus.FAILED}),
    },
    DeploymentStatus: {
        DeploymentStatus.PENDING: frozenset(
            {
                DeploymentStatus.ACTIVE,
                DeploymentStatus.FAILED,
                DeploymentStatus.SUPERSEDED,  # a later one was faster
            }
        ),
        DeploymentStatus.ACTIVE: frozenset({DeploymentStatus.SUPERSEDED}),
    },
    DetectionJobStatus: {
        DetectionJobStatus.QUEUED: frozenset(
            {DetectionJobStatus.RUNNING, DetectionJobStatus.FAILED, DetectionJobStatus.CANCELLED}
        ),
        DetectionJobStatus.RUNNING: frozenset(
            {DetectionJobStatus.COMPLETED, DetectionJobStatus.FAILED, DetectionJobStatus.CANCELLED}
        ),
    },
    ImportStatus: {
        ImportStatus.QUEUED: frozenset({ImportStatus.RUNNING, ImportStatus.FAILED}),
        ImportStatus.RUNNING: frozenset({ImportStatus.COMPLETED, ImportStatus.FAILED}),
    },
    UploadState: {
        UploadState.OPEN: frozenset({UploadState.VERIFYING, UploadState.EXPIRED}),
        UploadState.VERIFYING: frozenset({UploadState.VERIFIED, UploadState.REFUSED}),
    },
}


def transition(current: Status, target: Status) -> Status:
    """`target`, when the table allows it from `current`; staying is always allowed. Raises NOT_READY otherwise."""
    if target == current or target in _TABLES[type(current)].get(current, frozenset()):
        return target
    raise DomainError(ErrorCode.NOT_READY, f"It is {current.value}, and cannot become {target.value} from there.")
