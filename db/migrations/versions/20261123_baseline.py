"""baseline: the tables as AgriDrone Ops had them before versioning.

Frozen in time: it imports nothing of ours, so that later changes of the code cannot change the past. Tables that are
there already are left alone: MySQL commits each CREATE TABLE at once, and an upgrade that was cut off must be able to
go on. (db.migrate refuses a database that has tables and no history, so nobody else's tables are taken for ours.)
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "20261123_baseline"
down_revision = None
branch_labels = None
depends_on = None

# What Prisma writes at the end of each CREATE TABLE, whatever the server's own default is.
TABLE_OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_unicode_ci"))
}
TABLES = (
    "Team",
    "User",
    "TeamMember",
    "Project",
    "UploadBatch",
    "Asset",
    "AnnotationSession",
    "ManualAnnotation",
    "PendingAnnotation",
    "TrainingDataset",
    "TrainingJob",
    "TrainedModel",
)
INDEXES = {
    "TeamMember": (("userId",),),
    "Project": (("teamId", "createdAt"),),
    "UploadBatch": (("projectId", "createdAt"),),
    "Asset": (("projectId", "createdAt", "id"), ("uploadBatchId",)),
    "AnnotationSession": (("assetId",),),
    "ManualAnnotation": (("sessionId",),),
    "PendingAnnotation": (("assetId", "status"),),
    "TrainingJob": (("datasetId", "status"),),
    "TrainedModel": (("projectId", "createdAt"),),
}


def upgrade() -> None:
    _people_and_projects()
    _images()
    _annotations()
    _datasets()
    _jobs_and_models()
    for table, indexes in INDEXES.items():
        present = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
        for columns in indexes:
            name = f"{table}_{'_'.join(columns)}_idx"
            if name not in present:
                op.create_index(name, table, list(columns))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _create(name: str, *items: sa.Column[Any] | sa.Constraint) -> None:
    if not sa.inspect(op.get_bind()).has_table(name):
        key = sa.PrimaryKeyConstraint("id", name=f"{name}_pkey")
        op.create_table(name, _text("id"), *items, key, **TABLE_OPTIONS)


def _text(name: str, length: int = 191, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=nullable, server_default=default)


def _json(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=nullable)


def _integer(name: str, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=nullable, server_default=default)


def _double(name: str, nullable: bool = True) -> sa.Column[Any]:
    kind = sa.Float(53).with_variant(mysql.DOUBLE(), "mysql", "mariadb")
    return sa.Column(name, kind, nullable=nullable)


def _time(name: str, nullable: bool = False) -> sa.Column[Any]:
    kind = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    return sa.Column(name, kind, nullable=nullable)


def _foreign_key(table: str, column: str, target: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"{table}_{column}_fkey", ondelete=ondelete)


def _people_and_projects() -> None:
    _create("Team", _text("name"), _time("createdAt"))
    _create(
        "User",
        _text("name"),
        _text("email"),
        _time("createdAt"),
        sa.UniqueConstraint("email", name="User_email_key"),
    )
    _create(
        "TeamMember",
        _text("teamId"),
        _text("userId"),
        _text("role", 32),
        _time("createdAt"),
        _foreign_key("TeamMember", "teamId", "Team"),
        _foreign_key("TeamMember", "userId", "User"),
        sa.UniqueConstraint("teamId", "userId", name="TeamMember_teamId_userId_key"),
    )
    _create(
        "Project",
        _text("name"),
        _text("teamId"),
        _time("createdAt"),
        _foreign_key("Project", "teamId", "Team"),
    )


def _images() -> None:
    _create(
        "UploadBatch",
        _text("projectId"),
        _text("name"),
        _time("createdAt"),
        _foreign_key("UploadBatch", "projectId", "Project"),
    )
    _create(
        "Asset",
        _text("projectId"),
        _text("uploadBatchId", nullable=True),
        _text("fileName"),
        _text("s3Key"),
        sa.Column("fileSize", sa.BigInteger(), nullable=True),
        _text("mimeType", nullable=True),
        _integer("imageWidth", nullable=True),
        _integer("imageHeight", nullable=True),
        _double("gpsLatitude"),
        _double("gpsLongitude"),
        _time("capturedAt", nullable=True),
        _time("createdAt"),
        _foreign_key("Asset", "projectId", "Project"),
        _foreign_key("Asset", "uploadBatchId", "UploadBatch", ondelete="SET NULL"),
    )


def _annotations() -> None:
    _create(
        "AnnotationSession",
        _text("assetId"),
        _text("userId", nullable=True),
        _time("createdAt"),
        _foreign_key("AnnotationSession", "assetId", "Asset"),
    )
    _create(
        "ManualAnnotation",
        _text("sessionId"),
        _text("weedType"),
        _json("coordinates"),
        _json("geoCoordinates", nullable=True),
        _double("confidence"),
        sa.Column("verified", sa.Boolean(), nullable=False, server_default="0"),
        _time("createdAt"),
        _time("updatedAt"),
        _foreign_key("ManualAnnotation", "sessionId", "AnnotationSession"),
    )
    _create(
        "PendingAnnotation",
        _text("assetId"),
        _text("weedType"),
        _json("coordinates"),
        _double("confidence", nullable=False),
        _text("source", 32),
        _text("status", 32, default="PENDING"),
        _time("createdAt"),
        _foreign_key("PendingAnnotation", "assetId", "Asset"),
    )


def _datasets() -> None:
    _create(
        "TrainingDataset",
        _text("name"),
        _text("s3Bucket"),
        _text("s3Path"),
        _integer("imageCount"),
        _integer("labelCount"),
        _json("classes"),
        _integer("trainCount"),
        _integer("valCount"),
        _integer("testCount"),
        _text("augmentationPreset", 32, nullable=True),
        _json("augmentationConfig", nullable=True),
        _text("projectId"),
        _text("teamId"),
        _time("createdAt"),
        _time("updatedAt"),
        _foreign_key("TrainingDataset", "projectId", "Project"),
        _foreign_key("TrainingDataset", "teamId", "Team"),
    )


def _jobs_and_models() -> None:
    _create(
        "TrainingJob",
        _text("datasetId"),
        _text("teamId"),
        _text("status", 32),
        _text("baseModel", 32),
        _integer("epochs"),
        _integer("batchSize"),
        _integer("imageSize"),
        _double("learningRate"),
        _integer("currentEpoch", default="0"),
        sa.Column("errorMessage", sa.Text(), nullable=True),
        _time("createdAt"),
        _time("startedAt", nullable=True),
        _time("completedAt", nullable=True),
        _foreign_key("TrainingJob", "datasetId", "TrainingDataset"),
        _foreign_key("TrainingJob", "teamId", "Team"),
    )
    _create(
        "TrainedModel",
        _text("name"),
        _text("trainingJobId", nullable=True),
        _text("projectId"),
        _text("teamId"),
        _text("weightsPath"),
        _json("classes"),
        _time("createdAt"),
        _foreign_key("TrainedModel", "projectId", "Project"),
        _foreign_key("TrainedModel", "teamId", "Team"),
        sa.UniqueConstraint("trainingJobId", name="TrainedModel_trainingJobId_key"),
    )
