"""webhooks: addresses that hear of a project, and what is sent to them. Only adds.

Frozen in time, as `expand`: it imports nothing of ours, and adds only what is missing, so that an upgrade that was cut
off goes on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "20261129_webhooks"
down_revision = "20261129_access"
branch_labels = None
depends_on = None

MYSQL = ("mysql", "mariadb")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), *MYSQL)


def upgrade() -> None:
    _create(
        "Webhook",
        sa.Column("id", sa.String(191), nullable=False),
        sa.Column("projectId", sa.String(191), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secret", sa.String(191), nullable=False),
        sa.Column("createdAt", TIME, nullable=False),
        sa.Column("createdById", sa.String(191), nullable=True),
        sa.PrimaryKeyConstraint("id", name="Webhook_pkey"),
        sa.ForeignKeyConstraint(["projectId"], ["Project.id"], name="Webhook_projectId_fkey", ondelete="CASCADE"),
        sa.Index("Webhook_projectId_createdAt_idx", "projectId", "createdAt"),
    )
    _create(
        "WebhookDelivery",
        sa.Column("id", sa.String(191), nullable=False),
        sa.Column("webhookId", sa.String(191), nullable=False),
        sa.Column("projectId", sa.String(191), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("createdAt", TIME, nullable=False),
        sa.Column("dueAt", TIME, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("deliveredAt", TIME, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("strikes", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("heartbeatAt", TIME, nullable=True),
        sa.Column("worker", sa.String(191), nullable=True),
        sa.PrimaryKeyConstraint("id", name="WebhookDelivery_pkey"),
        sa.ForeignKeyConstraint(
            ["webhookId"], ["Webhook.id"], name="WebhookDelivery_webhookId_fkey", ondelete="CASCADE"
        ),
        sa.Index("WebhookDelivery_webhookId_createdAt_idx", "webhookId", "createdAt"),
        sa.Index("WebhookDelivery_webhookId_dueAt_idx", "webhookId", "dueAt"),
        sa.Index("WebhookDelivery_dueAt_idx", "dueAt"),
        sa.Index("WebhookDelivery_createdAt_idx", "createdAt"),
    )


def downgrade() -> None:
    """Back to access. What was not delivered yet never will be."""
    for table in ("WebhookDelivery", "Webhook"):
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
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'Project' AND COLUMN_NAME = 'id'"
    )
    charset, collation = op.get_bind().execute(sa.text(words)).one()
    return {f"{dialect}_engine": "InnoDB", f"{dialect}_charset": charset, f"{dialect}_collate": collation}
