"""Who may do what. Another team's anything is NOT_FOUND; too low a role in the own team is FORBIDDEN, and so is what
the caller's API token is not for."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from domain.errors import DomainError, ErrorCode, not_found
from domain.models.api_token import TokenScope
from domain.models.people import Principal, TeamRole
from domain.models.project import Project
from domain.ports import UnitOfWork


class Action(StrEnum):
    """What a mutation or subscription does; each declares one."""

    READ = "READ"
    CREATE_PROJECT = "CREATE_PROJECT"
    UPDATE_PROJECT = "UPDATE_PROJECT"
    UPLOAD = "UPLOAD"
    ANNOTATE = "ANNOTATE"
    DELETE_ASSETS = "DELETE_ASSETS"
    IMPORT = "IMPORT"
    EXPORT = "EXPORT"
    CREATE_VERSION = "CREATE_VERSION"
    MANAGE_VERSION = "MANAGE_VERSION"
    EXPORT_VERSION = "EXPORT_VERSION"
    TRAIN = "TRAIN"
    EVALUATE = "EVALUATE"
    DEPLOY = "DEPLOY"
    DETECT = "DETECT"
    LOAD_MODEL = "LOAD_MODEL"
    UNLOAD_MODEL = "UNLOAD_MODEL"
    MANAGE_MEMBERS = "MANAGE_MEMBERS"
    MANAGE_TOKENS = "MANAGE_TOKENS"
    MANAGE_WEBHOOKS = "MANAGE_WEBHOOKS"


_RANK = {TeamRole.VIEWER: 0, TeamRole.MEMBER: 1, TeamRole.MANAGER: 2, TeamRole.OWNER: 3}

ROLE_NEEDED = {
    Action.READ: TeamRole.VIEWER,
    Action.CREATE_PROJECT: TeamRole.MANAGER,
    Action.UPDATE_PROJECT: TeamRole.MANAGER,
    Action.UPLOAD: TeamRole.MEMBER,
    Action.ANNOTATE: TeamRole.MEMBER,
    Action.DELETE_ASSETS: TeamRole.MEMBER,
    Action.IMPORT: TeamRole.MEMBER,
    Action.EXPORT: TeamRole.MEMBER,
    Action.CREATE_VERSION: TeamRole.MANAGER,
    Action.MANAGE_VERSION: TeamRole.MANAGER,
    Action.EXPORT_VERSION: TeamRole.MEMBER,
    Action.TRAIN: TeamRole.MANAGER,
    Action.EVALUATE: TeamRole.MANAGER,
    Action.DEPLOY: TeamRole.MANAGER,
    Action.DETECT: TeamRole.MEMBER,
    Action.LOAD_MODEL: TeamRole.MANAGER,
    Action.UNLOAD_MODEL: TeamRole.MANAGER,
    Action.MANAGE_MEMBERS: TeamRole.OWNER,
    Action.MANAGE_TOKENS: TeamRole.VIEWER,
    Action.MANAGE_WEBHOOKS: TeamRole.MANAGER,
}

BEHIND_FEATURE = frozenset(
    {Action.CREATE_VERSION, Action.MANAGE_VERSION, Action.EXPORT_VERSION, Action.TRAIN, Action.EVALUATE}
)
"""Mutations that need `Project.features.datasetVersions`; reading versions stays possible without it."""


FOR_ADMIN_TOKENS = frozenset({Action.MANAGE_MEMBERS, Action.MANAGE_TOKENS})
"""What a token of scope WRITE is not for."""
_REACH = {TokenScope.READ: 0, TokenScope.WRITE: 1, TokenScope.ADMIN: 2}


def authorize_scope(principal: Principal, action: Action) -> None:
    """Raises FORBIDDEN when the API token that the caller signed in by is not for `action`."""
    if action is Action.READ:
        return
    needed = TokenScope.ADMIN if action in FOR_ADMIN_TOKENS else TokenScope.WRITE
    if _REACH[principal.scope] < _REACH[needed]:
        raise DomainError(
            ErrorCode.FORBIDDEN,
            f"This needs an API token of scope {needed.value}; the scope of yours is {principal.scope.value}.",
        )


def may(role: TeamRole, action: Action) -> bool:
    return _RANK[role] >= _RANK[ROLE_NEEDED[action]]


async def authorize_team(uow: UnitOfWork, principal: Principal, team_id: str, action: Action) -> TeamRole:
    """The caller's role in the team. Raises NOT_FOUND for a stranger, FORBIDDEN for too low a role."""
    role = await uow.people.role(team_id, principal.user_id)
    if role is None:
        raise not_found("team")
    _require(role, action)
    return role


async def authorize_project(
    uow: UnitOfWork, principal: Principal, project_id: str, action: Action, noun: str = "project"
) -> Project:
    """The project, when the caller's role in its team allows `action`.

    Raises NOT_FOUND (naming `noun`, what the caller asked for) for a stranger, FORBIDDEN for too low a role and
    FEATURE_DISABLED when the project's dataset versions are off and `action` needs them.
    """
    found = await uow.projects.of_member(project_id, principal.user_id)
    if found is None:
        raise not_found(noun)
    project, role = found
    _require(role, action)
    if action in BEHIND_FEATURE and not (project.dataset_versions or uow.versions_enabled_everywhere):
        raise DomainError(
            ErrorCode.FEATURE_DISABLED,
            "Dataset versions are switched off for this project; a manager can switch them on in its settings.",
        )
    return project


async def authorize_projects(
    uow: UnitOfWork, principal: Principal, project_ids: Iterable[str], action: Action, noun: str
) -> dict[str, Project]:
    """As authorize_project, of all projects that hold what the caller named. NOT_FOUND for any comes before FORBIDDEN
    for another, so that no answer tells whether another team's object is there."""
    distinct = sorted(set(project_ids))
    for project_id in distinct:
        await authorize_project(uow, principal, project_id, Action.READ, noun)
    return {one: await authorize_project(uow, principal, one, action, noun) for one in distinct}


async def authorize_any_team(uow: UnitOfWork, principal: Principal, action: Action, noun: str) -> None:
    """For what all teams share. Raises NOT_FOUND (naming `noun`, what the caller asked for) for who is in no team, and
    FORBIDDEN when the caller's role is too low in each."""
    memberships = await uow.people.memberships_of(principal.user_id)
    if not memberships:
        raise not_found(noun)
    _require(max((membership.role for membership in memberships), key=_RANK.__getitem__), action)


def _require(role: TeamRole, action: Action) -> None:
    if not may(role, action):
        needed = ROLE_NEEDED[action].value.lower()
        raise DomainError(ErrorCode.FORBIDDEN, f"This needs the role {needed} or above; yours is {role.value.lower()}.")
