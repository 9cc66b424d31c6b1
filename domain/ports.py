"""What the rules need of the outside world, as Protocols. `db` and `adapters` fulfil them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from domain.jobs import Claim, JobKind
from domain.models.annotation import Annotation
from domain.models.asset import Asset, BatchCounts, Upload, UploadBatch
from domain.models.config import SnapshotFilters
from domain.models.detection import DetectionResult, DetectRequest
from domain.models.event import Event
from domain.models.manifest import FrozenAnnotation
from domain.models.model import ModelDeployment, ModelEvaluation, TrainedModel
from domain.models.people import Membership, Team, TeamRole, User
from domain.models.project import Project
from domain.models.training import EpochMetrics, TrainingJob, TrainingJobStatus
from domain.models.version import ClassCount, DatasetVersion, Manifest, Split, VersionAsset
from domain.paging import Page, PageRequest

T = TypeVar("T")


class Repository(Protocol[T]):
    """Rows of one table as dataclasses."""

    async def get(self, id_: str) -> T | None: ...
    async def get_many(self, ids: Iterable[str]) -> dict[str, T]: ...
    async def add(self, *entities: T) -> None: ...
    async def update(self, id_: str, /, **changes: Any) -> None:
        """Sets the named attributes of one row."""

    async def write_claimed(self, claim: Claim, /, **changes: Any) -> None:
        """Sets the named attributes while `claim` still holds the row. Raises ClaimLostError when it does not."""


class People(Protocol):
    async def user(self, user_id: str) -> User | None: ...
    async def user_by_email(self, email: str) -> User | None: ...
    async def users(self, ids: Iterable[str]) -> dict[str, User]: ...
    async def teams(self, ids: Iterable[str]) -> dict[str, Team]: ...
    async def add_user(self, user: User) -> None:
        """Adds the user; does nothing when the id or the e-mail address is taken."""

    async def add_team(self, team: Team) -> None: ...
    async def add_membership(self, membership: Membership) -> None: ...
    async def role(self, team_id: str, user_id: str) -> TeamRole | None: ...
    async def memberships_of(self, user_id: str) -> Sequence[Membership]: ...
    async def members(self, team_id: str) -> Sequence[Membership]: ...


@dataclass(frozen=True, slots=True)
class ProjectTotals:
    images: int
    annotated_images: int
    annotations: int


class Projects(Repository[Project], Protocol):
    async def lock(self, project_id: str) -> None:
        """Takes the project's row lock until the end of the transaction."""

    async def page_of_user(self, user_id: str, request: PageRequest) -> Page[Project]: ...
    async def count_of_user(self, user_id: str) -> int: ...
    async def totals(self, project_ids: Iterable[str]) -> dict[str, ProjectTotals]: ...
    async def class_counts(self, project_id: str) -> Sequence[ClassCount]: ...


@dataclass(frozen=True, slots=True)
class AssetFilter:
    upload_batch_id: str | None = None
    annotated: bool | None = None
    class_name: str | None = None
    search: str | None = None


class Assets(Repository[Asset], Protocol):
    async def by_digest(self, project_id: str, digests: Iterable[str]) -> dict[str, Asset]: ...
    async def page(self, project_id: str, request: PageRequest, where: AssetFilter) -> Page[Asset]: ...
    async def count(self, project_id: str, where: AssetFilter) -> int: ...
    async def any_of(self, project_id: str) -> Asset | None:
        """The project's newest image whose bytes are known, if there is one."""


class Uploads(Repository[Upload], Protocol):
    async def open_by_digest(self, project_id: str, digests: Iterable[str]) -> dict[str, Upload]: ...
    async def counts(self, batch_ids: Iterable[str]) -> dict[str, BatchCounts]: ...
    async def results_page(self, batch_id: str, request: PageRequest) -> Page[Upload]: ...
    async def results_count(self, batch_id: str) -> int: ...
    async def overdue(self, limit: int) -> Sequence[Upload]:
        """Uploads that were announced, never completed, and whose time is over."""

    async def set_verifying(self, ids: Sequence[str]) -> int: ...


class Batches(Repository[UploadBatch], Protocol):
    async def page(self, project_id: str, request: PageRequest) -> Page[UploadBatch]: ...
    async def count(self, project_id: str) -> int: ...
    async def asset_counts(self, ids: Iterable[str]) -> dict[str, int]: ...


