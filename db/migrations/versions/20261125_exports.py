"""exports: whose an export of a version is, and what came of it. Only adds; no row of the table was written before.

Frozen in time, as `expand`: it imports nothing of ours, and adds only what is missing, so that an upgrade that was cut
off goes on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "20261125_exports"
down_revision = "20261124_versions"
branch_labels = None
depends_on = None

MYSQL = ("mysql", "mariadb")
TABLE = "VersionExport"
INDEX, INDEXED = "VersionExport_status_heartbeatAt_idx", ["status", "heartbeatAt"]
FOREIGN_KEY = "VersionExport_projectId_fkey"


def upgrade() -> None:
    present = {column["name"] for column in _inspector().get_columns(TABLE)}
    missing = [column for column in _added() if column.name not in present]
    with op.batch_alter_table(TABLE) as batch:
        for column in missing:
            batch.add_column(column)
    if FOREIGN_KEY not in {key["name"] for key in _inspector().get_foreign_keys(TABLE)}:
        with op.batch_alter_table(TABLE) as batch:
            batch.create_foreign_key(FOREIGN_KEY, "Project", ["projectId"], ["id"], ondelete="CASCADE")
    if INDEX not in _indexes():
        op.create_index(INDEX, TABLE, INDEXED)


def downgrade() -> None:
    """Back to versions."""
    if FOREIGN_KEY in {key["name"] for key in _inspector().get_foreign_keys(TABLE)}:
        with op.batch_alter_table(TABLE) as batch:
            batch.drop_constraint(FOREIGN_KEY, type_="foreignkey")
    if INDEX in _indexes():
        op.drop_index(INDEX, TABLE)
    if FOREIGN_KEY in _indexes():  # MySQL brought it along with the key
        op.drop_index(FOREIGN_KEY, TABLE)
    present = {column["name"] for column in _inspector().get_columns(TABLE)}
    with op.batch_alter_table(TABLE) as batch:
        for column in _added():
            if column.name in present:
                batch.drop_column(column.name)


def _added() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("projectId", sa.String(191), nullable=False),
        sa.Column("teamId", sa.String(191), nullable=False),
        sa.Column("imageCount", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("warnings", sa.JSON(), nullable=True),
        sa.Column("createdById", sa.String(191), nullable=True),
        sa.Column("finishedAt", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), *MYSQL), nullable=True),
    )


def _inspector() -> sa.Inspector:
    """A new one each time: an inspector remembers what it saw."""
    return sa.inspect(op.get_bind())


def _indexes() -> set[str | None]:
    return {index["name"] for index in _inspector().get_indexes(TABLE)}
