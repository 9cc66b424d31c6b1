"""An evaluation, asked for, awaited and told."""

from __future__ import annotations

import asyncio
from typing import Any

from cli.answer import tell
from cli.client import ApiError, Client
from cli.models import wording
from cli.models.record import EVALUATE, EVALUATED
from cli.screen import screen

_LOOK_SECONDS = 1.0
_OPEN = {"QUEUED": "waiting for a gpu worker", "RUNNING": "running"}


async def evaluate_and_tell(client: Client, model_id: str, version_id: str, split: str, as_json: bool) -> bool:
    """Has the model measured and prints the figures; False when that failed. Raises ApiError."""
    answer = await client.call(EVALUATE, modelId=model_id, versionId=version_id, split=split)
    evaluation: dict[str, Any] | None = answer["evaluation"]
    # How far an evaluation is cannot be asked, so its silence says nothing of the worker.
    async with screen("Evaluating", quiet=as_json, by_worker=None, percent=True) as show:
        while evaluation is not None and evaluation["status"] in _OPEN:
            show(0, 0, _OPEN[evaluation["status"]])
            await asyncio.sleep(_LOOK_SECONDS)
            evaluation = await client.call_again(EVALUATED, id=evaluation["id"])
    if evaluation is None:
        raise ApiError("The evaluation is gone from the server.", "NOT_FOUND")
    tell({"evaluation": evaluation}, wording.evaluated(evaluation), as_json)
    return bool(evaluation["status"] == "COMPLETED")
