"""The database, as Protocols that `db` fulfils."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from domain.jobs import Backlog, Claim, JobKind
from domain.models.check import VersionCheck
from domain.models.config import SnapshotFilters
from domain.models.event import Event, KeptStream
from domain.models.export import VersionExport
from domain.models.imports import ExportFormat
from domain.models.people import Membership, Team, TeamRole, User
from domain.models.project import Project
from domain.models.version import ClassCount, DatasetVersion, Split, VersionAsset
from domain.paging import Page, PageRequest
from domain.ports.annotations import AnnotationCalls, Annotations, PendingAnnotations
from domain.ports.audit import Audit
from domain.ports.detections import Detections
from domain.ports.gpu_hosts import GpuHosts
from domain.ports.imagery import (
    Assets,
    Batches,
    FileUploads,
    ImportJobs,
    ObjectNames,
    SkippedItems,
    Uploads,
    WatchedOriginals,
)
from domain.ports.previews import Previews
from domain.ports.repository import Repository
from domain.ports.sign_in import ApiTokens, Invitations
from domain.ports.training import Deployments, Evaluations, Jobs, Models
from domain.ports.webhooks import WebhookDeliveries, Webhooks

T = TypeVar("T")


class People(Protocol):
    async def user(self, user_id: str) -> User | None: ...
    async def user_by_email(self, email: str) -> User | None:
        """Whatever the case of its letters, as far as `folded` goes."""

    async def users(self, ids: Iterable[str]) -> dict[str, User]: ...
    async def teams(self, ids: Iterable[str]) -> dict[str, Team]: ...
    async def team_ids(self) -> Sequence[str]: ...
    async def add_user(self, user: User) -> None:
        """Adds the user; does nothing when the id or the e-mail address is taken."""

    async def rename_user(self, user_id: str, name: str) -> None: ...
    async def add_team(self, team: Team) -> None: ...
    async def lock_team(self, team_id: str) -> Team | None:
        """Takes the team's row lock until the end of the transaction and reads it."""

    async def add_membership(self, membership: Membership) -> None: ...
    async def change_role(self, team_id: str, user_id: str, role: TeamRole) -> None: ...
    async def remove_membership(self, team_id: str, user_id: str) -> None: ...
    async def role(self, team_id: str, user_id: str) -> TeamRole | None: ...
    async def memberships_of(self, user_id: str) -> Sequence[Membership]: ...
    async def members(self, team_id: str) -> Sequence[Membership]: ...
    async def teams_of(self, user_ids: Iterable[str]) -> dict[str, list[tuple[Team, TeamRole]]]:
        """The teams of each user that is in some, in the order of joining them."""

    async def members_of(self, team_ids: Iterable[str]) -> dict[str, list[tuple[User, TeamRole]]]:
        """The members of each team, in the order of their joining."""


@dataclass(frozen=True, slots=True)
class ProjectTotals:
    images: int
    annotated_images: int
    annotations: int


class Projects(Repository[Project], Protocol):
    async def lock(self, project_id: str) -> None:
        """Takes the project's row lock until the end of the transaction."""

    async def of_member(self, project_id: str, user_id: str) -> tuple[Project, TeamRole] | None:
        """The project with the user's role in its team, where there are both."""

    async def named(self, name: str) -> Sequence[Project]:
        """Every team's."""

    async def page_of_user(self, user_id: str, request: PageRequest) -> Page[Project]: ...
    async def count_of_user(self, user_id: str) -> int: ...
    async def totals(self, project_ids: Iterable[str]) -> dict[str, ProjectTotals]: ...
    async def class_counts(self, project_ids: Iterable[str]) -> dict[str, list[ClassCount]]: ...


class Versions(Repository[DatasetVersion], Protocol):
    async def lock(self, version_id: str) -> DatasetVersion | None:
        """Takes the version's row lock until the end of the transaction and reads it."""

    async def next_numbers(self, project_ids: Iterable[str]) -> dict[str, int]:
        """The number that the next version of each project gets."""

    async def by_number(self, project_ids: Iterable[str], number: int) -> dict[str, DatasetVersion]: ...
    async def by_idempotency_key(self, project_id: str, key: str) -> DatasetVersion | None: ...
    async def pages(
        self, project_ids: Iterable[str], request: PageRequest, archived: bool
    ) -> dict[str, Page[DatasetVersion]]: ...
    async def counts(self, project_ids: Iterable[str], archived: bool) -> dict[str, int]: ...
    async def freezing_asset(self, asset_ids: Iterable[str]) -> dict[str, list[str]]: ...
    async def earliest_equals(self, ids: Iterable[str]) -> dict[str, DatasetVersion]:
        """For each version that has one: the earliest version of its project with the same content digest, where that
        is another one."""

    async def any_match(self, project_id: str, filters: SnapshotFilters, dropped: Sequence[str] = ()) -> bool:
        """Some annotation passes whose class is none of those dropped."""

    async def out_of_step(self, limit: int) -> Sequence[str]:
        """The ids of versions that are READY with an unfinished training job, or TRAINING without one."""

    async def unread(self, project_id: str, filters: SnapshotFilters) -> int:
        """Images that cannot be frozen yet, whatever was drawn on them, because their bytes were never read."""


class Checks(Repository[VersionCheck], Protocol):
    async def newest_of(self, dataset_ids: Iterable[str]) -> dict[str, VersionCheck]:
        """The newest check of each version that has one."""

    async def newest_completed(self, dataset_id: str) -> VersionCheck | None: ...


