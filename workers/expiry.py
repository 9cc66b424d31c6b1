"""Uploads that were announced and forgotten: after 24 hours they count as refused, and their batch comes to an end."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from domain.keys import upload_key
from domain.ports import Database, ObjectStore
from domain.uploads import expire_upload

_LOOK_SECONDS = 60
_AT_ONCE = 200
_log = structlog.get_logger(__name__)


async def expire_uploads(database: Database, store: ObjectStore) -> None:
    """Looks once a minute, until it is cancelled."""
    while True:
        try:
            await expire_overdue(database, store)
        except Exception:
            _log.exception("expiry_failed")
        await asyncio.sleep(_LOOK_SECONDS)


async def expire_overdue(database: Database, store: ObjectStore) -> None:
    """Ends what is overdue now, and deletes what came of its bytes."""
    for upload in await database.read(lambda uow: uow.uploads.overdue(_AT_ONCE)):
        if await database.write(partial(expire_upload, upload=upload)):
            await store.delete(upload_key(upload.team_id, upload.id))
