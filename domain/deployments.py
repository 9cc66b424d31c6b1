"""Choosing the model that a project detects with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from domain.errors import DomainError, ErrorCode, not_found
from domain.events import tell_deployment, tell_project
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.models.model import DeploymentStatus, InferenceBackend, ModelDeployment
from domain.models.people import Principal
from domain.policies import Action, authorize_project
from domain.ports import Database, UnitOfWork
from domain.transitions import transition

MAX_NOTE = 2000


async def deploy_model(
    database: Database,
    principal: Principal,
    project_id: str,
    model_id: str,
    backend: InferenceBackend | None,
    note: str | None,
) -> ModelDeployment:
    """A PENDING deployment; it becomes ACTIVE once a worker loaded the model and it answered a health check."""

    async def work(uow: UnitOfWork) -> ModelDeployment:
        project = await authorize_project(uow, principal, project_id, Action.DEPLOY)
        model = await uow.models.get(model_id)
        if model is None or model.team_id != project.team_id:
            raise not_found("model")
        if model.sha256 is None or model.preprocessing is None:
            text = f"{model.name} has no recorded checksum or preprocessing, so it cannot be loaded safely."
            raise DomainError(ErrorCode.NOT_READY, text, ("input", "model", "modelId"))
        if note is not None and len(note) > MAX_NOTE:
            raise DomainError(ErrorCode.INVALID, f"A note has at most {MAX_NOTE} characters.", ("input", "note"))
        deployment = ModelDeployment(
            id=new_id(),
            project_id=project.id,
            team_id=project.team_id,
            model_id=model.id,
            status=DeploymentStatus.PENDING,
            failure_reason=None,
            backend=backend or project.inference_backend,
            note=note,
            deployed_by_id=principal.user_id,
            deployed_at=datetime.now(UTC),
        )
        await uow.deployments.add(deployment)
        tell_deployment(uow, deployment)
        uow.wake(JobKind.DEPLOYMENT)
        return deployment

    return await database.write(work)


def deployment_active(claim: Claim) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The model answered: the project detects with it from now on, and the deployment before it is history.

    Unless a later deployment came first: then this one is history itself.
    """

    async def work(uow: UnitOfWork) -> None:
        deployment = await _held_deployment(uow, claim)
        await uow.projects.lock(deployment.project_id)
        before = await uow.deployments.active(deployment.project_id)
        if before is not None and before.deployed_at > deployment.deployed_at:
            late = transition(deployment.status, DeploymentStatus.SUPERSEDED)
            await uow.deployments.write_claimed(claim, status=late)
            tell_deployment(uow, deployment)
            return
        if before is not None:
            await uow.deployments.update(before.id, status=transition(before.status, DeploymentStatus.SUPERSEDED))
            tell_deployment(uow, before)
        status = transition(deployment.status, DeploymentStatus.ACTIVE)
        await uow.deployments.write_claimed(claim, status=status)
        await uow.projects.update(
            deployment.project_id, active_model_id=deployment.model_id, inference_backend=deployment.backend
        )
        tell_deployment(uow, deployment)
        project = await uow.projects.get(deployment.project_id)
        if project is not None:
            tell_project(uow, project)

    return work


def deployment_failed(claim: Claim, reason: str) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The model did not load or answer; the one before goes on detecting."""

    async def work(uow: UnitOfWork) -> None:
        deployment = await _held_deployment(uow, claim)
        status = transition(deployment.status, DeploymentStatus.FAILED)
        await uow.deployments.write_claimed(claim, status=status, failure_reason=reason)
        tell_deployment(uow, deployment)

    return work


async def _held_deployment(uow: UnitOfWork, claim: Claim) -> ModelDeployment:
    deployment = await uow.deployments.get(claim.id)
    if deployment is None:
        raise not_found("deployment")
    return deployment
