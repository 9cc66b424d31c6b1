"""Examined bytes become an original: stored under their content key, with their thumbnails, and never written again."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from domain.keys import THUMBNAIL_SIZES, original_key, thumbnail_key
from domain.ports import Database, ObjectStore, Original, UnitOfWork


async def keep_original(
    database: Database, store: ObjectStore, original: Original, source: str, tag: str, thumbnails: Path
) -> None:
    """Copies the object `source`, which bore `tag` when it was examined, and stores the thumbnails in the folder.

    Raises ObjectChangedError when `source` was written meanwhile.
    """
    # Before the copy: a collector that is deleting the same bytes is waited for, and whatever becomes of this image,
    # somebody looks in a day whether anything names the bytes.
    await database.write(partial(_watch, original=original))
    key = original_key(original.team_id, original.sha256)
    if source != key:
        await store.copy(source, key, tag)
    await asyncio.gather(*(_store(store, original, size, thumbnails) for size in THUMBNAIL_SIZES))


async def _watch(uow: UnitOfWork, original: Original) -> None:
    await uow.watched_originals.watch([original])


async def _store(store: ObjectStore, original: Original, size: int, thumbnails: Path) -> None:
    data = await asyncio.to_thread((thumbnails / f"{size}.jpg").read_bytes)
    await store.put_new(thumbnail_key(original.team_id, original.sha256, size), data, "image/jpeg")
