"""What an audit reads of the database to judge by: counts and extents, never whole rows of images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.models.training import TrainingJobStatus

AUDIT_PAGE = 200


@dataclass(frozen=True, slots=True)
class Portion:
    """Which rows are asked for, always in the order of their ids: the next `limit` beyond `after`; of these those of
    `ids` alone, where some are named."""

    after: str = ""
    limit: int = AUDIT_PAGE
    ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class VersionNumbers:
    """How many versions the project of that id has, and their lowest and highest number."""

    id: str
    count: int
    lowest: int | None
    highest: int | None


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """A training job of a version: how many models name it, how many rows of epochs it has, and the last one's."""

    id: str
    project_id: str
    status: TrainingJobStatus
    epoch: int
    models: int
    epochs: int
    last_epoch: int | None


@dataclass(frozen=True, slots=True)
class ModelOrigin:
    """A model of ours that names a training job, and whether there is that job."""

    id: str
    name: str
    project_id: str
    job_id: str
    job_is_there: bool


@dataclass(frozen=True, slots=True)
class ProjectDeployments:
    """Of the project of that id: how many deployments are ACTIVE, a model of theirs, the model that the project detects
    with, and whether its team has that model."""

    id: str
    active: int
    deployed_model_id: str | None
    active_model_id: str | None
    model_is_there: bool


@dataclass(frozen=True, slots=True)
class StreamExtent:
    """The stream `id`: the `seq` of its counter (None without one), and of its first and last event; how many events
    there are."""

    id: str
    head: int | None
    first: int | None
    last: int | None
    kept: int


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """The counters of an upload batch (see UploadBatch), and then what its uploads say that they should be."""

    id: str
    project_id: str
    announced: int
    submitted: int
    verified: int
    refused: int
    uploads: int
    completed: int
    taken: int
    turned_down: int


@dataclass(frozen=True, slots=True)
class DeliveryFate:
    """Where a webhook's delivery stands, and what time it is by the database's clock."""

    id: str
    webhook_id: str
    due_at: datetime | None
    delivered_at: datetime | None
    error: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class FailedWork:
    """Work that FAILED, or a file that was REFUSED."""

    id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class FreeWork:
    """Work that any worker of its kind could take up now, since when it could, and what time it is. `since` is by the
    database's clock, but for work that nobody ever held: that was made by the clock of an API host."""

    id: str
    since: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image of a project whose bytes are known; `pictured` when it has thumbnails."""

    id: str
    sha256: str
    s3_key: str
    size_bytes: int | None
    pictured: bool