class Exports(Repository[VersionExport], Protocol):
    async def lock(self, export_id: str) -> VersionExport | None:
        """Takes the export's row lock until the end of the transaction and reads it."""

    async def newest_usable(self, dataset_id: str, format_: ExportFormat) -> VersionExport | None:
        """The newest export of the version in that format that is READY or may become so."""

    async def of_versions(self, dataset_ids: Iterable[str]) -> dict[str, list[VersionExport]]:
        """The exports of each version that has some, newest first."""


class VersionAssets(Protocol):
    async def clear(self, dataset_id: str) -> None: ...
    async def add(self, rows: Sequence[VersionAsset]) -> None:
        """At least one."""

    async def note_latest(self, project_id: str, dataset_id: str, at: datetime) -> None:
        """Makes the splits of the version, whose data are of the instant `at`, the latest ones of its images, but for
        those that a later version has."""

    async def pages(
        self, dataset_ids: Iterable[str], request: PageRequest, split: Split | None
    ) -> dict[str, Page[VersionAsset]]: ...
    async def counts(self, dataset_ids: Iterable[str], split: Split | None) -> dict[str, int]: ...
    async def at(self, dataset_id: str, positions: Sequence[int]) -> dict[int, VersionAsset]:
        """The images on those lines of the version's manifest, a page of them, by their lines."""

    async def of_asset(self, dataset_id: str, asset_id: str) -> VersionAsset | None: ...
    async def digests(self, dataset_ids: Iterable[str], split: Split) -> set[str]: ...


class Events(Protocol):
    async def head(self, streams: Iterable[str]) -> dict[str, int]: ...
    async def after(self, stream: str, seq: int, limit: int) -> Sequence[Event]: ...
    async def extent(self, stream: str) -> tuple[int, int | None]:
        """The `seq` of the stream's last event, 0 before the first one, and that of the first event kept."""

    async def streams(self, after: str, limit: int) -> Sequence[KeptStream]:
        """The next streams behind that one, in the order of their names."""

    async def objectless(self, streams: Iterable[str]) -> set[str]:
        """Those of the streams whose object is gone."""

    async def trim(self, stream: str, before: datetime, limit: int) -> bool:
        """Removes the stream's oldest events up to the first one that is not older than `before`, `limit` at most.
        False when more may be left."""

    async def forget(self, stream: str, limit: int) -> bool:
        """Removes the stream's oldest events, `limit` at most, and with the last one its counter. False while some are
        left."""


class Claims(Protocol):
    async def take(self, kind: JobKind, worker: str) -> Claim | None: ...
    async def beat(self, claim: Claim) -> bool: ...
    async def release(self, claim: Claim) -> None: ...
    async def spare(self, claim: Claim) -> None:
        """The attempt does not count; the next one may begin when the lease has run out."""

    async def give_back(self, claim: Claim, seconds: int) -> None:
        """The attempt is over, and counts; the next one may begin in `seconds`, at most a lease."""

    async def strikes(self, claim: Claim) -> int:
        """How often the row was claimed since its last progress, this claim included. Raises ClaimLostError."""

    async def progressed(self, claim: Claim) -> None:
        """Forgets the strikes: the job got further than any attempt before."""

    async def held(self, kind: JobKind, id_: str) -> bool:
        """Some worker's heart has beaten for that row within the lease."""

    async def reopen(self, kind: JobKind, id_: str) -> None:
        """Frees the row for the next taker, without strikes, and shuts out whoever held it."""

    async def silent(self, kinds: Iterable[JobKind]) -> bool:
        """No worker was heard of for ABANDONED_SECONDS, by any row of these kinds."""

    async def take_abandoned(self, kind: JobKind, worker: str) -> Claim | None:
        """As `take`, of the rows that nobody held for ABANDONED_SECONDS. It does not count as hearing of a worker."""

    async def backlog(self) -> Sequence[Backlog]:
        """What there is to be done, of every kind."""


class UnitOfWork(Protocol):
    """One transaction. Events are written at its end, wakes and rings are sent after its commit."""

    @property
    def versions_enabled_everywhere(self) -> bool: ...
    @property
    def people(self) -> People: ...
    @property
    def api_tokens(self) -> ApiTokens: ...
    @property
    def invitations(self) -> Invitations: ...
    @property
    def projects(self) -> Projects: ...
    @property
    def assets(self) -> Assets: ...
    @property
    def batches(self) -> Batches: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def files(self) -> FileUploads: ...
    @property
    def imports(self) -> ImportJobs: ...
    @property
    def skipped(self) -> SkippedItems: ...
    @property
    def watched_originals(self) -> WatchedOriginals: ...
    @property
    def object_names(self) -> ObjectNames: ...
    @property
    def annotations(self) -> Annotations: ...
    @property
    def pending(self) -> PendingAnnotations: ...
    @property
    def annotation_calls(self) -> AnnotationCalls: ...
    @property
    def versions(self) -> Versions: ...
    @property
    def previews(self) -> Previews: ...
    @property
    def checks(self) -> Checks: ...
    @property
    def exports(self) -> Exports: ...
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
    def detections(self) -> Detections: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def webhook_deliveries(self) -> WebhookDeliveries: ...
    @property
    def events(self) -> Events: ...
    @property
    def gpu_hosts(self) -> GpuHosts: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def audit(self) -> Audit: ...

    def emit(self, stream: str, kind: str, payload: Mapping[str, Any]) -> None:
        """Appends to the event log with this transaction."""

    def wake(self, kind: JobKind, *ids: str) -> None:
        """Wakes a worker of that kind once the transaction is committed. `ids` are of the rows that this request wants
        worked on; of uploads those of their batches."""


class Database(Protocol):
    """Runs a piece of work in one transaction, and again when the database asks for it: `work` must bear repeating."""

    async def write(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T: ...
    async def read(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T: ...
