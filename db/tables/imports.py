"""Files that are no images, and the imports of annotations made from them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from db.tables.columns import ExactText, claimable, id_column, metadata, reference, time_column
from db.types import EnumText, JsonValue
from domain.models.imports import ExportFormat, ImportStatus

file_uploads = Table(
    "FileUpload",
    metadata,
    id_column(),
    reference("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    Column("fileName", String(255), key="filename", nullable=False),
    Column("fileSize", BigInteger, key="size_bytes", nullable=False),
    Column("sha256", String(64), nullable=False),
    time_column("createdAt", "created_at"),
    time_column("expiresAt", "expires_at"),
    Index(None, "project_id", "sha256"),
    Index(None, "expires_at"),
)

import_jobs = Table(
    "ImportJob",
    metadata,
    id_column(),
    reference("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    Column("fileId", String(191), key="file_id", nullable=False),
    Column("fileName", String(255), key="filename", nullable=False),
    Column("fileSize", BigInteger, key="size_bytes", nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("format", EnumText(ExportFormat), nullable=False),
    Column("keepSplits", Boolean, key="keep_splits", nullable=False),
    Column("status", EnumText(ImportStatus), nullable=False),
    Column("imported", Integer, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),
    Column("warnings", JsonValue, nullable=True),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    Column("createdById", String(191), key="created_by_id", nullable=True),
    time_column("createdAt", "created_at"),
    time_column("finishedAt", "finished_at", nullable=True),
    *claimable(),
    Index(None, "project_id", "created_at"),
    Index(None, "status", "heartbeat_at"),
)

skipped_items = Table(
    "SkippedItem",
    metadata,
    Column("jobId", String(191), ForeignKey("ImportJob.id", ondelete="CASCADE"), key="job_id", primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("where", String(512), nullable=False),
    Column("reason", Text, nullable=False),
)

annotation_calls = Table(
    "AnnotationCall",
    metadata,
    id_column(),
    reference("projectId", "project_id", "Project"),
    Column("idempotencyKey", ExactText, key="idempotency_key", nullable=False),
    Column("inputDigest", String(64), key="input_digest", nullable=False),
    Column("annotationIds", JsonValue, key="annotation_ids", nullable=False),
    time_column("createdAt", "created_at"),
    UniqueConstraint("project_id", "idempotency_key"),
)
