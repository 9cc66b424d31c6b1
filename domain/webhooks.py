"""Webhooks of a project: made, deleted, shown. Their addresses may hold secrets, so managers alone see them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.ids import new_id
from domain.models.people import Principal, TeamRole
from domain.models.webhook import Webhook, WebhookDelivery, WebhookEvent
from domain.policies import Action, authorize_project, may
from domain.ports import Database, UnitOfWork
from domain.webhook_target import checked_target

PREFIX = "whsec_"
"""How every secret begins, so that people and scanners for lost secrets know one when they see it."""
MAX_WEBHOOKS = 20
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class CreateWebhook:
    project_id: str
    url: str
    events: Sequence[WebhookEvent]


async def create_webhook(
    database: Database, principal: Principal, command: CreateWebhook, private_targets: bool
) -> Webhook:
    """A new webhook with its secret. Raises INVALID for an address that checked_target refuses or without an event, and
    LIMIT for a project that has too many."""

    async def work(uow: UnitOfWork) -> Webhook:
        await uow.projects.lock(command.project_id)
        project = await authorize_project(uow, principal, command.project_id, Action.MANAGE_WEBHOOKS)
        checked_target(command.url, private_targets, "input", "url")
        if not command.events:
            raise invalid("Name at least one event.", "input", "events")
        if len((await uow.webhooks.of_projects([project.id])).get(project.id, [])) >= MAX_WEBHOOKS:
            text = f"A project has at most {MAX_WEBHOOKS} webhooks: delete one that is not used any more."
            raise DomainError(ErrorCode.LIMIT, text)
        webhook = Webhook(
            id=new_id(),
            project_id=project.id,
            url=command.url,
            events=tuple(dict.fromkeys(command.events)),
            secret=PREFIX + secrets.token_hex(_SECRET_BYTES),
            created_at=datetime.now(UTC),
            created_by_id=principal.user_id,
        )
        await uow.webhooks.add(webhook)
        return webhook

    return await database.write(work)


async def delete_webhook(database: Database, principal: Principal, webhook_id: str) -> None:
    """Deletes the webhook with its deliveries: nothing is sent to it from now on."""

    async def work(uow: UnitOfWork) -> None:
        webhook = await uow.webhooks.get(webhook_id)
        if webhook is None:
            raise not_found("webhook")
        await authorize_project(uow, principal, webhook.project_id, Action.MANAGE_WEBHOOKS, "webhook")
        await uow.webhooks.remove(webhook.id)

    await database.write(work)


def sees_webhooks(role: TeamRole) -> bool:
    """Whether the webhooks of a project are shown to who has that role in its team. To others they are not there."""
    return may(role, Action.MANAGE_WEBHOOKS)


async def find_webhook(uow: UnitOfWork, principal: Principal, id_: str) -> Webhook | WebhookDelivery | None:
    """The webhook or delivery of that id, when the caller sees it."""
    found = await uow.webhooks.get(id_) or await uow.webhook_deliveries.get(id_)
    project = await uow.projects.get(found.project_id) if found is not None else None
    role = await uow.people.role(project.team_id, principal.user_id) if project is not None else None
    return found if role is not None and sees_webhooks(role) else None
