"""Webhooks: addresses that hear of a project, and what was sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WebhookEvent(StrEnum):
    VERSION_READY = "VERSION_READY"
    VERSION_FAILED = "VERSION_FAILED"
    TRAINING_COMPLETED = "TRAINING_COMPLETED"
    TRAINING_FAILED = "TRAINING_FAILED"
    MODEL_DEPLOYED = "MODEL_DEPLOYED"
    DEPLOYMENT_FAILED = "DEPLOYMENT_FAILED"


@dataclass(frozen=True, slots=True)
class Webhook:
    """`secret` signs what is sent to `url`, so it is kept as it is."""

    id: str
    project_id: str
    url: str
    events: tuple[WebhookEvent, ...]
    secret: str
    created_at: datetime
    created_by_id: str | None


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One piece of news for one webhook. `body` is what is signed and sent, at every try the same; `attempt` counts the
    tries, `status` is the last answer's (HTTP), `error` says why the last one was in vain. The next try is due at
    `due_at`; without it the delivery is over: delivered, or given up."""

    id: str
    webhook_id: str
    project_id: str
    event: WebhookEvent
    body: str
    created_at: datetime
    due_at: datetime | None
    attempt: int = 0
    status: int | None = None
    error: str | None = None
    delivered_at: datetime | None = None
