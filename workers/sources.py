"""The frozen originals of a version on local disk, each held against its SHA-256 before anything reads it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from domain.models.manifest import FrozenImage
from domain.ports import ObjectStore
from workers.claims import PermanentError

_PARALLEL = 8


async def fetch_sources(
    store: ObjectStore, images: Sequence[FrozenImage], folder: Path
) -> Callable[[FrozenImage], Path]:
    """Downloads the images to `folder`; the answer tells where each lies.
    Raises PermanentError for a missing or changed
    object."""
    folder.mkdir(parents=True, exist_ok=True)
    gate = asyncio.Semaphore(_PARALLEL)

    def path_of(image: FrozenImage) -> Path:
        return folder / image.sha256

    async def fetch(image: FrozenImage) -> None:
        async with gate:
            path = path_of(image)
            try:
                await store.download(image.s3_key, path)
            except KeyError as error:
                text = (
                    f"{image.filename}: its frozen bytes are missing from the object store; restore them from a backup."
                )
                raise PermanentError(text) from error
            if await asyncio.to_thread(_digest, path) != image.sha256:
                text = f"{image.filename}: its frozen bytes have changed; restore them from a backup."
                raise PermanentError(text)

    distinct = {image.sha256: image for image in images}
    tasks = [asyncio.create_task(fetch(image)) for image in distinct.values()]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return path_of


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