class Annotations(Protocol):
    async def add(self, annotations: Sequence[Annotation], author_id: str) -> None: ...
    async def of_assets(self, asset_ids: Iterable[str]) -> dict[str, list[Annotation]]: ...
    async def get_many(self, ids: Iterable[str]) -> dict[str, Annotation]: ...


@dataclass(frozen=True, slots=True)
class SelectedImage:
    """What the arithmetic of splits needs to know of an image that passes the filters."""

    sha256: str
    upload_batch_id: str | None


class Versions(Repository[DatasetVersion], Protocol):
    async def lock(self, version_id: str) -> DatasetVersion | None:
        """Takes the version's row lock until the end of the transaction and reads it."""

    async def next_number(self, project_id: str) -> int: ...
    async def by_number(self, project_id: str, number: int) -> DatasetVersion | None: ...
    async def by_idempotency_key(self, project_id: str, key: str) -> DatasetVersion | None: ...
    async def page(self, project_id: str, request: PageRequest, archived: bool) -> Page[DatasetVersion]: ...
    async def count(self, project_id: str, archived: bool) -> int: ...
    async def freezing_asset(self, asset_ids: Iterable[str]) -> dict[str, list[str]]: ...
    async def with_digest(self, project_id: str, content_digest: str) -> DatasetVersion | None:
        """The lowest-numbered version of the project with that content digest."""

    async def latest_splits(self, project_id: str) -> dict[str, Split]:
        """The split of each image (by SHA-256) in its latest appearance in a version of the project."""

    async def any_match(self, project_id: str, filters: SnapshotFilters) -> bool: ...
    async def selected(self, project_id: str, filters: SnapshotFilters) -> Sequence[SelectedImage]: ...
    async def selected_classes(self, project_id: str, filters: SnapshotFilters) -> Sequence[ClassCount]: ...


class VersionAssets(Protocol):
    async def clear(self, dataset_id: str) -> None: ...
    async def add(self, rows: Iterable[VersionAsset]) -> None: ...
    async def page(self, dataset_id: str, split: Split | None, request: PageRequest) -> Page[VersionAsset]: ...
    async def count(self, dataset_id: str, split: Split | None) -> int: ...
    async def digests(self, dataset_ids: Iterable[str], split: Split) -> set[str]: ...


class Jobs(Repository[TrainingJob], Protocol):
    async def by_idempotency_key(self, project_id: str, key: str) -> TrainingJob | None: ...
    async def page(
        self,
        request: PageRequest,
        *,
        project_id: str | None = None,
        dataset_id: str | None = None,
        statuses: Sequence[TrainingJobStatus] | None = None,
    ) -> Page[TrainingJob]: ...
    async def count(
        self,
        *,
        project_id: str | None = None,
        dataset_id: str | None = None,
        statuses: Sequence[TrainingJobStatus] | None = None,
    ) -> int: ...
    async def unfinished_of(self, dataset_id: str) -> int: ...
    async def cancel_waiting(self, job_id: str, at: datetime) -> bool:
        """Cancels a job that is still QUEUED, and shuts out whoever just claimed it; false when it is under way."""

    async def queue_positions(self, ids: Iterable[str]) -> dict[str, int]: ...
    async def add_epoch(self, job_id: str, metrics: EpochMetrics) -> bool:
        """Stores one epoch; false when that epoch's row was there before, which is then replaced."""

    async def epochs(self, job_ids: Iterable[str]) -> dict[str, list[EpochMetrics]]: ...


class Models(Repository[TrainedModel], Protocol):
    async def page(self, project_id: str, request: PageRequest) -> Page[TrainedModel]: ...
    async def count(self, project_id: str) -> int: ...
    async def names_like(self, project_id: str, prefix: str) -> set[str]: ...
    async def of_jobs(self, job_ids: Iterable[str]) -> dict[str, TrainedModel]: ...
    async def latest_of_versions(self, dataset_ids: Iterable[str]) -> dict[str, TrainedModel]: ...
    async def children(self, ids: Iterable[str]) -> dict[str, list[TrainedModel]]: ...
    async def deployed(self, ids: Iterable[str]) -> set[str]: ...
    async def in_use(self, limit: int) -> Sequence[TrainedModel]:
        """The newest models that projects detect with."""


