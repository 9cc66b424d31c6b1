"""Training a model on a version."""

from dataclasses import dataclass
from typing import Any

from cli.client import ApiError, Client
from cli.demo.plan import Plan
from cli.demo.screen import Step
from cli.demo.version import FrozenVersion

_START = """
mutation ($input: StartTrainingInput!) {
  startTraining(input: $input) { job { id status } userErrors { code message field } }
}
"""
_PROGRESS = """
subscription ($jobId: ID!, $after: String) {
  trainingProgress(jobId: $jobId, after: $after) {
    cursor kind status epoch epochs batch batches progress etaSeconds message
    metrics { mAP50 seconds }
  }
}
"""
_JOB = """
query ($id: ID!) {
  trainingJob(id: $id) {
    id status startingWeights failureReason
    model { id name sha256 parent { id } metrics { mAP50 } }
  }
}
"""


@dataclass(frozen=True)
class Model:
    """A trained model; `started_from` is the id of the model whose weights it began with."""

    id: str
    name: str
    started_from: str | None


async def train(
    client: Client, version: FrozenVersion, plan: Plan, epochs: int, checkpoint: Model | None, step: Step
) -> Model:
    """Trains YOLO11N on the version, from the checkpoint's weights or from scratch, and waits for the model.

    Raises ApiError when the training fails.
    """
    config = {
        "baseModel": "YOLO11N",
        "epochs": epochs,
        "batchSize": plan.batch_size,
        "imageSize": plan.image_size,
    }
    start = {"checkpointModelId": checkpoint.id} if checkpoint else {"fromScratch": True}
    order = {"datasetVersionId": version.id, "config": config, **start}
    job_id = (await client.call(_START, input=order))["job"]["id"]
    best = 0.0
    async for event in client.follow(_PROGRESS, jobId=job_id):
        best = max(best, (event["metrics"] or {}).get("mAP50") or 0.0)
        step.show(event["progress"], 1, _note(event, best))
    job = await client.call(_JOB, id=job_id)
    if job["status"] != "COMPLETED":
        raise ApiError(f"The training is {job['status']}: {job['failureReason']}")
    model = job["model"]
    start_word = job["startingWeights"].lower()
    step.say(f"{model['name']}, from {start_word}, {epochs} epochs, mAP50 {model['metrics']['mAP50']:.3f} on val")
    return Model(model["id"], model["name"], model["parent"]["id"] if model["parent"] else None)


def _note(event: dict[str, Any], best: float) -> str:
    left = event["etaSeconds"]
    eta = f", {left} s left" if left is not None else ""
    return f"epoch {event['epoch']}/{event['epochs']}, best mAP50 {best:.2f}{eta}"
