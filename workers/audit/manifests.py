"""The manifest of every version, read back and held against the version's rows, line by line."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice, zip_longest
from pathlib import Path

import orjson

from adapters.manifest import ManifestCorruptError, download_manifest
from domain.models.audit import Portion
from domain.models.version import DatasetVersion, Manifest, VersionAsset
from domain.paging import Page, PageRequest, SortKey
from domain.ports import Database, ObjectStore, UnitOfWork
from workers.audit.check import Check, Suspicion
from workers.audit.finding import Finding
from workers.audit.versions import keeps_something, named

MANIFESTS = "manifests"
_PAGE = 1000
_RESTORE = "the manifest is what was frozen: restore the version's rows from a backup of the database."
_Line = tuple[str, str, str, str, int]
"""Of an image: its asset's id, SHA-256, key and split, and how many annotations it has."""


class Manifests(Check):
    """The manifest of a version that is READY, TRAINING or archived whole is in the store with the SHA-256 and size
    that the version says, and its lines say the same as the rows. Neither changes once the version is READY, so they
    need not be read at one instant. Manifests lie in a temporary folder one at a time."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        super().__init__({MANIFESTS: "versions"})
        self._database = database
        self._store = store

    async def suspicions(self) -> AsyncIterator[Suspicion]:
        portion = Portion()
        while True:
            ids = await self._database.read(partial(_ids, portion=portion))
            for id_ in ids:
                if (finding := await self._looked_at(id_)) is not None:
                    yield Suspicion(finding, partial(self._finding, id_))
            if len(ids) < portion.limit:
                return
            portion = replace(portion, after=ids[-1])

    async def _looked_at(self, id_: str) -> Finding | None:
        self.looked_at[MANIFESTS] += 1
        return await self._finding(id_)

    async def _finding(self, id_: str) -> Finding | None:
        version, rows = await self._database.read(partial(_version, id_=id_))
        # One without a manifest, or with fewer rows than it counts, is told of by what looks at the rows.
        if version is None or version.manifest is None or not keeps_something(version) or rows != version.image_count:
            return None
        with tempfile.TemporaryDirectory(prefix="agridrone-audit-") as folder:
            fault = await self._fault(version, version.manifest, Path(folder) / "manifest.json")
        return Finding(MANIFESTS, named(version), fault) if fault is not None else None

    async def _fault(self, version: DatasetVersion, manifest: Manifest, path: Path) -> str | None:
        try:
            await download_manifest(self._store, manifest, path)
        except ManifestCorruptError as error:
            return str(error)
        size = path.stat().st_size
        if size != manifest.size_bytes:
            return f"{manifest.s3_key} has {size:,} bytes, but its row says {manifest.size_bytes:,}; mend the row."
        return await self._difference(version, path)

    async def _difference(self, version: DatasetVersion, path: Path) -> str | None:
        """Where the lines and the rows part, if they do."""
        lines = _lines(path)
        after: SortKey | None = None
        more = True
        while more:
            request = PageRequest(_PAGE, after)
            page = await self._database.read(partial(_rows, dataset_id=version.id, request=request))
            told = await asyncio.to_thread(list, islice(lines, len(page.items)))
            for row, line in zip_longest(page.items, told):
                if line != _of_row(row):
                    return f"Its manifest says of position {row.position:,} what its row does not; {_RESTORE}"
            more, after = page.has_next, page.keys[-1] if page.keys else None
        if next(lines, None) is not None:
            return f"Its manifest has more images than the {version.image_count:,} that it counts; {_RESTORE}"
        return None


async def _ids(uow: UnitOfWork, portion: Portion) -> Sequence[str]:
    return await uow.audit.version_ids(portion)


async def _version(uow: UnitOfWork, id_: str) -> tuple[DatasetVersion | None, int]:
    return await uow.versions.get(id_), (await uow.version_assets.counts([id_], None)).get(id_, 0)


async def _rows(uow: UnitOfWork, dataset_id: str, request: PageRequest) -> Page[VersionAsset]:
    return (await uow.version_assets.pages([dataset_id], request, None))[dataset_id]


def _of_row(row: VersionAsset) -> _Line:
    return row.asset_id, row.sha256, row.s3_key, row.split.value, row.annotation_count


def _lines(path: Path) -> Iterator[_Line]:
    with path.open("rb") as file:
        for line in islice(file, 1, None):  # the first is the header's
            if line.startswith(b"{"):
                one = orjson.loads(line.rstrip(b",\n"))
                yield one["assetId"], one["sha256"], one["key"], one["split"], len(one["annotations"])
