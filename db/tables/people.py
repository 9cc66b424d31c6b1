"""Teams, their members, how they sign in, and projects."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, UniqueConstraint

from db.tables.columns import ExactText, id_column, metadata, reference, time_column
from db.types import EnumText, JsonValue
from domain.models.api_token import TokenScope
from domain.models.model import InferenceBackend
from domain.models.people import TeamRole

teams = Table(
    "Team", metadata, id_column(), Column("name", String(191), nullable=False), time_column("createdAt", "created_at")
)

users = Table(
    "User",
    metadata,
    id_column(),
    Column("name", String(191), nullable=False),
    Column("email", String(191), nullable=False, unique=True),
    time_column("createdAt", "created_at"),
)

team_members = Table(
    "TeamMember",
    metadata,
    id_column(),
    reference("teamId", "team_id", "Team"),
    reference("userId", "user_id", "User"),
    Column("role", EnumText(TeamRole), nullable=False),
    time_column("createdAt", "created_at"),
    UniqueConstraint("team_id", "user_id"),
    Index(None, "user_id"),
)

# Who was made by the e-mail address alone. `subject` is who the sign-in says that it is, once it has said so.
invitations = Table(
    "Invitation",
    metadata,
    Column("userId", String(191), ForeignKey("User.id", ondelete="CASCADE"), key="user_id", primary_key=True),
    Column("subject", ExactText, nullable=True, unique=True),
    time_column("createdAt", "created_at"),
)

# `digest` is the SHA-256 of a secret that is kept nowhere.
api_tokens = Table(
    "ApiToken",
    metadata,
    id_column(),
    reference("userId", "user_id", "User"),
    Column("name", String(200), nullable=False),
    Column("scope", EnumText(TokenScope), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    time_column("createdAt", "created_at"),
    time_column("expiresAt", "expires_at", nullable=True),
    time_column("lastUsedAt", "last_used_at", nullable=True),
    Index(None, "user_id", "created_at"),
)

projects = Table(
    "Project",
    metadata,
    id_column(),
    Column("name", String(200), nullable=False),
    reference("teamId", "team_id", "Team"),
    time_column("createdAt", "created_at"),
    Column("features", JsonValue, nullable=True),
    Column("activeModelId", String(191), key="active_model_id", nullable=True),
    Column(
        "inferenceBackend",
        EnumText(InferenceBackend),
        key="inference_backend",
        nullable=False,
        server_default="AUTO",
    ),
    Column("activeRoboflowModel", String(191), key="active_roboflow_model", nullable=True),
    Column("roboflowModels", JsonValue, key="roboflow_models", nullable=True),
    Column("detectOnUpload", Boolean, key="detect_on_upload", nullable=False, server_default="0"),
    Index(None, "team_id", "created_at"),
)
