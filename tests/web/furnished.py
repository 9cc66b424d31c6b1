"""A project with something of everything on its pages: made over the API, with what models found put beside."""

from __future__ import annotations

from dataclasses import dataclass

from domain.models.asset import Asset
from domain.ports import UnitOfWork
from live.imagery import palms_or_fields
from live.server import LiveServer
from live.team import Team, team_on
from seeds import add_pending, silent_database

OWNER = "person@example.org"
"""Whom live.team signs in: the owner of the project's team."""

VIEWER = "viewer@example.org"
WEBHOOK = "https://hooks.example.invalid/agridrone"
"""Nobody ever answers there."""

_IMAGES = 12
_SPLITS = {"train": 0.5, "val": 0.25, "test": 0.25}
_DEPLOY = """
mutation ($input: DeployModelInput!) {
  deployModel(input: $input) { deployment { id } userErrors { code message field } }
}
"""
_EVALUATE = """
mutation ($modelId: ID!, $versionId: ID!) {
  evaluateModel(modelId: $modelId, versionId: $versionId) { evaluation { id } userErrors { code message field } }
}
"""
_MEMBER = """
mutation ($input: TeamMemberInput!) { setTeamMember(input: $input) { userErrors { code message field } } }
"""
_HOOK = """
mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { userErrors { code message field } } }
"""
_EVENTS = ["VERSION_READY", "TRAINING_COMPLETED", "MODEL_DEPLOYED"]
_TEAM = "query ($id: ID!) { project(id: $id) { team { id } } }"


@dataclass(frozen=True)
class Furnished:
    """Two versions, the trainings from them and their models, the first of which is deployed; images to review; and a
    webhook that is told of it."""

    project_id: str
    asset_id: str
    job_ids: tuple[str, str]
    model_ids: tuple[str, str]

    @property
    def base(self) -> str:
        return f"/projects/{self.project_id}"


async def furnish(server: LiveServer) -> Furnished:
    async with team_on(server) as team:
        hook = {"projectId": team.project_id, "url": WEBHOOK, "events": _EVENTS}
        await team.client.call(_HOOK, input=hook)
        assets = list((await team.upload(palms_or_fields()[:_IMAGES])).values())
        jobs, models = [], []
        for name in ("First flight", "Second flight"):
            version = await team.frozen_version(displayName=name, splits=_SPLITS, filters={"includeEmpty": True})
            job_id = await team.start_training(version["id"], epochs=2, image_size=64)
            async for event in team.training_events(job_id):
                last = event
            assert last["status"] == "COMPLETED", last
            jobs.append(job_id)
            models.append((await team.job(job_id))["model"]["id"])
        order = {"projectId": team.project_id, "model": {"modelId": models[0]}}
        await team.client.call(_DEPLOY, input=order)
        await team.client.call(_EVALUATE, modelId=models[0], versionId=version["id"])
        await _let_view(server, team)
    await _find_something(server, assets[:3])
    return Furnished(team.project_id, assets[0], (jobs[0], jobs[1]), (models[0], models[1]))


async def _let_view(server: LiveServer, team: Team) -> None:
    """Somebody of a team of their own, who only looks at this one."""
    server.token(VIEWER)
    team_id = (await team.client.call(_TEAM, id=team.project_id))["team"]["id"]
    await team.client.call(_MEMBER, input={"teamId": team_id, "email": VIEWER, "role": "VIEWER"})


async def _find_something(server: LiveServer, asset_ids: list[str]) -> None:
    """What waits for review: a model of two epochs finds nothing, so it is put there."""
    database = silent_database(server.database_url)

    async def read(uow: UnitOfWork) -> list[Asset]:
        return list((await uow.assets.get_many(asset_ids)).values())

    for asset in await database.read(read):
        for confidence in (0.9, 0.4):
            await add_pending(database, asset, "oil_palm", confidence)
    await database.close()
