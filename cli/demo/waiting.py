"""Waiting for work of the server that has no progress feed of its own."""

import asyncio
import time
from typing import Any

from cli.client import ApiError, Client
from cli.demo.screen import Step

_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 600.0
_UNSETTLED = ("QUEUED", "RUNNING", "PENDING")


async def settled(client: Client, document: str, node_id: str, step: Step) -> dict[str, Any]:
    """The node that the document reads, once its `status` is final. Raises ApiError when that takes ten minutes."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        node: dict[str, Any] = await client.call(document, id=node_id)
        if node["status"] not in _UNSETTLED:
            return node
        step.show(0, 1, node["status"].lower())
        await asyncio.sleep(_POLL_SECONDS)
    raise ApiError("The server has not finished after ten minutes: is its gpu worker running?")
