"""The tables, under the names of AgriDrone Ops' Prisma schema; attributes under the names the domain uses."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql

from db.types import EnumText, JsonValue, UtcDateTime
from domain.models.annotation import AnnotationSource, ReviewStatus
from domain.models.asset import UploadState
from domain.models.model import DeploymentStatus, EvaluationStatus, InferenceBackend
from domain.models.people import TeamRole
from domain.models.training import BaseModel, StartingWeights, TrainingJobStatus
from domain.models.version import DatasetStatus, Split

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

# MySQL's DOUBLE reads as a Decimal cut to ten digits unless told otherwise.
Double = Float(53).with_variant(mysql.DOUBLE(asdecimal=False), "mysql", "mariadb")

# MySQL's usual collations take "Key" and "key" for the same text; two idempotency keys are the same only byte by byte.
ExactText = String(191).with_variant(mysql.VARCHAR(191, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")


def _id() -> Column[str]:
    return Column("id", String(191), primary_key=True)


def _ref(name: str, key: str, target: str, nullable: bool = False, ondelete: str = "CASCADE") -> Column[str]:
    return Column(
        name, String(191), ForeignKey(f"{target}.id", ondelete=ondelete), key=key, nullable=nullable, index=False
    )


def _time(name: str, key: str, nullable: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime(), key=key, nullable=nullable)


def _claimable() -> tuple[Column[Any], ...]:
    """What a row needs to be claimed by workers (domain.jobs)."""
    return (
        Column("attempt", Integer, nullable=False, server_default="0"),
        Column("strikes", Integer, nullable=False, server_default="0"),
        _time("heartbeatAt", "heartbeat_at", nullable=True),
        Column("worker", String(191), nullable=True),
    )


teams = Table("Team", metadata, _id(), Column("name", String(191), nullable=False), _time("createdAt", "created_at"))

users = Table(
    "User",
    metadata,
    _id(),
    Column("name", String(191), nullable=False),
    Column("email", String(191), nullable=False, unique=True),
    _time("createdAt", "created_at"),
)

team_members = Table(
    "TeamMember",
    metadata,
    _id(),
    _ref("teamId", "team_id", "Team"),
    _ref("userId", "user_id", "User"),
    Column("role", EnumText(TeamRole), nullable=False),
    _time("createdAt", "created_at"),
    UniqueConstraint("team_id", "user_id"),
    Index(None, "user_id"),
)

projects = Table(
    "Project",
    metadata,
    _id(),
    Column("name", String(200), nullable=False),
    _ref("teamId", "team_id", "Team"),
    _time("createdAt", "created_at"),
    Column("features", JsonValue, nullable=True),
    Column("activeModelId", String(191), key="active_model_id", nullable=True),
    Column(
        "inferenceBackend",
        EnumText(InferenceBackend),
        key="inference_backend",
        nullable=False,
        server_default="AUTO",
    ),
    Index(None, "team_id", "created_at"),
)

upload_batches = Table(
    "UploadBatch",
    metadata,
    _id(),
    _ref("projectId", "project_id", "Project"),
    Column("name", String(200), nullable=False),
    _time("createdAt", "created_at"),
    Index(None, "project_id", "created_at"),
)

assets = Table(
    "Asset",
    metadata,
    _id(),
    _ref("projectId", "project_id", "Project"),
    _ref("uploadBatchId", "upload_batch_id", "UploadBatch", nullable=True, ondelete="SET NULL"),
    Column("fileName", String(255), key="filename", nullable=False),
    Column("s3Key", String(512), key="s3_key", nullable=False),
    Column("fileSize", BigInteger, key="size_bytes", nullable=True),
    Column("mimeType", String(191), key="content_type", nullable=True),
    Column("imageWidth", Integer, key="width", nullable=True),
    Column("imageHeight", Integer, key="height", nullable=True),
    Column("gpsLatitude", Double, key="gps_latitude", nullable=True),
    Column("gpsLongitude", Double, key="gps_longitude", nullable=True),
    _time("capturedAt", "captured_at", nullable=True),
    _time("createdAt", "created_at"),
    Column("sha256", String(64), nullable=True),
    Column("orientation", Integer, nullable=False, server_default="1"),
    Column("importedSplit", EnumText(Split), key="imported_split", nullable=True),
    UniqueConstraint("project_id", "sha256"),
    Index(None, "project_id", "created_at", "id"),
    Index(None, "upload_batch_id"),
)

uploads = Table(
    "Upload",
    metadata,
    _id(),
    _ref("batchId", "batch_id", "UploadBatch"),
    _ref("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    Column("fileName", String(255), key="filename", nullable=False),
    Column("fileSize", BigInteger, key="size_bytes", nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("mimeType", String(191), key="content_type", nullable=False),
    Column("status", EnumText(UploadState), nullable=False),
    Column("assetId", String(191), key="asset_id", nullable=True),
    Column("errorCode", String(32), key="error_code", nullable=True),
    Column("errorMessage", Text, key="error_message", nullable=True),
    _time("createdAt", "created_at"),
    _time("expiresAt", "expires_at"),
    *_claimable(),
    Index(None, "batch_id", "status"),
    Index(None, "project_id", "sha256"),
    Index(None, "status", "heartbeat_at"),
)

annotation_sessions = Table(
    "AnnotationSession",
    metadata,
    _id(),
    _ref("assetId", "asset_id", "Asset"),
    Column("userId", String(191), key="user_id", nullable=True),
    _time("createdAt", "created_at"),
    Index(None, "asset_id"),
)

manual_annotations = Table(
    "ManualAnnotation",
    metadata,
    _id(),
    _ref("sessionId", "session_id", "AnnotationSession"),
    Column("weedType", ExactText, key="weed_type", nullable=False),
    Column("coordinates", JsonValue, nullable=False),
    Column("geoCoordinates", JsonValue, key="geo_coordinates", nullable=True),
    Column("confidence", Double, nullable=True),
    Column("verified", Boolean, nullable=False, server_default="0"),
    _time("createdAt", "created_at"),
    _time("updatedAt", "updated_at"),
    Column("source", EnumText(AnnotationSource), nullable=False, server_default="MANUAL"),
    Index(None, "session_id"),
)

pending_annotations = Table(
    "PendingAnnotation",
    metadata,
    _id(),
    _ref("assetId", "asset_id", "Asset"),
    Column("weedType", ExactText, key="weed_type", nullable=False),
    Column("coordinates", JsonValue, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("source", EnumText(AnnotationSource), nullable=False),
    Column("status", EnumText(ReviewStatus), nullable=False, server_default="PENDING"),
    _time("createdAt", "created_at"),
    Column("modelId", String(191), key="model_id", nullable=True),
    Index(None, "asset_id", "status"),
)

training_datasets = Table(
    "TrainingDataset",
    metadata,
    _id(),
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
    _ref("projectId", "project_id", "Project"),
    _ref("teamId", "team_id", "Team"),
    _time("createdAt", "created_at"),
    _time("updatedAt", "updated_at"),
    Column("version", Integer, nullable=True),
    Column("displayName", String(200), key="display_name", nullable=True),
    Column("status", EnumText(DatasetStatus), nullable=False, server_default="READY"),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    Column("idempotencyKey", ExactText, key="idempotency_key", nullable=True),
    Column("inputDigest", String(64), key="input_digest", nullable=True),
    Column("createdById", String(191), key="created_by_id", nullable=True),
    _time("snapshotAt", "snapshot_at", nullable=True),
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
    *_claimable(),
    UniqueConstraint("project_id", "version"),
    UniqueConstraint("project_id", "idempotency_key"),
    Index(None, "project_id", "content_digest"),
    Index(None, "status", "heartbeat_at"),
)

training_dataset_assets = Table(
    "TrainingDatasetAsset",
    metadata,
    _id(),
    _ref("datasetId", "dataset_id", "TrainingDataset"),
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
)

training_jobs = Table(
    "TrainingJob",
    metadata,
    _id(),
    _ref("datasetId", "dataset_id", "TrainingDataset"),
    _ref("teamId", "team_id", "Team"),
    Column("status", EnumText(TrainingJobStatus), nullable=False),
    Column("baseModel", EnumText(BaseModel), key="base_model", nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("batchSize", Integer, key="batch_size", nullable=False),
    Column("imageSize", Integer, key="image_size", nullable=False),
    Column("learningRate", Double, key="learning_rate", nullable=True),
    Column("currentEpoch", Integer, key="epoch", nullable=False, server_default="0"),
    Column("errorMessage", Text, key="failure_reason", nullable=True),
    _time("createdAt", "created_at"),
    _time("startedAt", "started_at", nullable=True),
    _time("completedAt", "finished_at", nullable=True),
    _ref("projectId", "project_id", "Project", nullable=True),
    Column("createdById", String(191), key="created_by_id", nullable=True),
    Column(
        "startingWeights",
        EnumText(StartingWeights),
        key="starting_weights",
        nullable=False,
        server_default="PRETRAINED",
    ),
    Column("checkpointModelId", String(191), key="checkpoint_model_id", nullable=True),
    Column("patience", Integer, nullable=False, server_default="50"),
    Column("seed", Integer, nullable=False, server_default="0"),
    Column("effectiveConfig", JsonValue, key="effective", nullable=True),
    Column("idempotencyKey", ExactText, key="idempotency_key", nullable=True),
    Column("inputDigest", String(64), key="input_digest", nullable=True),
    _time("cancelRequestedAt", "cancel_requested_at", nullable=True),
    Column("warnings", JsonValue, nullable=True),
    Column("device", String(191), nullable=True),
    Column("etaSeconds", Integer, key="eta_seconds", nullable=True),
    *_claimable(),
    UniqueConstraint("project_id", "idempotency_key"),
    Index(None, "project_id", "created_at"),
    Index(None, "dataset_id", "status"),
    Index(None, "status", "heartbeat_at"),
)

training_epochs = Table(
    "TrainingEpoch",
    metadata,
    Column("jobId", String(191), ForeignKey("TrainingJob.id", ondelete="CASCADE"), key="job_id", primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("metrics", JsonValue, nullable=False),
)

trained_models = Table(
    "TrainedModel",
    metadata,
    _id(),
    Column("name", String(255), nullable=False),
    Column("trainingJobId", String(191), key="training_job_id", nullable=True, unique=True),
    _ref("projectId", "project_id", "Project"),
    _ref("teamId", "team_id", "Team"),
    Column("weightsPath", String(512), key="weights_key", nullable=False),
    Column("classes", JsonValue, nullable=False),
    _time("createdAt", "created_at"),
    Column("datasetId", String(191), key="dataset_id", nullable=True),
    Column("parentModelId", String(191), key="parent_model_id", nullable=True),
    Column("baseModel", EnumText(BaseModel), key="base_model", nullable=True),
    Column("metrics", JsonValue, nullable=True),
    Column("sha256", String(64), nullable=True),
    Column("sizeBytes", BigInteger, key="size_bytes", nullable=True),
    Column("imageSize", Integer, key="image_size", nullable=True),
    Column("preprocessingConfig", JsonValue, key="preprocessing", nullable=True),
    Index(None, "project_id", "created_at"),
    Index(None, "dataset_id"),
    Index(None, "parent_model_id"),
)

model_evaluations = Table(
    "ModelEvaluation",
    metadata,
    _id(),
    _ref("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    _ref("modelId", "model_id", "TrainedModel"),
    _ref("datasetId", "dataset_id", "TrainingDataset"),
    Column("split", EnumText(Split), nullable=False),
    Column("status", EnumText(EvaluationStatus), nullable=False),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    Column("metrics", JsonValue, nullable=True),
    Column("seenImages", Integer, key="seen_images", nullable=False, server_default="0"),
    Column("warnings", JsonValue, nullable=True),
    _time("createdAt", "created_at"),
    *_claimable(),
    Index(None, "model_id", "dataset_id", "split"),
    Index(None, "status", "heartbeat_at"),
)

model_deployments = Table(
    "ModelDeployment",
    metadata,
    _id(),
    _ref("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    _ref("modelId", "model_id", "TrainedModel"),
    Column("status", EnumText(DeploymentStatus), nullable=False),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    Column("backend", EnumText(InferenceBackend), nullable=False),
    Column("note", Text, nullable=True),
    Column("deployedById", String(191), key="deployed_by_id", nullable=True),
    _time("deployedAt", "deployed_at"),
    *_claimable(),
    Index(None, "project_id", "deployed_at"),
    Index(None, "status", "heartbeat_at"),
)

version_exports = Table(
    "VersionExport",
    metadata,
    _id(),
    _ref("datasetId", "dataset_id", "TrainingDataset"),
    Column("format", String(32), nullable=False),
    Column("status", String(32), nullable=False),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    Column("s3Key", String(512), key="s3_key", nullable=True),
    Column("sha256", String(64), nullable=True),
    Column("sizeBytes", BigInteger, key="size_bytes", nullable=True),
    _time("createdAt", "created_at"),
    *_claimable(),
    Index(None, "dataset_id", "created_at"),
)

event_streams = Table(
    "EventStream",
    metadata,
    Column("stream", String(191), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

event_log = Table(
    "EventLog",
    metadata,
    Column("stream", String(191), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(64), nullable=False),
    Column("payload", JsonValue, nullable=False),
    _time("at", "at"),
    Index(None, "at"),
)
