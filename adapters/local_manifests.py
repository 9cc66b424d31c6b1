"""Manifests on local disk: each is downloaded once, checked against its checksum, and then read by the line."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import orjson

from adapters.line_file import LineFile, index_lines
from adapters.local_files import LocalFiles
from adapters.manifest import ManifestCorruptError, image_from_json
from domain.models.manifest import FrozenImage
from domain.models.version import Manifest
from domain.ports import ObjectStore
from domain.store_answers import answering

MANIFEST_FILE = "manifest.json"


class LocalManifests:
    """Fulfils domain.ports.ManifestReader."""

    def __init__(self, store: ObjectStore, files: LocalFiles) -> None:
        self._store = store
        self._files = files

    def open(self, manifest: Manifest) -> AbstractAsyncContextManager[Path]:
        """The folder where the manifest lies as MANIFEST_FILE, indexed, until the block ends. Raises
        ManifestCorruptError unless it is the one that was frozen, UNAVAILABLE when the store cannot be reached."""
        return self._files.open(manifest.sha256, manifest.size_bytes, partial(self._fetch, manifest))

    async def image(self, manifest: Manifest, position: int) -> FrozenImage:
        """The image on line `position`, from 0, as it was frozen."""
        async with self.open(manifest) as folder:
            line = await asyncio.to_thread(_image_line, folder, position)
        return image_from_json(orjson.loads(line))

    async def _fetch(self, manifest: Manifest, folder: Path) -> None:
        path = folder / MANIFEST_FILE
        try:
            with answering():
                await self._store.download(manifest.s3_key, path)
        except KeyError as error:
            raise ManifestCorruptError.missing(manifest) from error
        if await asyncio.to_thread(index_lines, path) != manifest.sha256:
            raise ManifestCorruptError.changed(manifest)


def _image_line(folder: Path, position: int) -> bytes:
    with LineFile(folder / MANIFEST_FILE) as lines:
        return lines[position + 1].removesuffix(b"\n").removesuffix(b",")
