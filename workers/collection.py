"""What was forgotten is collected: uploads that never came, files nobody needs any more, bytes of deleted images,
events that nobody may ask for any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from domain.keys import THUMBNAIL_SIZES, file_key, original_key, thumbnail_key, upload_key
from domain.models.asset import Upload
from domain.models.imports import FileUpload
from domain.ports import Database, ObjectStore, Original, UnitOfWork
from domain.upload_verdicts import expire_upload
from workers.event_retention import EventRetention
from workers.stray_objects import StrayObjects
from workers.team_folders import TEAM_FOLDERS

T = TypeVar("T")
_LOOK_SECONDS = 60
_SWEEP_LOOKS = 60
_AT_ONCE = 200
_DELETE_SECONDS = 10
_DELIVERIES_KEPT = timedelta(days=30)
_log = structlog.get_logger(__name__)


class Collection:
    """Several workers may collect at once: each step bears being done twice."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store
        self._strays = StrayObjects(database, store)
        self._retention = EventRetention(database)

    async def run(self) -> None:
        """Looks once a minute for what is overdue, and once an hour through the store, until it is cancelled."""
        look = 0
        while True:
            await self.collect_overdue()
            if look % _SWEEP_LOOKS == 0:
                with _logged("strays"):
                    await self.collect_strays(datetime.now(UTC))
            look += 1
            await asyncio.sleep(_LOOK_SECONDS)

    async def collect_overdue(self) -> None:
        """Ends uploads whose time is over, and deletes what nobody needs any more."""
        with _logged("uploads"):
            await self._all(lambda uow: uow.uploads.overdue(_AT_ONCE), self._expire)
        with _logged("files"):
            await self._all(lambda uow: uow.files.overdue(_AT_ONCE), self._forget)
        with _logged("originals"):
            await self._all(lambda uow: uow.watched_originals.due(_AT_ONCE), self._judge)
        with _logged("events"):
            await self._retention.look(datetime.now(UTC))
        with _logged("deliveries"):
            await self._forget_deliveries(datetime.now(UTC) - _DELIVERIES_KEPT)

    async def _all(
        self, find: Callable[[UnitOfWork], Awaitable[Sequence[T]]], collect: Callable[[T], Awaitable[None]]
    ) -> None:
        """Page after page, until one is not full, or all of one failed: those come first again."""
        while True:
            page = await self._database.read(find)
            failed = 0
            for one in page:
                try:
                    await collect(one)
                except Exception:
                    _log.exception("not_collected")
                    failed += 1
            if len(page) < _AT_ONCE or failed == len(page):
                return

    async def _expire(self, upload: Upload) -> None:
        if await self._database.write(partial(expire_upload, upload=upload)):
            await self._store.delete(upload_key(upload.team_id, upload.id))

    async def _forget(self, file: FileUpload) -> None:
        await self._store.delete(file_key(file.team_id, file.id))
        await self._database.write(partial(_forget_file, file_id=file.id))

    async def _forget_deliveries(self, before: datetime) -> None:
        while await self._database.write(lambda uow: uow.webhook_deliveries.remove_older(before, _AT_ONCE)) == _AT_ONCE:
            pass

    async def _judge(self, original: Original) -> None:
        await self._database.write(partial(self._collect_original, original=original))

    async def collect_strays(self, now: datetime) -> None:
        """Deletes what lies in the store without a purpose: uploads that ended otherwise, manifests of attempts that
        died, probes, old exports and diffs."""
        for team_id in await self._database.read(lambda uow: uow.people.team_ids()):
            for folder in TEAM_FOLDERS:
                if folder.swept:
                    async for page in self._strays.pages(team_id, folder, now):
                        for one in page:
                            _log.info("stray_collected", key=one.key)
                        await self._strays.remove(team_id, folder, page)

    async def _collect_original(self, uow: UnitOfWork, original: Original) -> None:
        # The row stays locked until the bytes are gone: who uploads the same image meanwhile waits, and then copies.
        if not await uow.watched_originals.take(original):
            return
        if await uow.object_names.originals(original.team_id, [original.sha256]):
            return
        keys = [thumbnail_key(original.team_id, original.sha256, size) for size in THUMBNAIL_SIZES]
        async with asyncio.timeout(_DELETE_SECONDS):  # on SQLite nobody else writes meanwhile
            for key in (*keys, original_key(original.team_id, original.sha256)):
                await self._store.delete(key)


@contextmanager
def _logged(what: str) -> Iterator[None]:
    """What fails is tried again at the next look, and keeps nothing else from being collected."""
    try:
        yield
    except Exception:
        _log.exception("collection_failed", what=what)


async def _forget_file(uow: UnitOfWork, file_id: str) -> None:
    await uow.files.delete(file_id)
