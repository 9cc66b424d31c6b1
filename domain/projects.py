"""Making and setting up projects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from domain.errors import invalid
from domain.events import tell_project
from domain.ids import new_id
from domain.models.model import InferenceBackend
from domain.models.people import Principal
from domain.models.project import Project
from domain.policies import Action, authorize_project, authorize_team
from domain.ports import Database, UnitOfWork

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


async def update_project(database: Database, principal: Principal, project_id: str, changes: ProjectChanges) -> Project:
    async def work(uow: UnitOfWork) -> Project:
        await uow.projects.lock(project_id)
        project = await authorize_project(uow, principal, project_id, Action.UPDATE_PROJECT)
        wanted = {
            name: value
            for name, value in (
                ("name", checked_name(changes.name, "input", "name") if changes.name is not None else None),
                ("dataset_versions", changes.dataset_versions),
                ("inference_backend", changes.inference_backend),
            )
            if value is not None
        }
        if wanted:
            await uow.projects.update(project_id, **wanted)
            tell_project(uow, project)
        return replace(project, **wanted)  # type: ignore[arg-type]

    return await database.write(work)
