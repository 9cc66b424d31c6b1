"""The tables, under the names of AgriDrone Ops' Prisma schema; attributes under the names the domain uses."""

from __future__ import annotations

from db.tables.assets import (
    annotation_sessions,
    assets,
    manual_annotations,
    pending_annotations,
    upload_batches,
    uploads,
    watched_originals,
)
from db.tables.columns import metadata
from db.tables.events import event_log, event_streams
from db.tables.imports import annotation_calls, file_uploads, import_jobs, skipped_items
from db.tables.inference import detected_images, detection_jobs, gpu_hosts
from db.tables.people import api_tokens, invitations, projects, team_members, teams, users
from db.tables.training import (
    model_deployments,
    model_evaluations,
    trained_models,
    training_epochs,
    training_jobs,
    training_logs,
)
from db.tables.versions import (
    latest_splits,
    training_dataset_assets,
    training_datasets,
    version_checks,
    version_exports,
)
from db.tables.webhooks import webhook_deliveries, webhooks

__all__ = [
    "annotation_calls",
    "annotation_sessions",
    "api_tokens",
    "assets",
    "detected_images",
    "detection_jobs",
    "event_log",
    "event_streams",
    "file_uploads",
    "gpu_hosts",
    "import_jobs",
    "invitations",
    "latest_splits",
    "manual_annotations",
    "metadata",
    "model_deployments",
    "model_evaluations",
    "pending_annotations",
    "projects",
    "skipped_items",
    "team_members",
    "teams",
    "trained_models",
    "training_dataset_assets",
    "training_datasets",
    "training_epochs",
    "training_jobs",
    "training_logs",
    "upload_batches",
    "uploads",
    "users",
    "version_checks",
    "version_exports",
    "watched_originals",
    "webhook_deliveries",
    "webhooks",
]
