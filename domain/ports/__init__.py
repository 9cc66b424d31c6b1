"""What the rules need of the outside world, as Protocols. `db` and `adapters` fulfil them."""

from __future__ import annotations

from domain.ports.annotations import (
    AnnotationCalls,
    AnnotationFiles,
    Annotations,
    PendingAnnotations,
)
from domain.ports.detections import (
    Detections,
)
from domain.ports.gpu_hosts import (
    GpuHosts,
)
from domain.ports.imagery import (
    AssetFilter,
    Assets,
    Batches,
    FileUploads,
    ImportJobs,
    ObjectNames,
    Original,
    SkippedItems,
    Uploads,
    WatchedOriginals,
)
from domain.ports.inference import Detector, GpuHostCalls, GpuLeases, Roboflow, RoboflowError, RoboflowFault
from domain.ports.observing import Observer, OperationStatus
from domain.ports.outside import (
    Bell,
    Doorbell,
    JobQueue,
    ManifestReader,
    ObjectChangedError,
    ObjectStore,
    PreviewRenderer,
    PutAddress,
    RateLimiter,
    Ring,
    StoredObject,
    VersionDiffs,
    WorkerUnavailableError,
)
from domain.ports.previews import (
    Previews,
)
from domain.ports.repositories import (
    Checks,
    Claims,
    Database,
    Events,
    Exports,
    People,
    Projects,
    ProjectTotals,
    UnitOfWork,
    VersionAssets,
    Versions,
)
from domain.ports.repository import (
    Repository,
)
from domain.ports.sign_in import ApiTokens, Invitations
from domain.ports.training import Deployments, Evaluations, Jobs, Models
from domain.ports.webhooks import WebhookDeliveries, WebhookError, Webhooks, WebhookSender

__all__ = [
    "AnnotationCalls",
    "AnnotationFiles",
    "Annotations",
    "ApiTokens",
    "AssetFilter",
    "Assets",
    "Batches",
    "Bell",
    "Checks",
    "Claims",
    "Database",
    "Deployments",
    "Detections",
    "Detector",
    "Doorbell",
    "Evaluations",
    "Events",
    "Exports",
    "FileUploads",
    "GpuHostCalls",
    "GpuHosts",
    "GpuLeases",
    "ImportJobs",
    "Invitations",
    "JobQueue",
    "Jobs",
    "ManifestReader",
    "Models",
    "ObjectChangedError",
    "ObjectNames",
    "ObjectStore",
    "Observer",
    "OperationStatus",
    "Original",
    "PendingAnnotations",
    "People",
    "PreviewRenderer",
    "Previews",
    "ProjectTotals",
    "Projects",
    "PutAddress",
    "RateLimiter",
    "Repository",
    "Ring",
    "Roboflow",
    "RoboflowError",
    "RoboflowFault",
    "SkippedItems",
    "StoredObject",
    "UnitOfWork",
    "Uploads",
    "VersionAssets",
    "VersionDiffs",
    "Versions",
    "WatchedOriginals",
    "WebhookDeliveries",
    "WebhookError",
    "WebhookSender",
    "Webhooks",
    "WorkerUnavailableError",
]
