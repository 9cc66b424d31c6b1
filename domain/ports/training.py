"""Trainings and the models they made, as Protocols that `db` fulfils."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from domain.jobs import Claim
from domain.models.model import ModelDeployment, ModelEvaluation, TrainedModel
from domain.models.training import BaseModel, EpochMetrics, TrainingJob, TrainingJobStatus
from domain.models.version import DatasetVersion, Split
from domain.paging import Page, PageRequest
from domain.ports.repository import Repository


class Jobs(Repository[TrainingJob], Protocol):
    async def by_idempotency_key(self, project_id: str, key: str) -> TrainingJob | None: ...
    async def pages(
        self, project_ids: Iterable[str], request: PageRequest, statuses: Sequence[TrainingJobStatus] | None
    ) -> dict[str, Page[TrainingJob]]: ...
    async def counts(
        self, project_ids: Iterable[str], statuses: Sequence[TrainingJobStatus] | None
    ) -> dict[str, int]: ...
    async def pages_of_versions(
        self, dataset_ids: Iterable[str], request: PageRequest
    ) -> dict[str, Page[TrainingJob]]: ...
    async def counts_of_versions(self, dataset_ids: Iterable[str]) -> dict[str, int]: ...
    async def unfinished_of(self, dataset_id: str) -> int: ...
    async def cancel_unheld(self, job_id: str, at: datetime) -> bool:
        """Cancels a job that is QUEUED, or whose worker was not heard of for a lease, and shuts out whoever claimed it;
        false when a worker is at it."""

    async def asked_to_stop_unheld(self, limit: int) -> Sequence[str]:
        """The jobs that were asked to stop and whose worker was not heard of for a lease."""

    async def queue_positions(self, ids: Iterable[str]) -> dict[str, int]: ...
    async def add_epoch(self, job_id: str, metrics: EpochMetrics) -> bool:
        """Stores one epoch; false when that epoch's row was there before, which is then replaced."""

    async def epochs(self, job_ids: Iterable[str]) -> dict[str, list[EpochMetrics]]: ...
    async def add_log(self, claim: Claim, lines: Sequence[str], kept: int) -> None:
        """Appends printed lines, and forgets what comes before about the last `kept`. Raises ClaimLostError."""

    async def log_tails(self, job_ids: Iterable[str], lines: int) -> dict[str, list[str]]:
        """The last printed lines of each job that printed any, `lines` of them at most, oldest first."""

    async def uninterrupted(
        self, team_id: str, limit: int, *, device: str | None = None, base_model: BaseModel | None = None
    ) -> Sequence[TrainingJob]:
        """The team's COMPLETED jobs that took one attempt, those that ended last first; of that device and base model,
        where these are given."""


class Models(Repository[TrainedModel], Protocol):
    async def pages(self, project_ids: Iterable[str], request: PageRequest) -> dict[str, Page[TrainedModel]]: ...
    async def counts(self, project_ids: Iterable[str]) -> dict[str, int]: ...
    async def of_projects(self, project_ids: Iterable[str]) -> dict[str, list[TrainedModel]]:
        """All models of each project that has some, newest first."""

    async def names_like(self, project_id: str, prefix: str) -> set[str]: ...
    async def with_weights(self, project_id: str, sha256: str) -> TrainedModel | None:
        """The project's first model whose weights have that SHA-256 (hex)."""

    async def lineage(self, model_id: str) -> Sequence[TrainedModel]:
        """The model and all that it came from, as far as they are there."""

    async def of_jobs(self, job_ids: Iterable[str]) -> dict[str, TrainedModel]: ...
    async def latest_of_versions(self, dataset_ids: Iterable[str]) -> dict[str, TrainedModel]: ...
    async def children(self, ids: Iterable[str]) -> dict[str, list[TrainedModel]]: ...
    async def in_use(self, limit: int) -> Sequence[TrainedModel]:
        """The newest models that projects detect with."""


class Evaluations(Repository[ModelEvaluation], Protocol):
    async def of_models(self, model_ids: Iterable[str]) -> dict[str, list[ModelEvaluation]]: ...
    async def find(self, model_id: str, dataset_id: str, split: Split) -> ModelEvaluation | None:
        """The newest evaluation of that model on that split that has not failed."""

    async def completed_on_equal(self, model_id: str, version: DatasetVersion, split: Split) -> ModelEvaluation | None:
        """The newest COMPLETED one on that split of a version of the same team with the same content digest."""


class Deployments(Repository[ModelDeployment], Protocol):
    async def active(self, project_id: str) -> ModelDeployment | None: ...
    async def before(self, deployment: ModelDeployment) -> ModelDeployment | None:
        """The one that was active last before `deployment` was."""

    async def pages(self, project_ids: Iterable[str], request: PageRequest) -> dict[str, Page[ModelDeployment]]: ...
    async def counts(self, project_ids: Iterable[str]) -> dict[str, int]: ...
