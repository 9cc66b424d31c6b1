"""The project that a command is to work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cli.client import Client

_PROJECTS = """
query ($after: String) {
  projects(first: 200, after: $after) { nodes { id name } pageInfo { hasNextPage endCursor } }
}
"""
_NAMES_SHOWN = 20


class ProjectChoiceError(Exception):
    """No project is meant, or more than one may be: a sentence with those there are."""


@dataclass(frozen=True)
class Project:
    id: str
    name: str


async def choose_project(client: Client, wanted: str) -> Project:
    """The caller's project of that id, or else the only one of that name. Raises ProjectChoiceError, ApiError."""
    projects = await _projects(client)
    for project in projects:
        if project.id == wanted:
            return project
    named = [project for project in projects if project.name == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(project.id for project in named)
        raise ProjectChoiceError(f"{len(named)} projects are named {wanted}; give the id of one by --project: {ids}.")
    if not projects:
        raise ProjectChoiceError("You have no projects on this server yet; make one, or ask to be taken into a team.")
    names = ", ".join(sorted(project.name for project in projects)[:_NAMES_SHOWN])
    more = f" and {len(projects) - _NAMES_SHOWN} more" if len(projects) > _NAMES_SHOWN else ""
    raise ProjectChoiceError(f"There is no project {wanted}. There are: {names}{more}.")


async def _projects(client: Client) -> list[Project]:
    found: list[Project] = []
    after: str | None = None
    while True:
        page: dict[str, Any] = await client.call(_PROJECTS, after=after)
        found += [Project(node["id"], node["name"]) for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]
