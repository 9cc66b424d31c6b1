"""What an audit reads, as a Protocol that `db` fulfils."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.jobs import JobKind
from domain.models.audit import (
    BatchCounts,
    DeliveryFate,
    FailedWork,
    FreeWork,
    ModelOrigin,
    NamedImage,
    Portion,
    ProjectDeployments,
    StreamExtent,
    TrainingOutcome,
    VersionNumbers,
)


class Audit(Protocol):
    """Rows of all teams, a portion at a time. Those of an adopted database that are another application's (data sets
    without a number, their trainings and models, images whose bytes were never read) are left out."""

    async def version_numbers(self, portion: Portion) -> Sequence[VersionNumbers]: ...
    async def version_ids(self, portion: Portion) -> Sequence[str]: ...
    async def unfinished_trainings(self, dataset_ids: Sequence[str]) -> dict[str, int]:
        """How many trainings of each version are QUEUED, PREPARING or RUNNING, where any are."""

    async def training_outcomes(self, portion: Portion) -> Sequence[TrainingOutcome]: ...
    async def model_origins(self, portion: Portion) -> Sequence[ModelOrigin]: ...
    async def deployments(self, portion: Portion) -> Sequence[ProjectDeployments]: ...
    async def streams(self, portion: Portion) -> Sequence[StreamExtent]:
        """By their names, those that have a counter."""

    async def uncounted_streams(self, portion: Portion) -> Sequence[StreamExtent]:
        """By their names, those that have events and no counter."""

    async def batches(self, portion: Portion) -> Sequence[BatchCounts]: ...
    async def deliveries(self, portion: Portion) -> Sequence[DeliveryFate]: ...
    async def failed(self, kind: JobKind, portion: Portion) -> Sequence[FailedWork]: ...
    async def free(self, kind: JobKind, portion: Portion) -> Sequence[FreeWork]:
        """What is to be worked on, whose turn it is, and that nobody holds."""

    async def work_count(self, kind: JobKind) -> int:
        """Rows of that kind of work, finished or not."""

    async def fencing_tokens(self) -> dict[str, int]:
        """The last one that was drawn for each GPU host."""

    async def project_ids(self, team_id: str) -> Sequence[str]: ...
    async def frozen_version_ids(self, team_id: str) -> Sequence[str]:
        """The team's versions that are READY, TRAINING, or ARCHIVED with what they froze."""

    async def images(self, project_id: str, digits: str, after: str, limit: int) -> Sequence[NamedImage]:
        """The next images of the project whose SHA-256 is beyond `after` and begins with `digits`, in its order."""

    async def model_ids(self, portion: Portion) -> Sequence[str]:
        """Models whose weights have a checksum."""

    async def resumable_training_ids(self, portion: Portion) -> Sequence[str]:
        """Trainings that did not complete."""

    async def ready_export_ids(self, portion: Portion) -> Sequence[str]: ...
