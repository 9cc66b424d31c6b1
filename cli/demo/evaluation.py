"""Both models, measured on the same test split."""

from cli.client import ApiError, Client
from cli.demo.screen import Step
from cli.demo.training import Model
from cli.demo.version import FrozenVersion
from cli.demo.waiting import settled

_EVALUATE = """
mutation ($modelId: ID!, $versionId: ID!) {
  evaluateModel(modelId: $modelId, versionId: $versionId, split: TEST) {
    evaluation { id status }
    userErrors { code message field }
  }
}
"""
_EVALUATION = """
query ($id: ID!) {
  node(id: $id) {
    ... on ModelEvaluation {
      id status failureReason seenImages
      metrics { mAP50 precision recall perClass { name ap50 instances } }
    }
  }
}
"""


async def evaluate(client: Client, model: Model, version: FrozenVersion, step: Step) -> float:
    """mAP50 of the model on the version's TEST split, 0..1.

    Raises ApiError when the evaluation fails, or when the model has learned from an image that it is tested on.
    """
    begun = await client.call(_EVALUATE, modelId=model.id, versionId=version.id)
    evaluation = await settled(client, _EVALUATION, begun["evaluation"]["id"], step)
    if evaluation["status"] != "COMPLETED":
        raise ApiError(f"The evaluation of {model.name} failed: {evaluation['failureReason']}")
    if evaluation["seenImages"]:
        raise ApiError(f"{model.name} was trained on {evaluation['seenImages']} of the images it was tested on.")
    metrics = evaluation["metrics"]
    classes = ", ".join(f"{each['name']} {each['ap50']:.2f}" for each in metrics["perClass"])
    step.say(f"{model.name} has mAP50 {metrics['mAP50']:.3f} ({classes})")
    return float(metrics["mAP50"])
