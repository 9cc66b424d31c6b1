"""A training, asked for and told."""

from __future__ import annotations

from typing import Any

from cli.client import Client
from cli.lines import say
from cli.training import wording
from cli.training.following import follow_and_tell
from cli.training.record import ESTIMATE, START, read_job
from cli.version.answer import print_json


async def start_and_tell(client: Client, order: dict[str, Any], detach: bool, as_json: bool) -> bool:
    """Starts the training and, unless it is to `detach`, watches it; False when it failed or was cancelled. Raises
    ApiError."""
    estimate = await client.call_again(ESTIMATE, versionId=order["datasetVersionId"], config=order["config"])
    job_id = (await client.call(START, input=order))["job"]["id"]
    if not as_json:
        say(f"Training {job_id}.")
        if expected := wording.estimated(estimate):
            say(expected)
    if detach:
        job = await read_job(client, job_id)
        if as_json:
            print_json({"job": job})
        else:
            for line in (f"{wording.title(job)}: {wording.state(job)}.", *wording.warnings(job["warnings"])):
                say(line)
        return True
    return await follow_and_tell(client, job_id, None, as_json)
