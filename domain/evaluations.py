"""Measuring trained models on the splits of versions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from domain.errors import DomainError, ErrorCode, not_found
from domain.evaluation_notices import notices_of
from domain.events import tell_evaluation
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.lineage import Lineage, lineage_of
from domain.models.model import EvaluationStatus, ModelEvaluation, ModelMetrics, TrainedModel
from domain.models.people import Principal
from domain.models.version import DatasetVersion, Notice, Split
from domain.models_registry import readable_model
from domain.policies import Action
from domain.ports import Database, UnitOfWork
from domain.transitions import transition
from domain.versions import readable_version, require_usable


async def evaluate_model(
    database: Database, principal: Principal, model_id: str, version_id: str, split: Split
) -> ModelEvaluation:
    """The evaluation of a model on one split of a version: the one there is, or a QUEUED one; or one that is COMPLETED
    at once, with what was measured on another version of equal content."""

    async def work(uow: UnitOfWork) -> ModelEvaluation:
        version = await readable_version(uow, principal, version_id, Action.EVALUATE)
        await uow.projects.lock(version.project_id)
        model = await readable_model(uow, principal, model_id, Action.EVALUATE)
        if model.team_id != version.team_id:
            raise not_found("model")
        version = await uow.versions.lock(version.id) or version
        await require_usable(uow, version, "versionId")
        if version.split_counts.of([split]) == 0:
            text = f"v{version.version} has no {split.value} images to evaluate on."
            raise DomainError(ErrorCode.NOT_READY, text, ("versionId",))
        existing = await uow.evaluations.find(model.id, version.id, split)
        if existing is not None:
            return existing
        evaluation = await _measured_before(uow, _queued(model, version, split), model, version)
        await uow.evaluations.add(evaluation)
        tell_evaluation(uow, evaluation)
        if evaluation.status is EvaluationStatus.QUEUED:
            uow.wake(JobKind.EVALUATION, evaluation.id)
        return evaluation

    return await database.write(work)


def _queued(model: TrainedModel, version: DatasetVersion, split: Split) -> ModelEvaluation:
    return ModelEvaluation(
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


async def _measured_before(
    uow: UnitOfWork, queued: ModelEvaluation, model: TrainedModel, version: DatasetVersion
) -> ModelEvaluation:
    """Completed, where a version with the same pictures and labels was measured: the content digest is over both, and
    over the settings that decide what becomes of them."""
    same = await uow.evaluations.completed_on_equal(model.id, version, queued.split)
    if same is None:
        return queued
    lineage = await lineage_of(uow, model)
    return replace(
        queued,
        status=EvaluationStatus.COMPLETED,
        metrics=same.metrics,
        seen_images=await seen_images(uow, lineage, version.id, queued.split),
        warnings=notices_of(model, version, lineage, same.warnings),
    )


async def seen_images(uow: UnitOfWork, lineage: Lineage, dataset_id: str, split: Split) -> int:
    """Images of that split that the model, or a model it started from, was trained on, as far as that is known."""
    if not lineage.trained_on:
        return 0
    seen = await uow.version_assets.digests(lineage.trained_on, Split.TRAIN)
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
