"""What was forgotten is collected: uploads that never came, files nobody needs any more, bytes of deleted images."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from domain.keys import THUMBNAIL_SIZES, file_key, original_key, thumbnail_key, upload_key
from domain.models.asset import UploadState
from domain.ports import Database, DeletedOriginal, ObjectStore, StoredObject, UnitOfWork
from domain.upload_verdicts import expire_upload

_LOOK_SECONDS = 60
_SWEEP_LOOKS = 60
_AT_ONCE = 200
_STRAY_AGE = timedelta(days=1)
_log = structlog.get_logger(__name__)


class Collection:
    """Several workers may collect at once: each step bears being done twice."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    async def run(self) -> None:
        """Looks once a minute for what is overdue, and once an hour through the store, until it is cancelled."""
        look = 0
        while True:
            try:
                await self.collect_overdue()
                if look % _SWEEP_LOOKS == 0:
                    await self.collect_strays(datetime.now(UTC))
            except Exception:
                _log.exception("collection_failed")
            look += 1
            await asyncio.sleep(_LOOK_SECONDS)

    async def collect_overdue(self) -> None:
        """Ends uploads whose time is over, and deletes files and originals that nobody needs any more."""
        for upload in await self._database.read(lambda uow: uow.uploads.overdue(_AT_ONCE)):
            if await self._database.write(partial(expire_upload, upload=upload)):
                await self._store.delete(upload_key(upload.team_id, upload.id))
        for file in await self._database.read(lambda uow: uow.files.overdue(_AT_ONCE)):
            if not await self._database.read(partial(_is_needed, file_id=file.id)):
                await self._store.delete(file_key(file.team_id, file.id))
                await self._database.write(partial(_forget_file, file_id=file.id))
        for original in await self._database.read(lambda uow: uow.deleted_originals.due(_AT_ONCE)):
            await self._database.write(partial(self._collect_original, original=original))

    async def collect_strays(self, now: datetime) -> None:
        """Deletes what lies in the store without a purpose: uploads that ended otherwise, probes, old exports."""
        for team_id in await self._database.read(lambda uow: uow.people.team_ids()):
            for folder, is_wanted in _KEPT_BY.items():
                prefix = f"teams/{team_id}/{folder}/"
                async for one in self._store.under(prefix):
                    if now - one.modified_at < _STRAY_AGE:
                        continue
                    if not await self._database.read(partial(is_wanted, one=one)):
                        _log.info("stray_collected", folder=folder)
                        await self._store.delete(one.key)

    async def _collect_original(self, uow: UnitOfWork, original: DeletedOriginal) -> None:
        # The row stays locked until the bytes are gone: who uploads the same image meanwhile waits, and then copies.
        if not await uow.deleted_originals.take(original):
            return
        if await uow.deleted_originals.is_named(original):
            return
        for size in THUMBNAIL_SIZES:
            await self._store.delete(thumbnail_key(original.team_id, original.sha256, size))
        await self._store.delete(original_key(original.team_id, original.sha256))


async def _is_needed(uow: UnitOfWork, file_id: str) -> bool:
    return await uow.imports.unfinished_of_file(file_id)


async def _forget_file(uow: UnitOfWork, file_id: str) -> None:
    await uow.files.delete(file_id)


async def _is_open_upload(uow: UnitOfWork, one: StoredObject) -> bool:
    upload = await uow.uploads.get(_name(one))
    return upload is not None and upload.status in (UploadState.OPEN, UploadState.VERIFYING)


async def _is_file(uow: UnitOfWork, one: StoredObject) -> bool:
    return await uow.files.get(_name(one)) is not None


async def _is_nothing(uow: UnitOfWork, one: StoredObject) -> bool:
    return False


def _name(one: StoredObject) -> str:
    return one.key.rpartition("/")[2]


_KEPT_BY: Mapping[str, Callable[..., Awaitable[bool]]] = {
    "uploads": _is_open_upload,
    "files/uploads": _is_file,
    "files/exports": _is_nothing,
    "probes": _is_nothing,
}
"""Folders of a team whose objects are short-lived, and what tells whether one of them is still wanted."""
