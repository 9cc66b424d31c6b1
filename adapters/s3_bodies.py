"""Bodies of a bucket's answers, taken as they come and in bounded memory, the work on them in a thread."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

_PIECE_BYTES = 1 << 20


async def spool(body: Any, path: Path) -> None:
    """Writes a body to disk. botocore sees to it that its length and checksum are what was announced."""
    with path.open("wb") as file:
        await _hand_over(body.iter_chunks(_PIECE_BYTES), file.write)


async def digest_of(response: Any) -> tuple[str, int]:
    """SHA-256, in hex, and length of what a bare response brings, whatever was announced."""
    digest, size = hashlib.sha256(), 0

    def take(data: bytearray) -> None:
        nonlocal size
        digest.update(data)
        size += len(data)

    await _hand_over(response.content.iter_chunked(_PIECE_BYTES), take)
    return digest.hexdigest(), size


async def _hand_over(chunks: AsyncIterator[bytes], take: Callable[[bytearray], object]) -> None:
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        if len(waiting) >= _PIECE_BYTES:
            await asyncio.to_thread(take, waiting)
            waiting = bytearray()
    await asyncio.to_thread(take, waiting)
