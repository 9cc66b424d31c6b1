"""The demo's project on the server."""

from datetime import UTC, datetime

from cli.client import ApiError, Client

_VIEWER = "query { viewer { teams { role team { id name } } } }"
_CREATE = """
mutation ($input: CreateProjectInput!) {
  createProject(input: $input) { project { id } userErrors { code message field } }
}
"""
_SWITCH_ON = """
mutation ($input: UpdateProjectInput!) {
  updateProject(input: $input) {
    project { id features { datasetVersions } }
    userErrors { code message field }
  }
}
"""


async def make_project(client: Client) -> tuple[str, str]:
    """A new project with dataset versions switched on, in the viewer's team: (id, name)."""
    viewer = await client.call(_VIEWER)
    team = next((each["team"] for each in viewer["teams"] if each["role"] in ("OWNER", "MANAGER")), None)
    if team is None:
        raise ApiError("You are no manager of any team, and only managers may train: ask an owner to make you one.")
    name = f"Demo {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    made = await client.call(_CREATE, input={"teamId": team["id"], "name": name})
    project_id: str = made["project"]["id"]
    await client.call(_SWITCH_ON, input={"id": project_id, "datasetVersions": True})
    return project_id, name
