"""The frozen originals of a version, each held against its SHA-256 before anything reads one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from domain.ids import new_id
from domain.models.manifest import FrozenImage
from domain.ports import ObjectStore
from workers.claims import PermanentError
from workers.digest import sha256_of
from workers.reading_back import reads_back

_PARALLEL = 8
_NAMED = 5
"""File names in the reason of a failure, of those that are missing and of those that have changed."""
_WHAT_TO_DO = "Restore their objects from a backup, and verify the version."


class Sources:
    """Reads originals from the store. What is downloaded lies in `folder`, which is there."""

    def __init__(self, store: ObjectStore, folder: Path) -> None:
        self._store = store
        self._folder = folder

    async def fetch(self, image: FrozenImage) -> Path:
        """The original as a file, which the caller deletes after use. Raises PermanentError when it is missing or has
        changed, OSError."""
        path = self._folder / new_id()
        try:
            if await self._download(image, path):
                return path
            text = f"{image.filename} has changed since it was frozen. {_WHAT_TO_DO}"
        except KeyError:
            text = f"{image.filename} is missing from the object store. {_WHAT_TO_DO}"
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        path.unlink(missing_ok=True)
        raise PermanentError(text)

    async def require_whole(self, images: Iterable[FrozenImage]) -> None:
        """Reads all these originals back, and keeps nothing. Raises PermanentError, once all were looked at, when some
        are missing or have changed: it names the first few."""
        missing: list[str] = []
        changed: list[str] = []
        waiting, seen = iter(images), 0

        async def read() -> None:
            nonlocal seen
            for image in waiting:
                seen += 1
                try:
                    if not await reads_back(self._store, image.s3_key, image.sha256):
                        changed.append(image.filename)
                except KeyError:
                    missing.append(image.filename)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_PARALLEL):
                    group.create_task(read())
        except ExceptionGroup as failed:  # the others were cancelled; the first says why
            raise failed.exceptions[0] from None
        if missing or changed:
            raise PermanentError(_lost(missing, changed, seen))

    async def _download(self, image: FrozenImage, path: Path) -> bool:
        """Whether it is what was frozen. Raises KeyError, OSError."""
        try:
            await self._store.lend(image.s3_key, path)
        except OSError:
            # A store with checksums of its own refuses to give what has changed.
            if await reads_back(self._store, image.s3_key, image.sha256):
                raise
            return False
        if await asyncio.to_thread(sha256_of, path) == image.sha256:
            return True
        if await reads_back(self._store, image.s3_key, image.sha256):
            raise OSError(f"{image.s3_key} came damaged; the object itself is intact.")
        return False


def _lost(missing: Sequence[str], changed: Sequence[str], total: int) -> str:
    parts = [f"{len(missing) + len(changed):,} of the version's {total:,} images cannot be used"]
    if missing:
        parts.append(f"missing from the object store: {_listed(missing)}")
    if changed:
        parts.append(f"changed since they were frozen: {_listed(changed)}")
    return f"{'; '.join(parts)}. {_WHAT_TO_DO}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:_NAMED])
    return f"{shown} and {len(names) - _NAMED:,} more" if len(names) > _NAMED else shown
