"""Sends webhooks their deliveries, at least once each: one whose worker vanished is sent again, by another."""

from __future__ import annotations

from adapters.metrics.work import Delivered, delivered
from domain.jobs import Claim, JobKind
from domain.models.webhook import Webhook, WebhookDelivery
from domain.ports import Database, UnitOfWork, WebhookError, WebhookSender
from domain.webhook_delivery import answered, delivery_headers, fault, in_vain


class Delivery:
    """Fulfils workers.claims.Handler. What the receiver does wrong is no failure of the work."""

    kind = JobKind.WEBHOOK_DELIVERY
    slots = 4

    def __init__(self, database: Database, sender: WebhookSender) -> None:
        self._database = database
        self._sender = sender

    async def run(self, claim: Claim) -> None:
        found = await self._database.read(lambda uow: _inputs(uow, claim))
        if found is None:
            return  # the webhook was deleted
        webhook, delivery = found
        headers = delivery_headers(delivery, webhook.secret)
        try:
            status = await self._sender.send(webhook.url, headers, delivery.body.encode())
        except WebhookError as error:
            delivered(Delivered.UNREACHABLE)
            await self._database.write(in_vain(claim, str(error)))
        else:
            delivered(Delivered.TAKEN if fault(status) is None else Delivered.REFUSED)
            await self._database.write(answered(claim, status))

    async def fail(self, claim: Claim, reason: str) -> None:
        """What went wrong here is one more try in vain, and no reason to give the delivery up."""
        await self._database.write(in_vain(claim, reason))


async def _inputs(uow: UnitOfWork, claim: Claim) -> tuple[Webhook, WebhookDelivery] | None:
    delivery = await uow.webhook_deliveries.get(claim.id)
    webhook = await uow.webhooks.get(delivery.webhook_id) if delivery is not None else None
    return None if delivery is None or webhook is None else (webhook, delivery)
