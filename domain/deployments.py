"""Choosing the model that a project detects with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.events import tell_deployment, tell_project
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.models.model import DeploymentStatus, InferenceBackend, ModelDeployment
from domain.models.people import Principal
from domain.models.project import Project
from domain.policies import Action, authorize_project
from domain.ports import Database, UnitOfWork
from domain.serving import served
from domain.transitions import transition
from domain.webhook_news import announce_deployment

MAX_NOTE = 2000


@dataclass(frozen=True, slots=True)
class ModelToDeploy:
    """Either `model_id` or `roboflow_model` is set; `field` is the path of the input that names it."""

    model_id: str | None
    roboflow_model: str | None
    field: tuple[str, ...]


async def deploy_model(
    database: Database,
    principal: Principal,
    project_id: str,
    model: ModelToDeploy,
    backend: InferenceBackend | None,
    note: str | None,
) -> ModelDeployment:
    """A PENDING deployment; it becomes ACTIVE once the model was loaded and answered a health check. Raises INVALID for
    a backend that the model does not run on."""
    if note is not None and len(note) > MAX_NOTE:
        raise invalid(f"A note has at most {MAX_NOTE} characters.", "input", "note")

    async def work(uow: UnitOfWork) -> ModelDeployment:
        project = await authorize_project(uow, principal, project_id, Action.DEPLOY)
        return await add_deployment(uow, principal, project, model, backend, note)

    return await database.write(work)


async def rollback_deployment(database: Database, principal: Principal, project_id: str) -> ModelDeployment:
    """A new deployment, PENDING as any, of what the project detected with before its current one; of two calls in a row
    the second goes back to where the first came from. Raises NOT_READY when there is nothing to go back to."""

    async def work(uow: UnitOfWork) -> ModelDeployment:
        project = await authorize_project(uow, principal, project_id, Action.DEPLOY)
        current = await uow.deployments.active(project.id)
        before = await uow.deployments.before(current) if current is not None else None
        if before is None:
            raise DomainError(ErrorCode.NOT_READY, "There is no earlier deployment to go back to.", ("projectId",))
        model = ModelToDeploy(before.model_id, before.roboflow_model, ("projectId",))
        note = f"Back to the deployment of {before.deployed_at:%Y-%m-%d %H:%M} UTC."
        return await add_deployment(uow, principal, project, model, before.backend, note)

    return await database.write(work)


async def add_deployment(
    uow: UnitOfWork,
    principal: Principal,
    project: Project,
    model: ModelToDeploy,
    backend: InferenceBackend | None,
    note: str | None = None,
) -> ModelDeployment:
    """Adds a PENDING deployment to the transaction. Raises as deploy_model does."""
    if model.model_id is not None:
        found = await uow.models.get(model.model_id)
        if found is None or found.team_id != project.team_id:
            raise not_found("model")
        served(found, *model.field)
    elif model.roboflow_model not in project.roboflow_models:
        text = f"{model.roboflow_model} is not among the project's Roboflow models; add it to its settings first."
        raise invalid(text, *model.field)
    deployment = ModelDeployment(
        id=new_id(),
        project_id=project.id,
        team_id=project.team_id,
        model_id=model.model_id,
        roboflow_model=model.roboflow_model,
        status=DeploymentStatus.PENDING,
        failure_reason=None,
        backend=_backend(project, model, backend),
        note=note,
        deployed_by_id=principal.user_id,
        deployed_at=datetime.now(UTC),
    )
    await uow.deployments.add(deployment)
    tell_deployment(uow, deployment)
    kind = JobKind.DEPLOYMENT if model.model_id is not None else JobKind.ROBOFLOW_DEPLOYMENT
    uow.wake(kind, deployment.id)
    return deployment


def _backend(project: Project, model: ModelToDeploy, backend: InferenceBackend | None) -> InferenceBackend:
    """Where none is named, one that has the project detect with the model from now on."""
    if model.model_id is not None:
        if backend is InferenceBackend.ROBOFLOW:
            raise invalid("A model of ours does not run on Roboflow; name backend LOCAL or AUTO.", "input", "backend")
        kept = project.inference_backend
        return backend or (InferenceBackend.AUTO if kept is InferenceBackend.ROBOFLOW else kept)
    if backend is InferenceBackend.LOCAL:
        raise invalid("A Roboflow model does not run locally; name ROBOFLOW or AUTO.", "input", "backend")
    return backend or InferenceBackend.ROBOFLOW


def deployment_active(claim: Claim) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The model answered: the project detects with it from now on, and the deployment before it is history.

    Unless a later deployment came first: then this one is history itself, and all it may be is the fallback of AUTO.
    Raises INVALID for a Roboflow model that the project lost meanwhile.
    """

    async def work(uow: UnitOfWork) -> None:
        deployment = await _held_deployment(uow, claim)
        await uow.projects.lock(deployment.project_id)
        await _check_still_there(uow, deployment)
        before = await uow.deployments.active(deployment.project_id)
        changes: dict[str, Any] = (
            {"active_model_id": deployment.model_id}
            if deployment.model_id is not None
            else {"active_roboflow_model": deployment.roboflow_model}
        )
        if before is not None and before.deployed_at > deployment.deployed_at:
            late = transition(deployment.status, DeploymentStatus.SUPERSEDED)
            await uow.deployments.write_claimed(claim, status=late)
            if (before.model_id is None) == (deployment.model_id is None):
                changes = {}
        else:
            if before is not None:
                await uow.deployments.update(before.id, status=transition(before.status, DeploymentStatus.SUPERSEDED))
                tell_deployment(uow, before)
            status = transition(deployment.status, DeploymentStatus.ACTIVE)
            await uow.deployments.write_claimed(claim, status=status, active_since=datetime.now(UTC))
            changes["inference_backend"] = deployment.backend
            await announce_deployment(uow, deployment, status)
        tell_deployment(uow, deployment)
        if changes:
            await uow.projects.update(deployment.project_id, **changes)
            project = await uow.projects.get(deployment.project_id)
            if project is not None:
                tell_project(uow, project)

    return work


async def _check_still_there(uow: UnitOfWork, deployment: ModelDeployment) -> None:
    project = await uow.projects.get(deployment.project_id)
    if project is None:
        raise not_found("project")
    if deployment.roboflow_model is not None and deployment.roboflow_model not in project.roboflow_models:
        raise invalid(f"{deployment.roboflow_model} is not among the project's Roboflow models any more.")


def deployment_failed(claim: Claim, reason: str) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The model did not load or answer; the one before goes on detecting."""

    async def work(uow: UnitOfWork) -> None:
        deployment = await _held_deployment(uow, claim)
        status = transition(deployment.status, DeploymentStatus.FAILED)
        await uow.deployments.write_claimed(claim, status=status, failure_reason=reason)
        tell_deployment(uow, deployment)
        await announce_deployment(uow, deployment, status, reason)

    return work


async def _held_deployment(uow: UnitOfWork, claim: Claim) -> ModelDeployment:
    deployment = await uow.deployments.get(claim.id)
    if deployment is None:
        raise not_found("deployment")
    return deployment
