"""The frozen originals of a version, each held against its SHA-256 before anything reads one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from domain.models.manifest import FrozenImage
from domain.ports import ObjectStore
from workers.claims import PermanentError
from workers.digest import sha256_of
from workers.reading_back import reads_back

_PARALLEL = 8
_NAMED = 5
"""File names in the reason of a failure, of those that are missing and of those that have changed."""

PathOf = Callable[[FrozenImage], Path]


async def fetch_sources(
    store: ObjectStore, images: Sequence[FrozenImage], others: Sequence[FrozenImage], folder: Path
) -> PathOf:
    """Downloads the images to `folder`; the answer tells where each lies. Of the others the bytes are only compared.

    Raises PermanentError, once all were looked at, when objects are missing or have changed: it names the first few.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def path_of(image: FrozenImage) -> Path:
        return folder / image.sha256

    async def compared(image: FrozenImage) -> bool:
        return await reads_back(store, image.s3_key, image.sha256)

    async def fetched(image: FrozenImage) -> bool:
        path = path_of(image)
        try:
            await store.download(image.s3_key, path)
        except OSError:
            # A store with checksums of its own refuses to give what has changed.
            if await compared(image):
                raise
            return False
        if await asyncio.to_thread(sha256_of, path) == image.sha256:
            return True
        if await compared(image):
            raise OSError(f"{image.s3_key} came damaged; the object itself is intact.")
        return False

    reading = {image.sha256: (image, compared) for image in others}
    reading.update({image.sha256: (image, fetched) for image in images})
    findings = _Findings()
    waiting = iter(reading.values())

    async def read() -> None:
        for image, is_intact in waiting:
            await findings.look(image, is_intact)

    tasks = [asyncio.create_task(read()) for _ in range(_PARALLEL)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    findings.require_none(len(reading))
    return path_of


class _Findings:
    """File names of the images whose bytes are not what was frozen."""

    def __init__(self) -> None:
        self._missing: list[str] = []
        self._changed: list[str] = []

    async def look(self, image: FrozenImage, is_intact: Callable[[FrozenImage], Awaitable[bool]]) -> None:
        try:
            if not await is_intact(image):
                self._changed.append(image.filename)
        except KeyError:
            self._missing.append(image.filename)

    def require_none(self, total: int) -> None:
        """Raises PermanentError when there are any."""
        bad = len(self._missing) + len(self._changed)
        if not bad:
            return
        parts = [f"{bad:,} of the version's {total:,} images cannot be used"]
        if self._missing:
            parts.append(f"missing from the object store: {_listed(self._missing)}")
        if self._changed:
            parts.append(f"changed since they were frozen: {_listed(self._changed)}")
        raise PermanentError(f"{'; '.join(parts)}. Restore their objects from a backup, and verify the version.")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:_NAMED])
    return f"{shown} and {len(names) - _NAMED:,} more" if len(names) > _NAMED else shown
