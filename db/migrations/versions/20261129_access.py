"""access: API tokens, and users who were invited by e-mail. Only adds.

Frozen in time, as `expand`: it imports nothing of ours, and adds only what is missing, so that an upgrade that was cut
off goes on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "20261129_access"
down_revision = "20261128_inference"
branch_labels = None
depends_on = None

MYSQL = ("mysql", "mariadb")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), *MYSQL)
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, charset="utf8mb4", collation="utf8mb4_bin"), *MYSQL)


def upgrade() -> None:
    _create(
        "Invitation",
        sa.Column("userId", sa.String(191), nullable=False),
        sa.Column("subject", EXACT, nullable=True),
        sa.Column("createdAt", TIME, nullable=False),
        sa.PrimaryKeyConstraint("userId", name="Invitation_pkey"),
        sa.ForeignKeyConstraint(["userId"], ["User.id"], name="Invitation_userId_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("subject", name="Invitation_subject_key"),
    )
    _create(
        "ApiToken",
        sa.Column("id", sa.String(191), nullable=False),
        sa.Column("userId", sa.String(191), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("createdAt", TIME, nullable=False),
        sa.Column("expiresAt", TIME, nullable=True),
        sa.Column("lastUsedAt", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="ApiToken_pkey"),
        sa.ForeignKeyConstraint(["userId"], ["User.id"], name="ApiToken_userId_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("digest", name="ApiToken_digest_key"),
        sa.Index("ApiToken_userId_createdAt_idx", "userId", "createdAt"),
    )


def downgrade() -> None:
    """Back to inference. Every API token is worth nothing from then on."""
    for table in ("ApiToken", "Invitation"):
        if sa.inspect(op.get_bind()).has_table(table):  # it may have been cut off
            op.drop_table(table)


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
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'User' AND COLUMN_NAME = 'id'"
    )
    charset, collation = op.get_bind().execute(sa.text(words)).one()
    return {f"{dialect}_engine": "InnoDB", f"{dialect}_charset": charset, f"{dialect}_collate": collation}
