"""Webhooks for tests, and what is to be sent to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update

from db.database import SqlDatabase
from db.tables import webhook_deliveries
from domain.ids import new_id
from domain.models.project import Project
from domain.models.webhook import Webhook, WebhookDelivery, WebhookEvent
from domain.paging import PageRequest

SECRET = "whsec_" + "5e" * 32


async def add_webhook(
    database: SqlDatabase,
    project: Project,
    url: str = "https://hooks.example.org/agridrone",
    events: Sequence[WebhookEvent] = tuple(WebhookEvent),
) -> Webhook:
    webhook = Webhook(new_id(), project.id, url, tuple(events), SECRET, datetime.now(UTC), None)
    await database.write(lambda uow: uow.webhooks.add(webhook))
    return webhook


async def add_delivery(database: SqlDatabase, webhook: Webhook) -> WebhookDelivery:
    """A delivery that is due."""
    id_, now = new_id(), datetime.now(UTC)
    body = json.dumps({"id": id_})
    due_at = now.replace(microsecond=0)
    delivery = WebhookDelivery(id_, webhook.id, webhook.project_id, WebhookEvent.VERSION_READY, body, now, due_at)
    await database.write(lambda uow: uow.webhook_deliveries.add(delivery))
    return delivery


async def deliveries_of(database: SqlDatabase, webhook: Webhook) -> list[WebhookDelivery]:
    """Oldest first."""
    pages = await database.read(lambda uow: uow.webhook_deliveries.pages([webhook.id], PageRequest(200)))
    page = pages[webhook.id]
    return list(page.items)[::-1]


async def news_of(database: SqlDatabase, webhook: Webhook) -> list[dict[str, Any]]:
    """The bodies of all deliveries, oldest first."""
    return [json.loads(delivery.body) for delivery in await deliveries_of(database, webhook)]


async def change_delivery(database: SqlDatabase, delivery: WebhookDelivery, **values: Any) -> None:
    async with database.engine.begin() as connection:
        mine = webhook_deliveries.c.id == delivery.id
        await connection.execute(update(webhook_deliveries).where(mine).values(**values))
