"""Versions made, or foreseen, on the server."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from cli.client import Client
from cli.screen import Show
from cli.version.record import CLASS_COUNTS, SPLIT_COUNTS, WARNINGS, read_version

CREATE = """
mutation ($input: CreateVersionInput!) {
  createVersion(input: $input) { version { id version } created userErrors { code message field } }
}
"""
PROGRESS = """
subscription ($versionId: ID!, $after: String) {
  versionProgress(versionId: $versionId, after: $after) { cursor stage done total message }
}
"""
PREVIEW = f"""
query ($input: CreateVersionInput!) {{
  versionPreview(input: $input) {{
    preview {{ nextVersion imageCount annotationCount {CLASS_COUNTS} {SPLIT_COUNTS} outputImages exact {WARNINGS} }}
    userErrors {{ code message field }}
  }}
}}
"""


async def create_version(client: Client, order: dict[str, Any]) -> dict[str, Any]:
    """Orders a version; the answer has its `version`, `id` and number, and `created`, false when the key of the order
    had made it before. An order without a key gets one, so that an answer that was lost makes no second version.
    Raises ApiError."""
    key = order.get("idempotencyKey")
    answer: dict[str, Any] = await client.call_again(
        CREATE, input={**order, "idempotencyKey": str(uuid4()) if key is None else key}
    )
    return answer


async def made_version(client: Client, version_id: str, show: Show) -> dict[str, Any]:
    """The version once its snapshot has ended, READY or FAILED. Raises ApiError."""
    async for event in client.follow(PROGRESS, versionId=version_id):
        show(event["done"], event["total"], event["stage"].lower())
    return await read_version(client, version_id)


async def preview_version(client: Client, order: dict[str, Any]) -> dict[str, Any]:
    """The VersionPreview of what the order would make. Raises ApiError."""
    preview: dict[str, Any] = (await client.call_again(PREVIEW, input=order))["preview"]
    return preview
