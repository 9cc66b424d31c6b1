"""Measuring trained models and choosing the one a project detects with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from domain.errors import DomainError, ErrorCode, not_found
from domain.events import tell_deployment, tell_evaluation, tell_project
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.models.model import (
    DeploymentStatus,
    EvaluationStatus,
    InferenceBackend,
    ModelDeployment,
    ModelEvaluation,
    ModelMetrics,
    TrainedModel,
)
from domain.models.people import Principal
from domain.models.version import Notice, Split
from domain.policies import Action, authorize_project
from domain.ports import Database, UnitOfWork
from domain.transitions import transition
from domain.versions import readable_version

MAX_NOTE = 2000


async def readable_model(uow: UnitOfWork, principal: Principal, model_id: str, action: Action) -> TrainedModel:
    """The model, when the caller may do `action` in its project. Raises as `authorize_project` does."""
    model = await uow.models.get(model_id)
    if model is None:
        raise not_found("model")
    await authorize_project(uow, principal, model.project_id, action, "model")
    return model


async def evaluate_model(
    database: Database, principal: Principal, model_id: str, version_id: str, split: Split
) -> ModelEvaluation:
    """The evaluation of a model on one split of a version: the one there is, or a QUEUED one."""

    async def work(uow: UnitOfWork) -> ModelEvaluation:
        version = await readable_version(uow, principal, version_id, Action.EVALUATE)
        await uow.projects.lock(version.project_id)
        model = await readable_model(uow, principal, model_id, Action.EVALUATE)
        if model.team_id != version.team_id:
            raise not_found("model")
        sizes = version.split_counts
        count = {Split.TRAIN: sizes.train, Split.VAL: sizes.val, Split.TEST: sizes.test}[split]
        if version.manifest is None or count == 0:
            text = f"v{version.version} has no {split.value} images to evaluate on."
            raise DomainError(ErrorCode.NOT_READY, text, ("versionId",))
        existing = await uow.evaluations.find(model.id, version.id, split)
        if existing is not None:
            return existing
        evaluation = ModelEvaluation(
            id=new_id(),
            project_id=version.project_id,
            team_id=version.team_id,
            model_id=model.id,
            dataset_id=version.id,
            split=split,
            status=EvaluationStatus.QUEUED,
            failure_reason=None,
            metrics=None,
            seen_images=0,
            warnings=(),
            created_at=datetime.now(UTC),
        )
        await uow.evaluations.add(evaluation)
        tell_evaluation(uow, evaluation)
        uow.wake(JobKind.EVALUATION)
        return evaluation

    return await database.write(work)


async def seen_images(uow: UnitOfWork, model: TrainedModel, dataset_id: str, split: Split) -> int:
    """Images of that split that the model, or a model it started from, was trained on."""
    trained_on: list[str] = []
    ancestor: TrainedModel | None = model
    while ancestor is not None:
        if ancestor.dataset_id is not None:
            trained_on.append(ancestor.dataset_id)
        parent = ancestor.parent_model_id
        ancestor = await uow.models.get(parent) if parent is not None else None
    seen = await uow.version_assets.digests(trained_on, Split.TRAIN)
    return len(seen & await uow.version_assets.digests([dataset_id], split))


def evaluation_running(claim: Claim) -> Callable[[UnitOfWork], Awaitable[ModelEvaluation]]:
    async def work(uow: UnitOfWork) -> ModelEvaluation:
        evaluation = await _held_evaluation(uow, claim)
        status = transition(evaluation.status, EvaluationStatus.RUNNING)
        await uow.evaluations.write_claimed(claim, status=status)
        tell_evaluation(uow, evaluation)
        return replace(evaluation, status=status)

    return work


def evaluation_completed(
    claim: Claim, metrics: ModelMetrics, seen: int, notices: Sequence[Notice]
) -> Callable[[UnitOfWork], Awaitable[None]]:
    async def work(uow: UnitOfWork) -> None:
        evaluation = await _held_evaluation(uow, claim)
        await uow.evaluations.write_claimed(
            claim,
            status=transition(evaluation.status, EvaluationStatus.COMPLETED),
            metrics=metrics.to_json(),
            seen_images=seen,
            warnings=tuple(notices),
        )
        tell_evaluation(uow, evaluation)

    return work


def evaluation_failed(claim: Claim, reason: str) -> Callable[[UnitOfWork], Awaitable[None]]:
    async def work(uow: UnitOfWork) -> None:
        evaluation = await _held_evaluation(uow, claim)
        status = transition(evaluation.status, EvaluationStatus.FAILED)
        await uow.evaluations.write_claimed(claim, status=status, failure_reason=reason)
        tell_evaluation(uow, evaluation)

    return work


async def _held_evaluation(uow: UnitOfWork, claim: Claim) -> ModelEvaluation:
    evaluation = await uow.evaluations.get(claim.id)
    if evaluation is None:
        raise not_found("evaluation")
    return evaluation


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
