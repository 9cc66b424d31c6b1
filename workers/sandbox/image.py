"""Image files, read in the sandbox."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from domain.models.asset import ImageFacts
from workers.sandbox.pool import SandboxPool

IMAGE_SECONDS = 20.0


async def sandboxed_image_facts(pool: SandboxPool, path: Path, thumbnails: Path | None = None) -> ImageFacts:
    """Facts of the image file; its thumbnails are written into the folder `thumbnails`, which exists, as `<size>.jpg`.

    Raises UnreadableFileError with a sentence on what is wrong with the file, and as SandboxPool.call does.
    """
    answer = await pool.call("image", seconds=IMAGE_SECONDS, path=path, thumbnails=thumbnails)
    captured_at = answer.pop("captured_at")
    return ImageFacts(**answer, captured_at=datetime.fromisoformat(captured_at) if captured_at else None)
