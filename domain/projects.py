"""Making and setting up projects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from domain.deployments import ModelToDeploy, add_deployment
from domain.errors import invalid
from domain.events import tell_project
from domain.ids import new_id
from domain.models.model import InferenceBackend
from domain.models.people import Principal
from domain.models.project import Project
from domain.policies import Action, authorize_project, authorize_team
from domain.ports import Database, UnitOfWork
from domain.roboflow_models import checked_models

MAX_NAME = 200


def checked_name(name: str, *field: str) -> str:
    """The name without outer blanks; INVALID when it is empty or longer than 200 characters."""
    stripped = name.strip()
    if not stripped:
        raise invalid("A name is needed.", *field)
    if len(stripped) > MAX_NAME:
        raise invalid(f"A name has at most {MAX_NAME} characters, this one has {len(stripped)}.", *field)
    return stripped


async def create_project(database: Database, principal: Principal, team_id: str, name: str) -> Project:
    async def work(uow: UnitOfWork) -> Project:
        await authorize_team(uow, principal, team_id, Action.CREATE_PROJECT)
        project = Project(
            id=new_id(),
            team_id=team_id,
            name=checked_name(name, "input", "name"),
            created_at=datetime.now(UTC),
            dataset_versions=False,
            active_model_id=None,
            inference_backend=InferenceBackend.AUTO,
        )
        await uow.projects.add(project)
        tell_project(uow, project)
        return project

    return await database.write(work)


@dataclass(frozen=True, slots=True)
class ProjectChanges:
    """None leaves a setting as it is."""

    name: str | None = None
    dataset_versions: bool | None = None
    inference_backend: InferenceBackend | None = None
    active_model_id: str | None = None
    active_roboflow_model: str | None = None
    roboflow_models: Sequence[str] | None = None
    detect_on_upload: bool | None = None


async def update_project(database: Database, principal: Principal, project_id: str, changes: ProjectChanges) -> Project:
    """Setting an active model is a deployment: the project detects with it once it answered a health check. Where both
    kinds are set, ours is the one that it detects with, and Roboflow's the fallback."""
    wanted = _wanted(changes)

    async def work(uow: UnitOfWork) -> Project:
        await uow.projects.lock(project_id)
        project = await authorize_project(uow, principal, project_id, Action.UPDATE_PROJECT)
        changed = replace(project, **wanted)
        if (
            changed.active_roboflow_model not in changed.roboflow_models
            and project.roboflow_models != changed.roboflow_models
        ):
            changed = replace(changed, active_roboflow_model=None)
        if changed != project:
            await uow.projects.update(project_id, **wanted, active_roboflow_model=changed.active_roboflow_model)
            tell_project(uow, changed)
        for model in _deployed(changes):
            await add_deployment(uow, principal, changed, model, changes.inference_backend)
        return changed

    return await database.write(work)


def _wanted(changes: ProjectChanges) -> dict[str, Any]:
    """What is set at once. Raises INVALID."""
    name, models = changes.name, changes.roboflow_models
    values = {
        "name": checked_name(name, "input", "name") if name is not None else None,
        "dataset_versions": changes.dataset_versions,
        "inference_backend": changes.inference_backend,
        "roboflow_models": checked_models(models, "input", "roboflowModels") if models is not None else None,
        "detect_on_upload": changes.detect_on_upload,
    }
    return {name: value for name, value in values.items() if value is not None}


def _deployed(changes: ProjectChanges) -> list[ModelToDeploy]:
    """The later one prevails."""
    ours, hosted = changes.active_model_id, changes.active_roboflow_model
    choices = [ModelToDeploy(None, hosted, ("input", "activeRoboflowModel"))] if hosted is not None else []
    return choices + ([ModelToDeploy(ours, None, ("input", "activeModelId"))] if ours is not None else [])
