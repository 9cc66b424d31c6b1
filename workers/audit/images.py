"""The bytes of images: those that projects have, those that versions froze, and thumbnails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile

from domain.keys import THUMBNAIL_SIZES, thumbnail_key
from domain.models.audit import AUDIT_PAGE, NamedImage
from domain.models.version import DatasetVersion, VersionAsset
from domain.paging import Page, PageRequest
from domain.ports import Database, ObjectStore, UnitOfWork
from workers.audit.check import Check, Suspicion
from workers.audit.finding import Finding
from workers.audit.stored_object import NamedObject
from workers.audit.versions import keeps_something, named

ORIGINALS, FROZEN, THUMBNAILS = "originals", "frozen-objects", "thumbnails"
_LISTED_AT_ONCE = 100_000
_READ_AT_ONCE = 16
_FROZEN_PAGE = 1000


@dataclass(slots=True)
class _Listing:
    """What lies in a team's folders of originals and thumbnails whose SHA-256 begins with `digits`: sizes by key.
    `read` has what is wrong with those whose bytes were read already."""

    digits: str
    sizes: Mapping[str, int]
    read: dict[str, str | None] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    """How far the rows of a version were read, which are in the order of their SHA-256; `beyond` is that of the first
    one that was left to a portion behind."""

    version: DatasetVersion
    position: int = -1
    beyond: str = ""
    ended: bool = False


class Images(Check):
    """A team's objects are listed, all at once or, of a large team, in 256 portions by the first two digits, so that
    they fit into memory; no object is asked for by itself but those that the listing lacks. These are asked for once
    more before the database is asked again whether anything needs them: bytes are stored before a row names them, and
    collected a day after none does."""

    def __init__(
        self, database: Database, store: ObjectStore, read_back: bool, listed_at_once: int = _LISTED_AT_ONCE
    ) -> None:
        super().__init__({ORIGINALS: "images", FROZEN: "frozen images", THUMBNAILS: "thumbnails"})
        self._database = database
        self._store = store
        self._read_back = read_back
        self._listed_at_once = listed_at_once
        self._gate = asyncio.Semaphore(_READ_AT_ONCE)

    async def suspicions(self) -> AsyncIterator[Suspicion]:
        for team_id in await self._database.read(lambda uow: uow.people.team_ids()):
            async for one in self._of_team(team_id):
                yield one

    async def _of_team(self, team_id: str) -> AsyncIterator[Suspicion]:
        projects, versions = await self._database.read(partial(_of_team, team_id=team_id))
        if not projects:
            return
        readings = [_Reading(version) for version in versions]
        async for listing in self._listings(team_id):
            for project_id in projects:
                async for one in self._live(team_id, project_id, listing):
                    yield one
            for reading in readings:
                async for one in self._frozen(team_id, reading, listing):
                    yield one

    async def _listings(self, team_id: str) -> AsyncIterator[_Listing]:
        whole = await self._listed(team_id, "", self._listed_at_once)
        if whole is not None:
            yield whole
            return
        for number in range(256):
            portion = await self._listed(team_id, f"{number:02x}", None)
            if portion is not None:
                yield portion

    async def _listed(self, team_id: str, digits: str, limit: int | None) -> _Listing | None:
        """None when there are more than `limit`."""
        sizes: dict[str, int] = {}
        for folder in ("originals", "thumbnails"):
            async for one in self._store.under(f"teams/{team_id}/{folder}/{digits}{'/' if digits else ''}"):
                sizes[one.key] = one.size_bytes
                if limit is not None and len(sizes) > limit:
                    return None
        return _Listing(digits, sizes)

    async def _live(self, team_id: str, project_id: str, listing: _Listing) -> AsyncIterator[Suspicion]:
        after = ""
        while True:
            page = await self._database.read(
                partial(_images, project_id=project_id, digits=listing.digits, after=after)
            )
            named_objects = {one.id: NamedObject(one.s3_key, one.size_bytes, one.sha256) for one in page}
            self.looked_at[ORIGINALS] += len(page)
            faults = await self._faults(list(named_objects.values()), listing)
            for image in page:
                original = named_objects[image.id]
                if (fault := faults.get(original.key)) is not None:
                    subject = f"image {image.id} of project {project_id}"
                    finding = Finding(ORIGINALS, subject, fault)
                    yield Suspicion(finding, partial(self._again, finding, team_id, image.sha256, original))
                if image.pictured:
                    async for suspicion in self._thumbnails(team_id, image, listing):
                        yield suspicion
            if len(page) < AUDIT_PAGE:
                return
            after = page[-1].sha256

    async def _thumbnails(self, team_id: str, image: NamedImage, listing: _Listing) -> AsyncIterator[Suspicion]:
        for size in THUMBNAIL_SIZES:
            key = thumbnail_key(team_id, image.sha256, size)
            self.looked_at[THUMBNAILS] += 1
            if key not in listing.sizes:
                text = f"{key} is missing from the object store, so pages show no picture; restore it from a backup."
                finding = Finding(THUMBNAILS, f"image {image.id}, {size} pixels", text)
                yield Suspicion(finding, partial(self._again, finding, team_id, image.sha256, NamedObject(key)))

    async def _frozen(self, team_id: str, reading: _Reading, listing: _Listing) -> AsyncIterator[Suspicion]:
        """Goes on where the portion before stopped, up to the end of this one."""
        digits = listing.digits
        while not reading.ended and reading.beyond[: len(digits)] <= digits:
            page = await self._database.read(partial(_rows, reading=reading))
            mine = list(takewhile(lambda row: row.sha256[: len(digits)] <= digits, page.items))
            self.looked_at[FROZEN] += len(mine)
            objects = {row.id: NamedObject(row.s3_key, sha256=row.sha256) for row in mine}
            faults = await self._faults(list(objects.values()), listing)
            for row in mine:
                if (fault := faults.get(row.s3_key)) is not None:
                    finding = Finding(FROZEN, f"{named(reading.version)}, image {row.filename}", fault)
                    yield Suspicion(finding, partial(self._again, finding, team_id, row.sha256, objects[row.id]))
            if mine:
                reading.position = mine[-1].position
            left = page.items[len(mine) :]
            reading.beyond = left[0].sha256 if left else ""
            reading.ended = not left and not page.has_next

    async def _faults(self, objects: Sequence[NamedObject], listing: _Listing) -> dict[str, str]:
        """What is wrong by the listing, and with the bytes where they are to be read; by key."""
        faults = {
            one.key: fault for one in objects if (fault := one.size_fault(listing.sizes.get(one.key))) is not None
        }
        if self._read_back:
            unread = {one.key: one for one in objects if one.key not in faults and one.key not in listing.read}
            listing.read.update(zip(unread, await asyncio.gather(*map(self._read, unread.values())), strict=True))
            read = {one.key: listing.read.get(one.key) for one in objects}
            faults.update({key: fault for key, fault in read.items() if fault is not None})
        return faults

    async def _read(self, one: NamedObject) -> str | None:
        async with self._gate:
            return await one.fault(self._store, self._read_back)

    async def _again(self, finding: Finding, team_id: str, sha256: str, one: NamedObject) -> Finding | None:
        fault = await self._read(one)
        needed = await self._database.read(lambda uow: uow.object_names.originals(team_id, [sha256]))
        return finding if fault is not None and needed else None


async def _of_team(uow: UnitOfWork, team_id: str) -> tuple[Sequence[str], list[DatasetVersion]]:
    ids = await uow.audit.frozen_version_ids(team_id)
    versions = await uow.versions.get_many(ids)
    return await uow.audit.project_ids(team_id), [one for one in versions.values() if keeps_something(one)]


async def _images(uow: UnitOfWork, project_id: str, digits: str, after: str) -> Sequence[NamedImage]:
    return await uow.audit.images(project_id, digits, after, AUDIT_PAGE)


async def _rows(uow: UnitOfWork, reading: _Reading) -> Page[VersionAsset]:
    request = PageRequest(_FROZEN_PAGE, (reading.position,))
    return (await uow.version_assets.pages([reading.version.id], request, None))[reading.version.id]
