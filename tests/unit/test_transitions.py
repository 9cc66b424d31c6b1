"""The state tables: what may become what, and that nothing else may."""

from __future__ import annotations

from enum import StrEnum

import pytest

from domain.errors import DomainError, ErrorCode
from domain.models.asset import UploadState
from domain.models.check import CheckStatus
from domain.models.detection import DetectionJobStatus
from domain.models.export import ExportStatus
from domain.models.model import DeploymentStatus, EvaluationStatus
from domain.models.training import TrainingJobStatus
from domain.models.version import DatasetStatus
from domain.transitions import transition

ALLOWED: dict[type[StrEnum], set[str]] = {
    DatasetStatus: {
        "CREATING READY",
        "CREATING FAILED",
        "READY TRAINING",
        "READY ARCHIVED",
        "TRAINING READY",
        "FAILED CREATING",
        "FAILED ARCHIVED",
        "ARCHIVED READY",
        "ARCHIVED FAILED",
    },
    CheckStatus: {"QUEUED RUNNING", "QUEUED FAILED", "RUNNING COMPLETED", "RUNNING FAILED"},
    ExportStatus: {
        "QUEUED RENDERING",
        "QUEUED FAILED",
        "QUEUED CANCELLED",
        "RENDERING READY",
        "RENDERING FAILED",
        "RENDERING CANCELLED",
    },
    TrainingJobStatus: {
        "QUEUED PREPARING",
        "QUEUED FAILED",
        "QUEUED CANCELLED",
        "PREPARING RUNNING",
        "PREPARING FAILED",
        "PREPARING CANCELLED",
        "RUNNING PREPARING",
        "RUNNING COMPLETED",
        "RUNNING FAILED",
        "RUNNING CANCELLED",
        "FAILED QUEUED",
        "CANCELLED QUEUED",
    },
    EvaluationStatus: {"QUEUED RUNNING", "QUEUED FAILED", "RUNNING COMPLETED", "RUNNING FAILED"},
    DeploymentStatus: {"PENDING ACTIVE", "PENDING FAILED", "PENDING SUPERSEDED", "ACTIVE SUPERSEDED"},
    DetectionJobStatus: {
        "QUEUED RUNNING",
        "QUEUED FAILED",
        "QUEUED CANCELLED",
        "RUNNING COMPLETED",
        "RUNNING FAILED",
        "RUNNING CANCELLED",
    },
    UploadState: {"OPEN VERIFYING", "OPEN EXPIRED", "VERIFYING VERIFIED", "VERIFYING REFUSED"},
}
PAIRS = [(one, other) for states in ALLOWED for one in states for other in states]


@pytest.mark.parametrize(("current", "target"), PAIRS)
def test_only_what_the_table_names_is_allowed(current: StrEnum, target: StrEnum) -> None:
    if current is target or f"{current.value} {target.value}" in ALLOWED[type(current)]:
        assert transition(current, target) is target
        return
    with pytest.raises(DomainError) as refused:
        transition(current, target)
    assert refused.value.code is ErrorCode.NOT_READY
    assert current.value in refused.value.message
    assert target.value in refused.value.message


def test_a_final_export_stays_as_it_is() -> None:
    final = {status for status in ExportStatus if status.final}
    assert final == {ExportStatus.READY, ExportStatus.FAILED, ExportStatus.CANCELLED}
    assert not any(pair.split()[0] in final for pair in ALLOWED[ExportStatus])


def test_an_ended_training_can_only_be_resumed_and_a_completed_one_stays() -> None:
    final = {status for status in TrainingJobStatus if status.final}
    assert final == {TrainingJobStatus.COMPLETED, TrainingJobStatus.FAILED, TrainingJobStatus.CANCELLED}
    leaving = {pair for pair in ALLOWED[TrainingJobStatus] if pair.split()[0] in final}
    assert leaving == {"FAILED QUEUED", "CANCELLED QUEUED"}