class Evaluations(Repository[ModelEvaluation], Protocol):
    async def of_models(self, model_ids: Iterable[str]) -> dict[str, list[ModelEvaluation]]: ...
    async def find(self, model_id: str, dataset_id: str, split: Split) -> ModelEvaluation | None:
        """The newest evaluation of that model on that split that has not failed."""


class Deployments(Repository[ModelDeployment], Protocol):
    async def active(self, project_id: str) -> ModelDeployment | None: ...
    async def page(self, project_id: str, request: PageRequest) -> Page[ModelDeployment]: ...
    async def count(self, project_id: str) -> int: ...


class Events(Protocol):
    async def head(self, streams: Iterable[str]) -> dict[str, int]: ...
    async def after(self, stream: str, seq: int, limit: int) -> Sequence[Event]: ...


class Claims(Protocol):
    async def take(self, kind: JobKind, worker: str) -> Claim | None: ...
    async def beat(self, claim: Claim) -> bool: ...
    async def release(self, claim: Claim) -> None: ...
    async def progressed(self, claim: Claim) -> None:
        """Forgets the strikes: the job got further than any attempt before."""


class UnitOfWork(Protocol):
    """One transaction. Events are written at its end, wakes and rings are sent after its commit."""

    @property
    def versions_enabled_everywhere(self) -> bool: ...
    @property
    def people(self) -> People: ...
    @property
    def projects(self) -> Projects: ...
    @property
    def assets(self) -> Assets: ...
    @property
    def batches(self) -> Batches: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def annotations(self) -> Annotations: ...
    @property
    def versions(self) -> Versions: ...
    @property
    def version_assets(self) -> VersionAssets: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def models(self) -> Models: ...
    @property
    def evaluations(self) -> Evaluations: ...
    @property
    def deployments(self) -> Deployments: ...
    @property
    def events(self) -> Events: ...
    @property
    def claims(self) -> Claims: ...

    def emit(self, stream: str, kind: str, payload: Mapping[str, Any]) -> None:
        """Appends to the event log with this transaction."""

    def wake(self, kind: JobKind) -> None:
        """Wakes a worker of that kind once the transaction is committed."""


class Database(Protocol):
    """Runs a piece of work in one transaction, and again when the database asks for it: `work` must bear repeating."""

    async def write(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T: ...
    async def read(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T: ...


class ManifestReader(Protocol):
    async def annotations(self, manifest: Manifest, position: int) -> tuple[FrozenAnnotation, ...]:
        """What was frozen of the image on line `position` of the manifest, from 0."""


class JobQueue(Protocol):
    """Wakes workers. A lost wake is made good by the sweep."""

    async def wake(self, kind: JobKind) -> None: ...


class DetectorUnavailableError(Exception):
    """No worker answered in time; the message says which queue was asked and for how long."""


class Detector(Protocol):
    """The local engine, wherever it runs."""

    async def detect(self, request: DetectRequest, seconds: float) -> DetectionResult:
        """Raises DetectorUnavailableError after `seconds` without an answer,
        DomainError for what the engine refused."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Stream `stream` moved; `news` is passing news (batch progress) that is in no log."""

    stream: str
    news: Mapping[str, Any] | None = None


class Bell(Protocol):
    async def ring(self, ring: Ring) -> None: ...


class Doorbell(Bell, Protocol):
    def listen(self, stream: str) -> AbstractAsyncContextManager[AsyncIterator[Ring | None]]:
        """Rings of one stream from now on; None on a slow timer, in case a ring was lost."""


@dataclass(frozen=True, slots=True)
class PutAddress:
    """Where and how to PUT one object."""

    url: str
    headers: Mapping[str, str]


class ObjectStore(Protocol):
    """Objects by key. What is written appears whole or not at all. A missing key raises KeyError."""

    async def put(self, key: str, data: bytes, content_type: str) -> None: ...
    async def put_file(self, key: str, path: Path, content_type: str) -> None: ...
    async def get(self, key: str) -> bytes: ...
    async def download(self, key: str, path: Path) -> None: ...
    async def size(self, key: str) -> int | None: ...
    async def copy(self, source: str, target: str) -> None: ...
    async def delete(self, key: str) -> None: ...
    async def ready(self) -> None:
        """Raises OSError when the store cannot be reached."""

    def get_url(self, key: str, filename: str, content_type: str, now: datetime) -> str:
        """A time-limited address of the object."""

    def put_url(self, key: str, size_bytes: int, sha256: str, now: datetime) -> PutAddress:
        """A time-limited address that takes exactly those bytes."""
