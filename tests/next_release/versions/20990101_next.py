"""next: only adds, as every revision does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from next_release import HEAD

revision = "20990101_next"
down_revision = HEAD
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("Project", sa.Column("season", sa.String(32), nullable=True))
    op.add_column("Asset", sa.Column("flightHeight", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("EventLog", sa.Column("writer", sa.String(32), nullable=True))
    collation = {}
    if op.get_context().dialect.name != "sqlite":
        words = "SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()"
        words += " AND TABLE_NAME = 'Project' AND COLUMN_NAME = 'id'"
        collation = {"mysql_collate": op.get_bind().execute(sa.text(words)).scalar_one()}
        collation["mariadb_collate"] = collation["mysql_collate"]
    op.create_table(
        "Season",
        sa.Column("projectId", sa.String(191), nullable=False),
        sa.PrimaryKeyConstraint("projectId"),
        sa.ForeignKeyConstraint(["projectId"], ["Project.id"], ondelete="CASCADE"),
        **collation,
    )
    op.create_index("EventLog_kind_idx", "EventLog", ["kind"])
