"""Versions with the trainings and models that came of them, as a project has them after years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from db.database import SqlDatabase
from domain.ids import new_id
from domain.keys import weights_key
from domain.models.config import VersionConfig
from domain.models.model import ClassMetrics, ModelMetrics, TrainedModel
from domain.models.people import Principal
from domain.models.project import Project
from domain.models.training import StartingWeights, TrainingConfig, TrainingJob, TrainingJobStatus
from domain.models.version import ClassCount, DatasetStatus, DatasetVersion, Manifest, SplitCounts

CLASSES = ("gorse", "lantana", "pine_sapling", "wattle")
JOBS = 2
"""Of each version, each with its model."""
_SHA256 = "0" * 64
_FIRST = datetime(2026, 5, 1, tzinfo=UTC)


async def add_trained_versions(database: SqlDatabase, principal: Principal, project: Project, count: int) -> None:
    """READY versions, oldest first. Their images and weights are nowhere."""
    versions = [_version(principal, project, number) for number in range(1, count + 1)]
    jobs = [_job(version, number) for version in versions for number in range(JOBS)]
    await database.write(lambda uow: uow.versions.add(*versions))
    await database.write(lambda uow: uow.jobs.add(*jobs))
    await database.write(lambda uow: uow.models.add(*(_model(job) for job in jobs)))


def _version(principal: Principal, project: Project, number: int) -> DatasetVersion:
    at = _FIRST + timedelta(days=number)
    return DatasetVersion(
        id=new_id(),
        project_id=project.id,
        team_id=project.team_id,
        version=number,
        name=f"{project.name} v{number}",
        display_name=f"After flight {number}",
        status=DatasetStatus.READY,
        failure_reason=None,
        created_at=at,
        created_by_id=principal.user_id,
        config=VersionConfig(),
        idempotency_key=None,
        input_digest=None,
        snapshot_at=at,
        image_count=5000 + number,
        annotation_count=60_000 + number,
        classes=CLASSES,
        class_counts=tuple(ClassCount(name, 15_000 + number, 3000 + number) for name in CLASSES),
        split_counts=SplitCounts(4000, 750, 250 + number, 12_000),
        manifest=Manifest(f"teams/bench/versions/{number}/manifest.json", _SHA256, 1),
        content_digest=f"{number:064}",
        leaked_pairs=0,
        queued_at=at,
        warnings=(),
    )


def _job(version: DatasetVersion, number: int) -> TrainingJob:
    at = version.created_at + timedelta(hours=number)
    return TrainingJob(
        id=new_id(),
        project_id=version.project_id,
        team_id=version.team_id,
        dataset_id=version.id,
        status=TrainingJobStatus.COMPLETED,
        starting_weights=StartingWeights.PRETRAINED,
        checkpoint_model_id=None,
        config=TrainingConfig(),
        effective={"epochs": 100, "imgsz": 640, "optimizer": "auto"},
        created_at=at,
        created_by_id=version.created_by_id,
        started_at=at,
        finished_at=at + timedelta(minutes=50),
        cancel_requested_at=None,
        warnings=(),
        epoch=100,
        failure_reason=None,
        attempt=1,
        worker="gpu-1",
        device="NVIDIA RTX 4090",
        idempotency_key=None,
        input_digest=None,
        eta_seconds=None,
        taken_up=1,
    )


def _model(job: TrainingJob) -> TrainedModel:
    per_class = tuple(ClassMetrics(name, 0.8, 0.5, 0.8, 0.7, 400) for name in CLASSES)
    confusion = tuple(tuple(range(len(CLASSES) + 1)) for _ in range(len(CLASSES) + 1))
    return TrainedModel(
        id=new_id(),
        project_id=job.project_id,
        team_id=job.team_id,
        name=f"north-block-{job.id[-6:]}.pt",
        dataset_id=job.dataset_id,
        training_job_id=job.id,
        parent_model_id=None,
        base_model=job.config.base_model,
        classes=CLASSES,
        metrics=ModelMetrics(0.8, 0.5, 0.8, 0.7, per_class, confusion),
        weights_key=weights_key(job.team_id, _SHA256),
        sha256=_SHA256,
        size_bytes=40_000_000,
        image_size=640,
        preprocessing=None,
        created_at=job.created_at + timedelta(minutes=50),
    )
