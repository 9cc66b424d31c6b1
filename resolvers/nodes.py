"""`node(id:)`: ids are unique across types, so the first table that knows one is right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from domain.errors import DomainError, ErrorCode
from domain.models.people import Principal
from domain.models.webhook import Webhook as WebhookEntity
from domain.policies import Action, authorize_project, authorize_team
from domain.ports import UnitOfWork
from domain.webhooks import find_webhook
from schema.annotations import Annotation, PendingAnnotation
from schema.api_tokens import ApiToken
from schema.assets import Asset, UploadBatch
from schema.checks import VersionCheck
from schema.context import Context
from schema.detections import DetectionJob
from schema.exports import VersionExport
from schema.imports import ImportJob
from schema.models import ModelDeployment, ModelEvaluation, TrainedModel
from schema.node import Node
from schema.people import Team, User
from schema.projects import Project
from schema.training import TrainingJob
from schema.versions import DatasetVersion
from schema.webhooks import Webhook, WebhookDelivery


class _OfProject(Protocol):
    @property
    def project_id(self) -> str: ...


_KINDS: Sequence[tuple[Callable[[UnitOfWork, str], Awaitable[Any]], Callable[[Any], Node]]] = (
    (lambda uow, id_: uow.assets.get(id_), Asset.of),
    (lambda uow, id_: uow.batches.get(id_), UploadBatch.of),
    (lambda uow, id_: uow.imports.get(id_), ImportJob.of),
    (lambda uow, id_: uow.versions.get(id_), DatasetVersion.of),
    (lambda uow, id_: uow.checks.get(id_), VersionCheck.of),
    (lambda uow, id_: uow.exports.get(id_), VersionExport.of),
    (lambda uow, id_: uow.jobs.get(id_), TrainingJob.of),
    (lambda uow, id_: uow.models.get(id_), TrainedModel.of),
    (lambda uow, id_: uow.evaluations.get(id_), ModelEvaluation.of),
    (lambda uow, id_: uow.deployments.get(id_), ModelDeployment.of),
    (lambda uow, id_: uow.detections.get(id_), DetectionJob.of),
)
"""Tables whose rows name their project."""


async def find_node(context: Context, id_: str) -> Node | None:
    """The object of that id, or None when there is none that the caller may know of."""
    principal = context.principal

    async def work(uow: UnitOfWork) -> Node | None:
        try:
            return await _find(uow, principal, id_)
        except DomainError as error:
            if error.code is ErrorCode.NOT_FOUND:
                return None
            raise

    return await context.database.read(work)


async def _find(uow: UnitOfWork, principal: Principal, id_: str) -> Node | None:
    project = await uow.projects.get(id_)
    if project is not None:
        return Project.of(await authorize_project(uow, principal, project.id, Action.READ))
    for get, wrap in _KINDS:
        row: _OfProject | None = await get(uow, id_)
        if row is not None:
            await authorize_project(uow, principal, row.project_id, Action.READ)
            return wrap(row)
    note = await _find_annotation(uow, id_)
    if note is not None:
        asset_id, node = note
        asset = await uow.assets.get(asset_id)
        await authorize_project(uow, principal, asset.project_id if asset else "", Action.READ)
        return node
    news = await find_webhook(uow, principal, id_)
    if news is not None:
        return Webhook.of(news) if isinstance(news, WebhookEntity) else WebhookDelivery.of(news)
    return await _find_people(uow, principal, id_)


async def _find_annotation(uow: UnitOfWork, id_: str) -> tuple[str, Node] | None:
    """With the id of its image."""
    annotation = (await uow.annotations.get_many([id_])).get(id_)
    if annotation is not None:
        return annotation.asset_id, Annotation.of(annotation)
    pending = (await uow.pending.get_many([id_])).get(id_)
    return (pending.asset_id, PendingAnnotation.of(pending)) if pending is not None else None


async def _find_people(uow: UnitOfWork, principal: Principal, id_: str) -> Node | None:
    team = (await uow.people.teams([id_])).get(id_)
    if team is not None:
        await authorize_team(uow, principal, team.id, Action.READ)
        return Team.of(team)
    token = await uow.api_tokens.get(id_)
    if token is not None:
        return ApiToken.of(token) if token.user_id == principal.user_id else None
    user = await uow.people.user(id_)
    if user is None:
        return None
    mine = {membership.team_id for membership in await uow.people.memberships_of(principal.user_id)}
    theirs = {membership.team_id for membership in await uow.people.memberships_of(user.id)}
    return User.of(user) if user.id == principal.user_id or mine & theirs else None
