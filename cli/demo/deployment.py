"""The model that the project detects with."""

from cli.client import ApiError, Client
from cli.demo.screen import Step
from cli.demo.training import Model
from cli.demo.waiting import settled

_DEPLOY = """
mutation ($input: DeployModelInput!) {
  deployModel(input: $input) { deployment { id status } userErrors { code message field } }
}
"""
_DEPLOYMENT = """
query ($id: ID!) {
  node(id: $id) {
    ... on ModelDeployment { id status failureReason project { activeModel { id } } }
  }
}
"""


async def deploy(client: Client, project_id: str, model: Model, step: Step) -> None:
    """Deploys the model and waits until it answers for the project. Raises ApiError when it does not."""
    order = {"projectId": project_id, "model": {"modelId": model.id}, "note": "Better on the test split of version 2."}
    begun = await client.call(_DEPLOY, input=order)
    deployment = await settled(client, _DEPLOYMENT, begun["deployment"]["id"], step)
    if deployment["status"] != "ACTIVE":
        raise ApiError(f"{model.name} could not be deployed: {deployment['failureReason']}")
    active = deployment["project"]["activeModel"]
    if active is None or active["id"] != model.id:
        raise ApiError(f"{model.name} is deployed, but it is not the project's active model.")
    step.say(f"{model.name} is active")
