"""Objects that nobody needs: found a page at a time, however many there are, and removed so that no upload suffers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from domain.ports import Database, ObjectStore, Original, StoredObject, UnitOfWork
from workers.team_folders import TeamFolder

STRAY_AGE = timedelta(days=1)
"""What is younger may be on its way to somebody who will need it."""

_PAGE = 500
_DELETED_AT_ONCE = 16


class StrayObjects:
    """Several may look and remove at once: each step bears being done twice."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    async def held_back(self, team_id: str, folder: TeamFolder) -> bool:
        """Something is under way that may come to need what nobody needs yet: for now nothing there is a stray."""
        return await self._database.read(partial(_busy, team_id=team_id, folder=folder))

    async def pages(self, team_id: str, folder: TeamFolder, now: datetime) -> AsyncIterator[list[StoredObject]]:
        """What is a day old in the team's folder at `now`, and nobody needs."""
        page: dict[str, tuple[str, StoredObject]] = {}
        async for one in self._store.under(folder.prefix(team_id)):
            name = folder.name(team_id, one.key)
            if name is not None and now - one.modified_at >= STRAY_AGE:
                page[one.key] = (name, one)
            if len(page) == _PAGE:
                yield await self._unneeded(team_id, folder, page)
                page = {}
        if page:
            yield await self._unneeded(team_id, folder, page)

    async def _unneeded(
        self, team_id: str, folder: TeamFolder, page: dict[str, tuple[str, StoredObject]]
    ) -> list[StoredObject]:
        names = {name for name, _ in page.values()}
        needed = await self._database.read(partial(_needed, team_id=team_id, folder=folder, names=names))
        return [one for name, one in page.values() if name not in needed]

    async def remove(self, team_id: str, folder: TeamFolder, strays: Sequence[StoredObject]) -> None:
        """Deletes what `pages` has just told. Originals, and thumbnails with them, are only put on the list of those
        that are judged, and deleted with a lock on their row, in a day: somebody may be uploading the same bytes."""
        if folder.watched:
            names = {folder.name(team_id, one.key) for one in strays}
            originals = [Original(team_id, name) for name in names if name is not None]
            await self._database.write(partial(_suspect, originals=originals))
            return
        for start in range(0, len(strays), _DELETED_AT_ONCE):
            await asyncio.gather(*(self._store.delete(one.key) for one in strays[start : start + _DELETED_AT_ONCE]))


async def _busy(uow: UnitOfWork, team_id: str, folder: TeamFolder) -> bool:
    return folder.busy is not None and await folder.busy.is_on(uow, team_id)


async def _needed(uow: UnitOfWork, team_id: str, folder: TeamFolder, names: set[str]) -> set[str]:
    if await _busy(uow, team_id, folder):
        return names
    return await folder.needed(uow, team_id, names)


async def _suspect(uow: UnitOfWork, originals: Sequence[Original]) -> None:
    await uow.watched_originals.suspect(originals)
