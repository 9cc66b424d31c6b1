"""What resolvers work with: who is calling, the ports, and loaders that gather look-ups into one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import strawberry
from strawberry.dataloader import DataLoader

from domain.detection import Backends
from domain.errors import DomainError, ErrorCode
from domain.models.annotation import Annotation, PendingAnnotation
from domain.models.asset import Asset, Upload, UploadBatch
from domain.models.check import VersionCheck
from domain.models.detection import DetectionJob
from domain.models.export import VersionExport
from domain.models.imports import ImportJob
from domain.models.model import ModelDeployment, ModelEvaluation, TrainedModel
from domain.models.people import Principal, Team, User
from domain.models.project import Project
from domain.models.training import EpochMetrics, TrainingJob
from domain.models.version import DatasetVersion
from domain.ports import (
    AnnotationFiles,
    Database,
    Doorbell,
    GpuHostCalls,
    ManifestReader,
    ObjectStore,
    PreviewRenderer,
    ProjectTotals,
    VersionDiffs,
)


@dataclass(frozen=True, slots=True)
class Loaders:
    """By id unless the name says otherwise. They gather, and never remember: a subscription lives for hours."""

    user: DataLoader[str, User | None]
    team: DataLoader[str, Team | None]
    project: DataLoader[str, Project | None]
    project_totals: DataLoader[str, ProjectTotals]
    batch: DataLoader[str, UploadBatch | None]
    batch_assets: DataLoader[str, int]
    upload: DataLoader[str, Upload | None]
    asset: DataLoader[str, Asset | None]
    annotations_of_asset: DataLoader[str, list[Annotation]]
    pending_of_asset: DataLoader[str, list[PendingAnnotation]]
    import_job: DataLoader[str, ImportJob | None]
    versions_of_asset: DataLoader[str, list[DatasetVersion]]
    version: DataLoader[str, DatasetVersion | None]
    earliest_equal: DataLoader[str, DatasetVersion | None]
    check: DataLoader[str, VersionCheck | None]
    last_check: DataLoader[str, VersionCheck | None]
    export: DataLoader[str, VersionExport | None]
    exports_of_version: DataLoader[str, list[VersionExport]]
    job: DataLoader[str, TrainingJob | None]
    queue_position: DataLoader[str, int | None]
    epochs_of_job: DataLoader[str, list[EpochMetrics]]
    model: DataLoader[str, TrainedModel | None]
    model_of_job: DataLoader[str, TrainedModel | None]
    latest_model_of_version: DataLoader[str, TrainedModel | None]
    children_of_model: DataLoader[str, list[TrainedModel]]
    evaluation: DataLoader[str, ModelEvaluation | None]
    evaluations_of_model: DataLoader[str, list[ModelEvaluation]]
    deployed: DataLoader[str, bool]
    deployment: DataLoader[str, ModelDeployment | None]
    detection: DataLoader[str, DetectionJob | None]
    stream_head: DataLoader[str, int]


@dataclass(slots=True)
class Context:
    """One operation's surroundings, or one WebSocket connection's."""

    database: Database
    store: ObjectStore
    backends: Backends
    gpu_hosts: GpuHostCalls
    previews: PreviewRenderer
    doorbell: Doorbell
    manifests: ManifestReader
    diffs: VersionDiffs
    annotation_files: AnnotationFiles
    versions_enabled_everywhere: bool
    loaders: Loaders
    caller: Principal | None = None
    refusal: str = "Sign in: send `Authorization: Bearer <token>`."
    renew: Callable[[], Awaitable[None]] = field(init=False, repr=False)
    """Signs the caller in again, by what it came with: that may be worth nothing any more."""
    connection_params: dict[str, Any] | None = None

    @property
    def principal(self) -> Principal:
        """Raises UNAUTHENTICATED without a sign-in, with `refusal` as the reason."""
        if self.caller is None:
            raise DomainError(ErrorCode.UNAUTHENTICATED, self.refusal)
        return self.caller


Info = strawberry.Info[Context, None]
