"""What resolvers work with: who is calling, the ports, and loaders that gather look-ups into one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry
from strawberry.dataloader import DataLoader

from domain.detection import Backends
from domain.errors import DomainError, ErrorCode
from domain.event_feeds import EventFeeds
from domain.models.annotation import Annotation, PendingAnnotation
from domain.models.api_token import ApiToken
from domain.models.asset import Asset, Upload, UploadBatch
from domain.models.check import VersionCheck
from domain.models.detection import DetectionJob
from domain.models.export import VersionExport
from domain.models.imports import ImportJob, SkippedItem
from domain.models.model import ModelDeployment, ModelEvaluation, TrainedModel
from domain.models.people import Principal, Team, TeamRole, User
from domain.models.project import Project
from domain.models.training import EpochMetrics, TrainingJob, TrainingJobStatus
from domain.models.version import ClassCount, DatasetVersion, Split, VersionAsset
from domain.models.webhook import Webhook, WebhookDelivery
from domain.ports import (
    AnnotationFiles,
    AssetFilter,
    Database,
    GpuHostCalls,
    ManifestReader,
    ObjectStore,
    Observer,
    PreviewRenderer,
    ProjectTotals,
    VersionDiffs,
)
from schema.answers import note_viewer
from schema.lists import Lists


class Loaders:
    """By id unless the name says otherwise. They gather, and forget what they found: a subscription lives for hours.

    Each is made by its name when it is first used: few operations use more than a handful."""

    user: DataLoader[str, User | None]
    teams_of_user: DataLoader[str, list[tuple[Team, TeamRole]]]
    tokens_of_user: DataLoader[str, list[ApiToken]]
    token_by_digest: DataLoader[str, ApiToken | None]
    team: DataLoader[str, Team | None]
    members_of_team: DataLoader[str, list[tuple[User, TeamRole]]]
    project: DataLoader[str, Project | None]
    project_totals: DataLoader[str, ProjectTotals]
    class_counts_of_project: DataLoader[str, list[ClassCount]]
    batch: DataLoader[str, UploadBatch | None]
    batches_of_project: Lists[UploadBatch]
    batch_assets: DataLoader[str, int]
    results_of_batch: Lists[Upload]
    upload: DataLoader[str, Upload | None]
    asset: DataLoader[str, Asset | None]
    assets_of_project: Lists[Asset, AssetFilter]
    annotations_of_asset: DataLoader[str, list[Annotation]]
    pending_of_asset: DataLoader[str, list[PendingAnnotation]]
    import_job: DataLoader[str, ImportJob | None]
    skipped_of_import: Lists[SkippedItem]
    versions_of_asset: DataLoader[str, list[DatasetVersion]]
    version: DataLoader[str, DatasetVersion | None]
    version_by_number: DataLoader[tuple[str, int], DatasetVersion | None]
    """By the project's id and the number."""
    versions_of_project: Lists[DatasetVersion, bool]
    """Narrowed by whether archived ones are among them."""
    next_version_number: DataLoader[str, int]
    assets_of_version: Lists[VersionAsset, Split | None]
    earliest_equal: DataLoader[str, DatasetVersion | None]
    check: DataLoader[str, VersionCheck | None]
    last_check: DataLoader[str, VersionCheck | None]
    export: DataLoader[str, VersionExport | None]
    exports_of_version: DataLoader[str, list[VersionExport]]
    job: DataLoader[str, TrainingJob | None]
    jobs_of_project: Lists[TrainingJob, tuple[TrainingJobStatus, ...] | None]
    jobs_of_version: Lists[TrainingJob]
    queue_position: DataLoader[str, int | None]
    epochs_of_job: DataLoader[str, list[EpochMetrics]]
    log_tail: DataLoader[tuple[str, int], list[str]]
    """By the job's id and the number of lines."""
    model: DataLoader[str, TrainedModel | None]
    models_of_project: Lists[TrainedModel]
    all_models_of_project: DataLoader[str, list[TrainedModel]]
    model_of_job: DataLoader[str, TrainedModel | None]
    latest_model_of_version: DataLoader[str, TrainedModel | None]
    children_of_model: DataLoader[str, list[TrainedModel]]
    evaluation: DataLoader[str, ModelEvaluation | None]
    evaluations_of_model: DataLoader[str, list[ModelEvaluation]]
    deployment: DataLoader[str, ModelDeployment | None]
    deployments_of_project: Lists[ModelDeployment]
    detection: DataLoader[str, DetectionJob | None]
    detections_of_project: Lists[DetectionJob]
    stream_head: DataLoader[str, int]
    webhooks_of_project: DataLoader[str, list[Webhook]]
    deliveries_of_webhook: Lists[WebhookDelivery]

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = makers
        self._remembering = False

    def __getattr__(self, name: str) -> Any:
        if name not in self._makers:
            raise AttributeError(name)
        made = self._makers[name]()
        setattr(self, name, made)
        self._tell(made)
        return made

    def remember(self) -> None:
        """From now on they look nothing up twice, which is good for one query and nothing that lives longer."""
        self._remembering = True
        for name in self._makers.keys() & vars(self).keys():
            self._tell(getattr(self, name))

    def _tell(self, made: Any) -> None:
        for loader in (made.pages, made.counts) if isinstance(made, Lists) else (made,):
            loader.cache = self._remembering


@dataclass(slots=True)
class Context:
    """One operation's surroundings, or one WebSocket connection's."""

    database: Database
    store: ObjectStore
    backends: Backends
    gpu_hosts: GpuHostCalls
    previews: PreviewRenderer
    feeds: EventFeeds
    observer: Observer
    manifests: ManifestReader
    diffs: VersionDiffs
    annotation_files: AnnotationFiles
    versions_enabled_everywhere: bool
    private_webhook_targets: bool
    loaders: Loaders
    lasting: bool
    """Whether this outlives one query: its loaders are those of all connections then."""
    caller: Principal | None = None
    refusal: str = "Sign in: send `Authorization: Bearer <token>`."
    authorization: str | None = field(default=None, repr=False)
    """What the caller came with."""
    renew: Callable[[], Awaitable[None]] = field(init=False, repr=False)
    """Signs the caller in again, by what it came with: that may be worth nothing any more."""
    connection_params: dict[str, Any] | None = None

    def remember(self, *projects: Project) -> None:
        """What a query over HTTP has looked up, it need not look up again; `projects` have been just now. A connection
        outlives what it has read, and mutations change it, so neither should keep it."""
        if self.lasting:
            return
        self.loaders.remember()
        self.loaders.project.prime_many({project.id: project for project in projects})

    @property
    def principal(self) -> Principal:
        """Raises UNAUTHENTICATED without a sign-in, with `refusal` as the reason."""
        note_viewer()
        if self.caller is None:
            raise DomainError(ErrorCode.UNAUTHENTICATED, self.refusal)
        return self.caller


Info = strawberry.Info[Context, None]
