"""Diffs of manifests: worked out in a thread, and kept in the object store and on local disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from adapters.diff_file import is_whole, read_page, read_totals, write_diff
from adapters.line_file import LineFile, index_lines
from adapters.local_files import LocalFiles
from adapters.local_manifests import MANIFEST_FILE, LocalManifests
from adapters.manifest_diff import changed_images
from domain.keys import diff_key
from domain.models.diff import ChangedImage, DiffTotals, ManifestPair
from domain.paging import Page, PageRequest
from domain.ports import ObjectStore
from domain.store_answers import answering

T = TypeVar("T")
_AT_ONCE = 2  # each takes its share of the interpreter from those who only want an answer
_DIFF_FILE = "diff.json"
_log = structlog.get_logger(__name__)


class StoredDiffs:
    """Fulfils domain.ports.VersionDiffs."""

    def __init__(self, store: ObjectStore, manifests: LocalManifests, files: LocalFiles) -> None:
        self._store = store
        self._manifests = manifests
        self._files = files
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def totals(self, pair: ManifestPair) -> DiffTotals:
        return await self._read(pair, read_totals)

    async def changed(self, pair: ManifestPair, request: PageRequest) -> Page[ChangedImage]:
        return await self._read(pair, partial(read_page, request=request))

    async def _read(self, pair: ManifestPair, read: Callable[[Path], T]) -> T:
        key = diff_key(pair.team_id, pair.before.sha256, pair.after.sha256)
        async with self._files.open(key, 0, partial(self._fetch, key, pair)) as folder:
            return await asyncio.to_thread(read, folder / _DIFF_FILE)

    async def _fetch(self, key: str, pair: ManifestPair, folder: Path) -> None:
        path = folder / _DIFF_FILE
        if await self._stored(key, path):
            return
        async with self._gate:
            await self._work_out(pair, path)
        try:
            await self._store.put_file(key, path, "application/json")
        except OSError as error:
            # It is there for this process; another one works it out for itself.
            _log.warning("diff_not_stored", key=key, error=str(error))

    async def _stored(self, key: str, path: Path) -> bool:
        """Takes over what was worked out before; false when there is nothing, or nothing that can be read."""
        try:
            with answering():
                await self._store.download(key, path)
        except KeyError:
            return False
        await asyncio.to_thread(index_lines, path)
        whole = await asyncio.to_thread(is_whole, path)
        if not whole:
            _log.warning("stored_diff_refused", key=key)
        return whole

    async def _work_out(self, pair: ManifestPair, path: Path) -> None:
        async with self._manifests.open(pair.before) as before, self._manifests.open(pair.after) as after:
            await asyncio.to_thread(_write, path, before / MANIFEST_FILE, after / MANIFEST_FILE)


def _write(path: Path, before: Path, after: Path) -> None:
    with LineFile(before) as lines:
        images_before = len(lines) - 2
    write_diff(path, changed_images(before, after), images_before)
