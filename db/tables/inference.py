"""Hosts with a GPU, and detection over stored images."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from db.tables.columns import Double, ExactText, claimable, id_column, metadata, reference, time_column
from db.types import EnumText, JsonValue
from domain.models.detection import DetectionJobStatus
from domain.models.model import InferenceBackend

# `fencingToken` is what each host's GPU was last lent under; it only grows. The rest is what its worker last said.
gpu_hosts = Table(
    "GpuHost",
    metadata,
    Column("host", String(191), primary_key=True),
    Column("fencingToken", BigInteger, key="fencing_token", nullable=False, server_default="0"),
    Column("device", String(191), nullable=True),
    Column("exclusive", Boolean, nullable=False, server_default="0"),
    Column("memoryTotal", BigInteger, key="memory_total", nullable=True),
    Column("memoryUsed", BigInteger, key="memory_used", nullable=True),
    Column("loadedModelIds", JsonValue, key="loaded_model_ids", nullable=True),
    Column("sam3Loaded", Boolean, key="sam3_loaded", nullable=True),
    time_column("heartbeatAt", "heartbeat_at", nullable=True),
)

detection_jobs = Table(
    "DetectionJob",
    metadata,
    id_column(),
    reference("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    Column("status", EnumText(DetectionJobStatus), nullable=False),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    reference("modelId", "model_id", "TrainedModel", nullable=True),
    Column("roboflowModel", String(191), key="roboflow_model", nullable=True),
    Column("backend", EnumText(InferenceBackend), nullable=False),
    Column("confidence", Double, nullable=False),
    Column("iou", Double, nullable=False),
    Column("uploadBatchId", String(191), key="upload_batch_id", nullable=True),
    Column("assetIds", JsonValue, key="asset_ids", nullable=True),
    *(Column(name, Integer, nullable=False, server_default="0") for name in ("total", "done", "failed", "found")),
    Column("lastAssetId", String(191), key="last_asset_id", nullable=False),
    Column("idempotencyKey", ExactText, key="idempotency_key", nullable=True),
    Column("inputDigest", String(64), key="input_digest", nullable=False),
    time_column("createdAt", "created_at"),
    Column("createdById", String(191), key="created_by_id", nullable=True),
    time_column("finishedAt", "finished_at", nullable=True),
    *claimable(),
    UniqueConstraint("project_id", "idempotency_key"),
    Index(None, "project_id", "created_at"),
    Index(None, "status", "heartbeat_at"),
)

# Which model has looked at which image, so that none is looked at twice. `detector` is domain.models.detection's.
detected_images = Table(
    "DetectedImage",
    metadata,
    Column("assetId", String(191), ForeignKey("Asset.id", ondelete="CASCADE"), key="asset_id", primary_key=True),
    Column("detector", ExactText, primary_key=True),
    Column("confidence", Double, nullable=False),
    Column("found", Integer, nullable=False),
    Column("jobId", String(191), key="job_id", nullable=False),
    time_column("detectedAt", "detected_at"),
)
