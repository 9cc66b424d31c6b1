"""training: where a job can go on from, what it printed, what a model has beside its weights, GPU hosts. Only adds.

Frozen in time, as `expand`: it imports nothing of ours, and adds only what is missing, so that an upgrade that was cut
off goes on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "20261125_training"
down_revision = "20261125_exports"
branch_labels = None
depends_on = None

MYSQL = ("mysql", "mariadb")
DOUBLE = sa.Float(53).with_variant(mysql.DOUBLE(), *MYSQL)


def upgrade() -> None:
    for table, columns in _added().items():
        present = _columns(table)
        for column in columns:
            if column.name not in present:
                op.add_column(table, column)
    _create(
        "TrainingLog",
        sa.Column("jobId", sa.String(191), nullable=False),
        sa.Column("end", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("jobId", "end", name="TrainingLog_pkey"),
        sa.ForeignKeyConstraint(["jobId"], ["TrainingJob.id"], name="TrainingLog_jobId_fkey", ondelete="CASCADE"),
    )
    _create(
        "GpuHost",
        sa.Column("host", sa.String(191), nullable=False),
        sa.Column("fencingToken", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("host", name="GpuHost_pkey"),
    )


def downgrade() -> None:
    """Back to exports."""
    for table in ("TrainingLog", "GpuHost"):
        if sa.inspect(op.get_bind()).has_table(table):  # it may have been cut off
            op.drop_table(table)
    for table, columns in _added().items():
        present = _columns(table)
        with op.batch_alter_table(table) as batch:
            for column in columns:
                if column.name in present:
                    batch.drop_column(column.name)


def _added() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "TrainingJob": (
            sa.Column("resumePoints", sa.JSON(), nullable=True),
            sa.Column("logLines", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("trainingSeconds", DOUBLE, nullable=False, server_default="0"),
            sa.Column("takenUp", sa.Integer(), nullable=False, server_default="0"),
        ),
        "TrainedModel": (
            sa.Column("imported", sa.Boolean(), nullable=False, server_default="0"),
            sa.Column("files", sa.JSON(), nullable=True),
        ),
    }


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
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'TrainingJob' AND COLUMN_NAME = 'id'"
    )
    charset, collation = op.get_bind().execute(sa.text(words)).one()
    return {f"{dialect}_engine": "InnoDB", f"{dialect}_charset": charset, f"{dialect}_collate": collation}
