"""A deployment, asked for, awaited and told."""

from __future__ import annotations

import asyncio
from typing import Any

from cli.answer import tell
from cli.client import ApiError, Client
from cli.models import wording
from cli.screen import screen

_LOOK_SECONDS = 0.5
_DEPLOYMENT = """
id status failureReason backend note deployedAt roboflowModel model { id name } project { id name inferenceBackend }
"""
_DEPLOY = f"""
mutation ($input: DeployModelInput!) {{
  deployModel(input: $input) {{ deployment {{ {_DEPLOYMENT} }} userErrors {{ code message field }} }}
}}
"""
_ROLLBACK = f"""
mutation ($id: ID!) {{
  rollbackDeployment(projectId: $id) {{ deployment {{ {_DEPLOYMENT} }} userErrors {{ code message field }} }}
}}
"""
_DEPLOYED = f"query ($id: ID!) {{ node(id: $id) {{ ... on ModelDeployment {{ {_DEPLOYMENT} }} }} }}"


async def deploy_and_tell(
    client: Client, project_id: str, model: dict[str, str], backend: str | None, note: str | None, as_json: bool
) -> bool:
    """Has the project detect with the model, a ModelChoice; False when that failed. Raises ApiError."""
    wanted = {"projectId": project_id, "model": model, "backend": backend, "note": note}
    return await _settled(client, (await client.call(_DEPLOY, input=wanted))["deployment"], as_json)


async def roll_back_and_tell(client: Client, project_id: str, as_json: bool) -> bool:
    """Has the project detect with what it detected with before; False when that failed. Raises ApiError."""
    return await _settled(client, (await client.call(_ROLLBACK, id=project_id))["deployment"], as_json)


async def _settled(client: Client, deployment: dict[str, Any] | None, as_json: bool) -> bool:
    async with screen("Deploying", quiet=as_json, by_worker=None, percent=True) as show:
        while deployment is not None and deployment["status"] == "PENDING":
            show(0, 0, "the model is loaded and checked; the one before answers meanwhile")
            await asyncio.sleep(_LOOK_SECONDS)
            deployment = await client.call_again(_DEPLOYED, id=deployment["id"])
    if deployment is None:
        raise ApiError("The deployment is gone from the server.", "NOT_FOUND")
    tell({"deployment": deployment}, wording.deployed(deployment), as_json)
    return bool(deployment["status"] == "ACTIVE")
