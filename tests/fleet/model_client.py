"""Who trains, and evaluates, deploys and detects with what came of it."""

from __future__ import annotations

import asyncio
from typing import Any

from cli.client import ApiError
from fleet.violation import Violation
from fleet.world import World

_PAUSE_SECONDS = 2
_LOOK_SECONDS = 0.5
_IMAGES = 3
_CONFIG = {"baseModel": "YOLO11N", "epochs": 2, "batchSize": 8, "imageSize": 64}
_MISSED = ("UNAVAILABLE", "GPU_BUSY", "NOT_FOUND", "INTERNAL", None)
_START = """
mutation ($input: StartTrainingInput!) {
  startTraining(input: $input) { job { id } userErrors { code message field } }
}
"""
_PROGRESS = """
subscription ($jobId: ID!, $after: String) {
  trainingProgress(jobId: $jobId, after: $after) { cursor kind status epoch }
}
"""
_CANCEL = "mutation ($id: ID!) { cancelTraining(id: $id) { job { id } userErrors { code message field } } }"
_JOB = "query ($id: ID!) { trainingJob(id: $id) { failureReason model { id } epochs { epoch } } }"
_EVALUATE = """
mutation ($modelId: ID!, $versionId: ID!) {
  evaluateModel(modelId: $modelId, versionId: $versionId, split: TEST) {
    evaluation { id } userErrors { code message field }
  }
}
"""
_EVALUATION = "query ($id: ID!) { node(id: $id) { ... on ModelEvaluation { status failureReason } } }"
_DEPLOY = """
mutation ($input: DeployModelInput!) {
  deployModel(input: $input) { deployment { id } userErrors { code message field } }
}
"""
_DEPLOYMENT = "query ($id: ID!) { node(id: $id) { ... on ModelDeployment { status failureReason } } }"
_DETECT = """
mutation ($input: DetectInput!) { detect(input: $input) { result { model } userErrors { code message field } } }
"""
_START_DETECTION = """
mutation ($input: StartDetectionInput!) {
  startDetection(input: $input) { job { id } userErrors { code message field } }
}
"""
_DETECTION_PROGRESS = """
subscription ($jobId: ID!, $after: String) {
  detectionProgress(jobId: $jobId, after: $after) { cursor job { status failureReason } }
}
"""


async def train_models(world: World) -> None:
    """Until it is told to end; what trains then is cancelled. A training that fails leaves the model before it."""
    while not world.told.is_set():
        version_id = world.newest_version
        if version_id is None:
            await world.pause(_LOOK_SECONDS)
            continue
        await _train(world, version_id)
        if world.newest_model is not None and not world.told.is_set():
            await _evaluate(world, world.newest_model, version_id)
            if await _deployed(world, world.newest_model):
                await _detect(world)
        await world.pause(_PAUSE_SECONDS)


async def _train(world: World, version_id: str) -> None:
    key = world.key("training")
    order = {"datasetVersionId": version_id, "config": _CONFIG, "fromScratch": True, "idempotencyKey": key}
    job_id: str = (await world.caller.call(_START, input=order))["job"]["id"]
    world.ledger.jobs.add(job_id)
    events = await _followed_or_cancelled(world, job_id)
    job = await world.caller.call(_JOB, id=job_id)
    match events[-1]["status"]:
        case "COMPLETED":
            _check_epochs(job_id, job, events)
            world.newest_model = world.ledger.models[job_id] = job["model"]["id"]
            world.ledger.done["trainings"] += 1
        case "FAILED":
            world.note_failure(f"training {job_id}", job["failureReason"])


def _check_epochs(job_id: str, job: dict[str, Any], events: list[dict[str, Any]]) -> None:
    wanted = list(range(1, int(str(_CONFIG["epochs"])) + 1))
    told = [event["epoch"] for event in events if event["kind"] == "EPOCH"]
    kept = [row["epoch"] for row in job["epochs"]]
    if told != wanted or kept != wanted:
        raise Violation(f"Training {job_id} told of the epochs {told} and kept {kept}; they are {wanted}.")


async def _followed_or_cancelled(world: World, job_id: str) -> list[dict[str, Any]]:
    following = asyncio.create_task(world.followed(_PROGRESS, jobId=job_id))
    told = asyncio.create_task(world.told.wait())
    try:
        await asyncio.wait([following, told], return_when=asyncio.FIRST_COMPLETED)
        if not following.done():
            await _cancel(world, job_id)
        return await following
    finally:
        told.cancel()
        following.cancel()


async def _cancel(world: World, job_id: str) -> None:
    try:
        await world.caller.call(_CANCEL, id=job_id)
    except ApiError as error:
        if error.code != "NOT_READY":  # it was final already
            raise


async def _evaluate(world: World, model_id: str, version_id: str) -> None:
    answer = await world.caller.call(_EVALUATE, modelId=model_id, versionId=version_id)
    evaluation_id = answer["evaluation"]["id"]
    world.ledger.evaluations.add(evaluation_id)
    found = await world.outcome(_EVALUATION, evaluation_id)
    if found["status"] != "COMPLETED":
        world.note_failure(f"evaluation {evaluation_id}", found["failureReason"])
    world.ledger.done["evaluations"] += 1


async def _deployed(world: World, model_id: str) -> bool:
    order = {"projectId": world.project_id, "model": {"modelId": model_id}}
    deployment_id = (await world.caller.call(_DEPLOY, input=order))["deployment"]["id"]
    world.ledger.deployments.add(deployment_id)
    found = await world.outcome(_DEPLOYMENT, deployment_id)
    if found["status"] == "FAILED":
        world.note_failure(f"deployment {deployment_id}", found["failureReason"])
    world.ledger.done["deployments"] += 1
    return bool(found["status"] == "ACTIVE")


async def _detect(world: World) -> None:
    """One image at once, if somebody has time for it, and some in a job."""
    assets = list(world.ledger.images.values())[-_IMAGES:]
    try:
        await world.caller.once(_DETECT, input={"projectId": world.project_id, "source": {"assetId": assets[-1]}})
        world.ledger.done["detections"] += 1
    except ApiError as error:
        if error.code not in _MISSED:
            raise
    order = {"projectId": world.project_id, "assetIds": assets, "idempotencyKey": world.key("detection")}
    job_id = (await world.caller.call(_START_DETECTION, input=order))["job"]["id"]
    world.ledger.jobs.add(job_id)
    job = (await world.followed(_DETECTION_PROGRESS, jobId=job_id))[-1]["job"]
    if job["status"] != "COMPLETED":
        world.note_failure(f"detection {job_id}", job["failureReason"])
    world.ledger.done["detection jobs"] += 1
