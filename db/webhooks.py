"""Webhooks and their deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import RowMapping, delete, select

from db.repository import TableRepository, columns_of
from db.tables import webhook_deliveries, webhooks
from domain.models.webhook import Webhook, WebhookDelivery, WebhookEvent
from domain.paging import Page, PageRequest

_NEWEST_FIRST = (webhooks.c.created_at.desc(), webhooks.c.id.desc())


class SqlWebhooks(TableRepository[Webhook]):
    """Fulfils domain.ports.Webhooks."""

    table = webhooks
    entity = Webhook

    def load(self, row: RowMapping) -> Webhook:
        webhook = super().load(row)
        return replace(webhook, events=tuple(WebhookEvent(event) for event in webhook.events))

    async def of_projects(self, project_ids: Iterable[str]) -> dict[str, list[Webhook]]:
        return await self.all_of(webhooks.c.project_id, project_ids, *_NEWEST_FIRST)

    async def wanting(self, project_id: str, event: WebhookEvent) -> Sequence[Webhook]:
        mine = select(*columns_of(webhooks)).where(webhooks.c.project_id == project_id).order_by(*_NEWEST_FIRST)
        # Locked: were one deleted just now, its delivery would refer to nothing and undo the whole transaction.
        return [webhook for webhook in await self.all(mine.with_for_update(read=True)) if event in webhook.events]

    async def remove(self, webhook_id: str) -> None:
        await self.connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))


class SqlWebhookDeliveries(TableRepository[WebhookDelivery]):
    """Fulfils domain.ports.WebhookDeliveries."""

    table = webhook_deliveries
    entity = WebhookDelivery

    async def pages(self, webhook_ids: Iterable[str], request: PageRequest) -> dict[str, Page[WebhookDelivery]]:
        return await self.pages_of(webhook_deliveries.c.webhook_id, webhook_ids, request, long=True)

    async def counts(self, webhook_ids: Iterable[str]) -> dict[str, int]:
        return await self.counts_of(webhook_deliveries.c.webhook_id, webhook_ids)

    async def remove_older(self, than: datetime, limit: int) -> int:
        old = select(webhook_deliveries.c.id).where(webhook_deliveries.c.created_at < than).limit(limit)
        ids = (await self.connection.execute(old)).scalars().all()
        if ids:
            await self.connection.execute(delete(webhook_deliveries).where(webhook_deliveries.c.id.in_(ids)))
        return len(ids)
