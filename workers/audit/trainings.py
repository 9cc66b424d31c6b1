"""Trainings and the models they made."""

from __future__ import annotations

from domain.models.audit import ModelOrigin, ProjectDeployments, TrainingOutcome
from domain.models.training import TrainingJobStatus
from domain.ports import Database
from workers.audit.check import Check
from workers.audit.finding import Finding
from workers.audit.row_check import RowCheck

RESULTS, EPOCHS, ORIGINS, DEPLOYMENTS = "training-results", "training-epochs", "model-origins", "active-deployments"


def training_checks(database: Database) -> list[Check]:
    return [
        RowCheck(
            database, RESULTS, "trainings", lambda uow, portion: uow.audit.training_outcomes(portion), training_results
        ),
        RowCheck(
            database, EPOCHS, "trainings", lambda uow, portion: uow.audit.training_outcomes(portion), training_epochs
        ),
        RowCheck(database, ORIGINS, "models", lambda uow, portion: uow.audit.model_origins(portion), model_origin),
        RowCheck(
            database, DEPLOYMENTS, "projects", lambda uow, portion: uow.audit.deployments(portion), active_deployment
        ),
    ]


def training_results(one: TrainingOutcome) -> Finding | None:
    """A COMPLETED training has one model, any other one none."""
    wanted = 1 if one.status is TrainingJobStatus.COMPLETED else 0
    if one.models == wanted:
        return None
    message = (
        f"It is {one.status} with {one.models} models instead of {wanted}: its row or the model's was written by "
        "something else than its worker. Restore both from a backup of the database, or train again."
    )
    return Finding(RESULTS, _named(one), message)


def training_epochs(one: TrainingOutcome) -> Finding | None:
    """The epochs that a training has completed are kept from 1 on without a gap."""
    if one.epochs == one.epoch == (one.last_epoch or 0):
        return None
    message = (
        f"It has completed {one.epoch:,} epochs, but {one.epochs:,} are kept, up to number {one.last_epoch or 0:,}: "
        "its curves have gaps. Nothing else suffers; restore the rows of TrainingEpoch from a backup of the database."
    )
    return Finding(EPOCHS, _named(one), message)


def model_origin(one: ModelOrigin) -> Finding | None:
    """The training that a model names is there."""
    if one.job_is_there:
        return None
    message = (
        f"It names the training {one.job_id}, which is gone, so nobody can tell what it was trained from. Restore that "
        "row of TrainingJob from a backup of the database."
    )
    return Finding(ORIGINS, f"model {one.name} ({one.id}) of project {one.project_id}", message)


def active_deployment(one: ProjectDeployments) -> Finding | None:
    """A project has one ACTIVE deployment at most, detects with its model where that is one of ours, and the model that
    it detects with is one of its team's."""
    fault = None
    if one.active > 1:
        fault = f"{one.active} of its deployments are ACTIVE at once; deploy the right model again, which ends one."
    elif one.active_model_id is not None and not one.model_is_there:
        fault = f"It detects with the model {one.active_model_id}, which its team does not have; deploy another one."
    elif one.deployed_model_id is not None and one.deployed_model_id != one.active_model_id:
        fault = (
            f"The model {one.deployed_model_id} is deployed, but it detects with {one.active_model_id or 'none'}; "
            "deploy the right one again."
        )
    return Finding(DEPLOYMENTS, f"project {one.id}", fault) if fault is not None else None


def _named(one: TrainingOutcome) -> str:
    return f"training {one.id} of project {one.project_id}"
