"""Webhooks, what is to be sent to them, and who sends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.models.webhook import Webhook, WebhookDelivery, WebhookEvent
from domain.paging import Page, PageRequest
from domain.ports.repository import Repository


class Webhooks(Protocol):
    async def get(self, id_: str) -> Webhook | None: ...
    async def of_projects(self, project_ids: Iterable[str]) -> dict[str, list[Webhook]]:
        """The webhooks of each project that has some, newest first."""

    async def wanting(self, project_id: str, event: WebhookEvent) -> Sequence[Webhook]:
        """The project's webhooks that are to hear of it. They cannot be deleted until the end of the transaction."""

    async def add(self, *webhooks: Webhook) -> None: ...
    async def remove(self, webhook_id: str) -> None:
        """With its deliveries."""


class WebhookDeliveries(Repository[WebhookDelivery], Protocol):
    async def pages(self, webhook_ids: Iterable[str], request: PageRequest) -> dict[str, Page[WebhookDelivery]]:
        """Newest first."""

    async def counts(self, webhook_ids: Iterable[str]) -> dict[str, int]: ...
    async def remove_older(self, than: datetime, limit: int) -> int:
        """Deletes at most `limit` of those that were made before; returns how many."""


class WebhookError(Exception):
    """A try was in vain; the message is a sentence for the webhook's owner, and holds no secret."""


class WebhookSender(Protocol):
    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """POSTs the body and returns the answer's HTTP status, whatever it is. Raises WebhookError without an answer,
        and for an address that webhooks must not lead to."""
