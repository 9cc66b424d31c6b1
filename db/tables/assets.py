"""Images, the uploads they came by, and what was drawn on them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from db.tables.columns import Double, ExactText, claimable, id_column, metadata, reference, time_column
from db.types import EnumText, JsonValue
from domain.models.annotation import AnnotationSource, ReviewStatus
from domain.models.asset import UploadState
from domain.models.version import Split

_COUNTERS = ("announced", "submitted", "verified", "refused")

upload_batches = Table(
    "UploadBatch",
    metadata,
    id_column(),
    reference("projectId", "project_id", "Project"),
    Column("name", String(200), nullable=False),
    time_column("createdAt", "created_at"),
    *(Column(name, Integer, nullable=False, server_default="0") for name in _COUNTERS),
    Index(None, "project_id", "created_at"),
)

assets = Table(
    "Asset",
    metadata,
    id_column(),
    reference("projectId", "project_id", "Project"),
    reference("uploadBatchId", "upload_batch_id", "UploadBatch", nullable=True, ondelete="SET NULL"),
    Column("fileName", String(255), key="filename", nullable=False),
    Column("s3Key", String(512), key="s3_key", nullable=False),
    Column("fileSize", BigInteger, key="size_bytes", nullable=True),
    Column("mimeType", String(191), key="content_type", nullable=True),
    Column("imageWidth", Integer, key="width", nullable=True),
    Column("imageHeight", Integer, key="height", nullable=True),
    Column("gpsLatitude", Double, key="gps_latitude", nullable=True),
    Column("gpsLongitude", Double, key="gps_longitude", nullable=True),
    time_column("capturedAt", "captured_at", nullable=True),
    time_column("createdAt", "created_at"),
    Column("sha256", String(64), nullable=True),
    Column("orientation", Integer, nullable=False, server_default="1"),
    Column("importedSplit", EnumText(Split), key="imported_split", nullable=True),
    Column("perceptualHash", String(16), key="perceptual_hash", nullable=True),
    Column("factsError", Text, key="facts_error", nullable=True),
    UniqueConstraint("project_id", "sha256"),
    # The file name lies in the index, so that a search reads no row that does not match.
    Index(None, "project_id", "created_at", "id", "filename"),
    Index(None, "upload_batch_id", "created_at", "id"),
    Index(None, "perceptual_hash"),
)

uploads = Table(
    "Upload",
    metadata,
    id_column(),
    reference("batchId", "batch_id", "UploadBatch"),
    reference("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    Column("fileName", String(255), key="filename", nullable=False),
    Column("fileSize", BigInteger, key="size_bytes", nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("mimeType", String(191), key="content_type", nullable=False),
    Column("status", EnumText(UploadState), nullable=False),
    Column("assetId", String(191), key="asset_id", nullable=True),
    Column("errorCode", String(32), key="error_code", nullable=True),
    Column("errorMessage", Text, key="error_message", nullable=True),
    time_column("createdAt", "created_at"),
    time_column("expiresAt", "expires_at"),
    *claimable(),
    Index(None, "batch_id", "status"),
    Index(None, "project_id", "sha256"),
    Index(None, "status", "heartbeat_at"),
    Index(None, "status", "created_at", "id"),
)

annotation_sessions = Table(
    "AnnotationSession",
    metadata,
    id_column(),
    reference("assetId", "asset_id", "Asset"),
    Column("userId", String(191), key="user_id", nullable=True),
    time_column("createdAt", "created_at"),
    Index(None, "asset_id"),
)

manual_annotations = Table(
    "ManualAnnotation",
    metadata,
    id_column(),
    reference("sessionId", "session_id", "AnnotationSession"),
    Column("weedType", ExactText, key="weed_type", nullable=False),
    Column("coordinates", JsonValue, nullable=False),
    Column("geoCoordinates", JsonValue, key="geo_coordinates", nullable=True),
    Column("confidence", Double, nullable=True),
    Column("verified", Boolean, nullable=False, server_default="0"),
    time_column("createdAt", "created_at"),
    time_column("updatedAt", "updated_at"),
    Column("source", EnumText(AnnotationSource), nullable=False, server_default="MANUAL"),
    Index(None, "session_id"),
    # All that counting asks for, so that it reads no coordinates.
    Index("ManualAnnotation_counted_idx", "session_id", "weed_type", "source", "verified", "confidence"),
)

pending_annotations = Table(
    "PendingAnnotation",
    metadata,
    id_column(),
    reference("assetId", "asset_id", "Asset"),
    Column("weedType", ExactText, key="weed_type", nullable=False),
    Column("coordinates", JsonValue, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("source", EnumText(AnnotationSource), nullable=False),
    Column("status", EnumText(ReviewStatus), nullable=False, server_default="PENDING"),
    time_column("createdAt", "created_at"),
    Column("modelId", String(191), key="model_id", nullable=True),
    Index(None, "asset_id", "status"),
)

watched_originals = Table(
    "WatchedOriginal",
    metadata,
    Column("teamId", String(191), key="team_id", primary_key=True),
    Column("sha256", String(64), primary_key=True),
    time_column("since", "since"),
    Index(None, "since"),
)
