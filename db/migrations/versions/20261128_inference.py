"""inference: Roboflow models, detection over stored images, what GPU hosts say of themselves. Only adds, and lets a
deployment be without a model of ours.

Frozen in time, as `expand`: it imports nothing of ours, and adds only what is missing, so that an upgrade that was cut
off goes on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "20261128_inference"
down_revision = "20261125_training"
branch_labels = None
depends_on = None

MYSQL = ("mysql", "mariadb")
DOUBLE = sa.Float(53).with_variant(mysql.DOUBLE(), *MYSQL)
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), *MYSQL)
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, charset="utf8mb4", collation="utf8mb4_bin"), *MYSQL)


# A deployment that is history was active once, as far as the rows of before tell.
_ACTIVE_SINCE = (
    "UPDATE `ModelDeployment` SET `activeSince` = `deployedAt`"
    " WHERE `activeSince` IS NULL AND `status` IN ('ACTIVE', 'SUPERSEDED')"
)
_OF_ROBOFLOW = "DELETE FROM `ModelDeployment` WHERE `modelId` IS NULL"


def upgrade() -> None:
    for table, columns in _added().items():
        present = _columns(table)
        for column in columns:
            if column.name not in present:
                op.add_column(table, column)
    _execute(_ACTIVE_SINCE)
    _model_of_deployments(nullable=True)
    _create(
        "DetectionJob",
        *_job_columns(),
        sa.PrimaryKeyConstraint("id", name="DetectionJob_pkey"),
        sa.ForeignKeyConstraint(["projectId"], ["Project.id"], name="DetectionJob_projectId_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["modelId"], ["TrainedModel.id"], name="DetectionJob_modelId_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("projectId", "idempotencyKey", name="DetectionJob_projectId_idempotencyKey_key"),
        sa.Index("DetectionJob_projectId_createdAt_idx", "projectId", "createdAt"),
        sa.Index("DetectionJob_status_heartbeatAt_idx", "status", "heartbeatAt"),
    )
    _create(
        "DetectedImage",
        sa.Column("assetId", sa.String(191), nullable=False),
        sa.Column("detector", EXACT, nullable=False),
        sa.Column("confidence", DOUBLE, nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("jobId", sa.String(191), nullable=False),
        sa.Column("detectedAt", TIME, nullable=False),
        sa.PrimaryKeyConstraint("assetId", "detector", name="DetectedImage_pkey"),
        sa.ForeignKeyConstraint(["assetId"], ["Asset.id"], name="DetectedImage_assetId_fkey", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Back to training. Deployments of Roboflow's models go, which that revision has no place for."""
    for table in ("DetectedImage", "DetectionJob"):
        if sa.inspect(op.get_bind()).has_table(table):  # it may have been cut off
            op.drop_table(table)
    _execute(_OF_ROBOFLOW)
    _model_of_deployments(nullable=False)
    for table, columns in _added().items():
        present = _columns(table)
        with op.batch_alter_table(table) as batch:
            for column in columns:
                if column.name in present:
                    batch.drop_column(column.name)


def _added() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "Project": (
            sa.Column("activeRoboflowModel", sa.String(191), nullable=True),
            sa.Column("roboflowModels", sa.JSON(), nullable=True),
            sa.Column("detectOnUpload", sa.Boolean(), nullable=False, server_default="0"),
        ),
        "ModelDeployment": (
            sa.Column("roboflowModel", sa.String(191), nullable=True),
            sa.Column("activeSince", TIME, nullable=True),
        ),
        "GpuHost": (
            sa.Column("device", sa.String(191), nullable=True),
            sa.Column("exclusive", sa.Boolean(), nullable=False, server_default="0"),
            sa.Column("memoryTotal", sa.BigInteger(), nullable=True),
            sa.Column("memoryUsed", sa.BigInteger(), nullable=True),
            sa.Column("loadedModelIds", sa.JSON(), nullable=True),
            sa.Column("sam3Loaded", sa.Boolean(), nullable=True),
            sa.Column("heartbeatAt", TIME, nullable=True),
        ),
    }


def _job_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.String(191), nullable=False),
        sa.Column("projectId", sa.String(191), nullable=False),
        sa.Column("teamId", sa.String(191), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("failureReason", sa.Text(), nullable=True),
        sa.Column("modelId", sa.String(191), nullable=True),
        sa.Column("roboflowModel", sa.String(191), nullable=True),
        sa.Column("backend", sa.String(32), nullable=False),
        sa.Column("confidence", DOUBLE, nullable=False),
        sa.Column("iou", DOUBLE, nullable=False),
        sa.Column("uploadBatchId", sa.String(191), nullable=True),
        sa.Column("assetIds", sa.JSON(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False, server_default="0")
            for name in ("total", "done", "failed", "found")
        ),
        sa.Column("lastAssetId", sa.String(191), nullable=False),
        sa.Column("idempotencyKey", EXACT, nullable=True),
        sa.Column("inputDigest", sa.String(64), nullable=False),
        sa.Column("createdAt", TIME, nullable=False),
        sa.Column("createdById", sa.String(191), nullable=True),
        sa.Column("finishedAt", TIME, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("strikes", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("heartbeatAt", TIME, nullable=True),
        sa.Column("worker", sa.String(191), nullable=True),
    )


def _model_of_deployments(nullable: bool) -> None:
    (column,) = (c for c in sa.inspect(op.get_bind()).get_columns("ModelDeployment") if c["name"] == "modelId")
    if column["nullable"] is nullable:
        return
    # With its own type, so that on MySQL it keeps the collation of the id that it refers to.
    with op.batch_alter_table("ModelDeployment") as batch:
        batch.alter_column("modelId", existing_type=column["type"], nullable=nullable)


def _execute(statement: str) -> None:
    mysql_ = op.get_context().dialect.name in MYSQL
    op.execute(sa.text(statement if mysql_ else statement.replace("`", '"')))


def _columns(table: str) -> set[str]:
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}


def _create(name: str, *items: sa.schema.SchemaItem) -> None:
    if not sa.inspect(op.get_bind()).has_table(name):
        op.create_table(name, *items, **_table_options())


def _table_options() -> dict[str, Any]:
    """On MySQL, a foreign key needs the collation of the id it refers to, which in an adopted database may be any."""
    dialect = op.get_context().dialect.name
    if dialect not in MYSQL:
        return {}
    words = (
        "SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'Project' AND COLUMN_NAME = 'id'"
    )
    charset, collation = op.get_bind().execute(sa.text(words)).one()
    return {f"{dialect}_engine": "InnoDB", f"{dialect}_charset": charset, f"{dialect}_collate": collation}
