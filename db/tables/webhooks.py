"""Webhooks and what is sent to them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from db.tables.columns import claimable, id_column, metadata, reference, time_column
from db.types import EnumText, JsonValue
from domain.models.webhook import WebhookEvent

webhooks = Table(
    "Webhook",
    metadata,
    id_column(),
    reference("projectId", "project_id", "Project"),
    Column("url", String(2000), nullable=False),
    Column("events", JsonValue, nullable=False),
    Column("secret", String(191), nullable=False),
    time_column("createdAt", "created_at"),
    Column("createdById", String(191), key="created_by_id", nullable=True),
    Index(None, "project_id", "created_at"),
)

# `projectId` is no reference: a row that refers to its project locks it, and a training's last transaction, which has
# locked its version by then, would come to wait for one that locks them in order.
webhook_deliveries = Table(
    "WebhookDelivery",
    metadata,
    id_column(),
    reference("webhookId", "webhook_id", "Webhook"),
    Column("projectId", String(191), key="project_id", nullable=False),
    Column("event", EnumText(WebhookEvent), nullable=False),
    Column("body", Text, nullable=False),
    time_column("createdAt", "created_at"),
    time_column("dueAt", "due_at", nullable=True),
    Column("status", Integer, nullable=True),
    Column("error", Text, nullable=True),
    time_column("deliveredAt", "delivered_at", nullable=True),
    *claimable(),
    Index(None, "webhook_id", "created_at"),
    Index(None, "webhook_id", "due_at"),
    Index(None, "due_at"),
    Index(None, "created_at"),
)
