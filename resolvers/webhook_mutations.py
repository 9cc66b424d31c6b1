"""Mutations on webhooks."""

from __future__ import annotations

import strawberry

from domain.policies import Action
from domain.webhooks import create_webhook, delete_webhook
from resolvers.permissions import mutates
from schema.context import Info
from schema.payload import DeletePayload
from schema.webhooks import CreateWebhookInput, Webhook, WebhookPayload


@strawberry.type
class WebhookMutations:
    @strawberry.mutation(
        description="Sends news of the project to an address that everybody can reach, by https; others have to be "
        "allowed by the server's operator."
    )
    @mutates(Action.MANAGE_WEBHOOKS, WebhookPayload)
    async def create_webhook(self, info: Info, input: CreateWebhookInput) -> WebhookPayload:  # noqa: A002
        context = info.context
        webhook = await create_webhook(
            context.database, context.principal, input.decode(), context.private_webhook_targets
        )
        return WebhookPayload(webhook=Webhook.of(webhook), secret=webhook.secret)

    @strawberry.mutation(description="With its deliveries: nothing more is sent to it.")
    @mutates(Action.MANAGE_WEBHOOKS, DeletePayload)
    async def delete_webhook(self, info: Info, id: strawberry.ID) -> DeletePayload:  # noqa: A002
        await delete_webhook(info.context.database, info.context.principal, id)
        return DeletePayload(deleted_ids=[id])
