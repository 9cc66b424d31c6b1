"""Webhooks and what was sent to them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.models.webhook import Webhook as WebhookEntity
from domain.models.webhook import WebhookDelivery as WebhookDeliveryEntity
from domain.models.webhook import WebhookEvent
from domain.webhooks import CreateWebhook
from schema.context import Info
from schema.node import Connection, Node
from schema.payload import Payload

strawberry.enum(WebhookEvent)


@strawberry.type(description="At every try the same body under the same id, so that a receiver knows it again.")
class WebhookDelivery(Node):
    event: WebhookEvent
    attempts: int = strawberry.field(description="Tries, the one under way included.")
    status: int | None = strawberry.field(description="The HTTP status that answered the last try; null without one.")
    error: str | None = strawberry.field(description="Why the last try was in vain.")
    created_at: datetime
    delivered_at: datetime | None
    next_try_at: datetime | None = strawberry.field(description="Null when it was delivered or given up.")

    @classmethod
    def of(cls, delivery: WebhookDeliveryEntity) -> WebhookDelivery:
        return cls(
            id=strawberry.ID(delivery.id),
            event=delivery.event,
            attempts=delivery.attempt,
            status=delivery.status,
            error=delivery.error,
            created_at=delivery.created_at,
            delivered_at=delivery.delivered_at,
            next_try_at=delivery.due_at,
        )


@strawberry.type(description="Each delivery is a POST of JSON, signed: `X-Signature: sha256=<HMAC of the body>`.")
class Webhook(Node):
    url: str
    events: list[WebhookEvent]
    created_at: datetime

    @classmethod
    def of(cls, webhook: WebhookEntity) -> Webhook:
        return cls(
            id=strawberry.ID(webhook.id),
            url=webhook.url,
            events=list(webhook.events),
            created_at=webhook.created_at,
        )

    @strawberry.field(description="Newest first, of the last 30 days.")
    async def deliveries(
        self, info: Info, first: int | None = 50, after: str | None = None
    ) -> Connection[WebhookDelivery]:
        lists = info.context.loaders.deliveries_of_webhook
        return await lists.connection(self.id, first, after, WebhookDelivery.of)


@strawberry.input
class CreateWebhookInput:
    project_id: strawberry.ID
    url: str
    events: list[WebhookEvent]

    def decode(self) -> CreateWebhook:
        return CreateWebhook(self.project_id, self.url, self.events)


@strawberry.type(description="The secret is shown once.")
class WebhookPayload(Payload):
    webhook: Webhook | None = None
    secret: str | None = None
