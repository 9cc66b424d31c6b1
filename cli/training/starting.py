"""A training, asked for and told."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from cli.answer import tell
from cli.client import Client
from cli.lines import say
from cli.models.record import read_model
from cli.training import wording
from cli.training.following import follow_and_tell
from cli.training.record import ESTIMATE, START, read_job


async def start_and_tell(client: Client, order: dict[str, Any], detach: bool, as_json: bool) -> bool:
    """Starts the training and, unless it is to `detach`, watches it; False when it failed or was cancelled. An order
    without a key gets one, so that an answer that was lost starts no second training. Raises ApiError."""
    config = await _config(client, order)
    estimate = await client.call_again(ESTIMATE, versionId=order["datasetVersionId"], config=config)
    if not as_json and (expected := wording.estimated(estimate)):
        say(expected)
    start = {"idempotencyKey": str(uuid4()), **order, "config": config}
    job_id = (await client.call_again(START, input=start))["job"]["id"]
    if not detach:
        return await follow_and_tell(client, job_id, None, as_json)
    job = await read_job(client, job_id)
    tell({"job": job}, wording.begun(job), as_json)
    return True


async def _config(client: Client, order: dict[str, Any]) -> dict[str, Any]:
    """As it was given; without a base model the checkpoint's, which the contract's default need not be."""
    config: dict[str, Any] = order["config"]
    if "checkpointModelId" not in order or "baseModel" in config:
        return config
    base = (await read_model(client, order["checkpointModelId"]))["baseModel"]
    return config if base is None else {**config, "baseModel": base}
