"""Addresses of a version's frozen originals, a page at a time."""

from __future__ import annotations

import asyncio
from typing import Any

from cli.client import Client

ADDRESSES = """
query ($id: ID!, $after: String) {
  version(id: $id) {
    assets(first: 200, after: $after) { nodes { sha256 url } pageInfo { hasNextPage endCursor } }
  }
}
"""


class AddressPage:
    """Up to 200 images. Their addresses live some minutes; a page whose address was refused is asked for anew."""

    def __init__(self, client: Client, version_id: str, after: str | None) -> None:
        self._client = client
        self._version_id = version_id
        self._after = after
        self._asking = asyncio.Lock()
        self.urls: dict[str, str] = {}
        self.next: str | None = None
        """The cursor of the page behind this one; None for the last."""

    async def load(self) -> None:
        """Asks for the page. Raises ApiError."""
        page: dict[str, Any] = (await self._client.call_again(ADDRESSES, id=self._version_id, after=self._after))[
            "assets"
        ]
        self.urls = {node["sha256"]: node["url"] for node in page["nodes"]}
        info = page["pageInfo"]
        self.next = info["endCursor"] if info["hasNextPage"] and info["endCursor"] != self._after else None

    async def address(self, sha256: str, refused: str | None) -> str | None:
        """The address of an image, another than the refused one; None when the page does not list it any more.
        Raises ApiError."""
        async with self._asking:
            if refused is not None and self.urls.get(sha256) == refused:
                await self.load()
            return self.urls.get(sha256)
