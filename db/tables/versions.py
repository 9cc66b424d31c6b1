"""Dataset versions and what they froze."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from db.tables.columns import Double, ExactText, claimable, id_column, metadata, reference, time_column
from db.types import EnumText, JsonValue
from domain.models.check import CheckStatus
from domain.models.export import ExportStatus
from domain.models.imports import ExportFormat
from domain.models.version import DatasetStatus, Split

training_datasets = Table(
    "TrainingDataset",
    metadata,
    id_column(),
    Column("name", String(255), nullable=False),
    Column("s3Bucket", String(191), key="s3_bucket", nullable=False),
    Column("s3Path", String(512), key="s3_path", nullable=False),
    Column("imageCount", Integer, key="image_count", nullable=False),
    Column("labelCount", Integer, key="annotation_count", nullable=False),
    Column("classes", JsonValue, nullable=False),
    Column("trainCount", Integer, key="train_count", nullable=False),
    Column("valCount", Integer, key="val_count", nullable=False),
    Column("testCount", Integer, key="test_count", nullable=False),
    Column("augmentationPreset", String(32), key="augmentation_preset", nullable=True),
    Column("augmentationConfig", JsonValue, key="augmentation", nullable=True),
    reference("projectId", "project_id", "Project"),
    reference("teamId", "team_id", "Team"),
    time_column("createdAt", "created_at"),
    time_column("updatedAt", "updated_at"),
    Column("version", Integer, nullable=True),
    Column("displayName", String(200), key="display_name", nullable=True),
    Column("status", EnumText(DatasetStatus), nullable=False, server_default="READY"),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    Column("idempotencyKey", ExactText, key="idempotency_key", nullable=True),
    Column("inputDigest", String(64), key="input_digest", nullable=True),
    Column("createdById", String(191), key="created_by_id", nullable=True),
    time_column("snapshotAt", "snapshot_at", nullable=True),
    Column("preprocessingConfig", JsonValue, key="preprocessing", nullable=True),
    Column("splitConfig", JsonValue, key="splits", nullable=True),
    Column("snapshotFilters", JsonValue, key="filters", nullable=True),
    Column("classCounts", JsonValue, key="class_counts", nullable=True),
    Column("trainAugmentedCount", Integer, key="train_augmented_count", nullable=False, server_default="0"),
    Column("manifestKey", String(512), key="manifest_key", nullable=True),
    Column("manifestSha256", String(64), key="manifest_sha256", nullable=True),
    Column("manifestSize", BigInteger, key="manifest_size", nullable=True),
    Column("contentDigest", String(64), key="content_digest", nullable=True),
    Column("warnings", JsonValue, nullable=True),
    *claimable(),
    Column("leakedPairs", Integer, key="leaked_pairs", nullable=True),
    time_column("queuedAt", "queued_at", nullable=True),
    UniqueConstraint("project_id", "version"),
    UniqueConstraint("project_id", "idempotency_key"),
    Index(None, "project_id", "content_digest"),
    Index(None, "status", "heartbeat_at"),
)

training_dataset_assets = Table(
    "TrainingDatasetAsset",
    metadata,
    id_column(),
    reference("datasetId", "dataset_id", "TrainingDataset"),
    Column("assetId", String(191), key="asset_id", nullable=False),
    Column("position", Integer, nullable=False),
    Column("split", EnumText(Split), nullable=False),
    Column("fileName", String(255), key="filename", nullable=False),
    Column("s3Key", String(512), key="s3_key", nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("imageWidth", Integer, key="width", nullable=False),
    Column("imageHeight", Integer, key="height", nullable=False),
    Column("gpsLatitude", Double, key="gps_latitude", nullable=True),
    Column("gpsLongitude", Double, key="gps_longitude", nullable=True),
    Column("annotationCount", Integer, key="annotation_count", nullable=False),
    UniqueConstraint("dataset_id", "asset_id"),
    Index(None, "dataset_id", "position"),
    Index(None, "dataset_id", "split", "position"),
    Index(None, "asset_id"),
    Index(None, "sha256"),
)

latest_splits = Table(
    "LatestSplit",
    metadata,
    # No foreign key: to write a hundred thousand rows would hold their project for as long.
    Column("projectId", String(191), key="project_id", primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("split", EnumText(Split), nullable=False),
    time_column("snapshotAt", "snapshot_at"),
)

version_checks = Table(
    "VersionCheck",
    metadata,
    id_column(),
    reference("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    reference("datasetId", "dataset_id", "TrainingDataset"),
    Column("status", EnumText(CheckStatus), nullable=False),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    Column("objectsTotal", Integer, key="objects_total", nullable=False, server_default="0"),
    Column("objectsChecked", Integer, key="objects_checked", nullable=False, server_default="0"),
    Column("manifestIntact", Boolean, key="manifest_intact", nullable=True),
    Column("missing", JsonValue, nullable=False),
    Column("missingCount", Integer, key="missing_count", nullable=False, server_default="0"),
    Column("corrupt", JsonValue, nullable=False),
    Column("corruptCount", Integer, key="corrupt_count", nullable=False, server_default="0"),
    time_column("createdAt", "created_at"),
    Column("createdById", String(191), key="created_by_id", nullable=True),
    time_column("finishedAt", "finished_at", nullable=True),
    *claimable(),
    Index(None, "dataset_id", "created_at"),
    Index(None, "status", "heartbeat_at"),
)

version_exports = Table(
    "VersionExport",
    metadata,
    id_column(),
    reference("datasetId", "dataset_id", "TrainingDataset"),
    Column("format", EnumText(ExportFormat), nullable=False),
    Column("status", EnumText(ExportStatus), nullable=False),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    Column("s3Key", String(512), key="s3_key", nullable=True),
    Column("sha256", String(64), nullable=True),
    Column("sizeBytes", BigInteger, key="size_bytes", nullable=True),
    time_column("createdAt", "created_at"),
    *claimable(),
    reference("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    Column("imageCount", Integer, key="image_count", nullable=False, server_default="0"),
    Column("warnings", JsonValue, nullable=True),
    Column("createdById", String(191), key="created_by_id", nullable=True),
    time_column("finishedAt", "finished_at", nullable=True),
    Index(None, "dataset_id", "created_at"),
    Index(None, "status", "heartbeat_at"),
)
