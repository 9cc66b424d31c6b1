"""A version as the zip that people download, rendered and packed while it is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path

from adapters.manifest import read_header
from domain.models.imports import ExportFormat
from domain.models.version import DatasetVersion, Notice, Split
from domain.ports import ObjectStore
from rendering.archive import ZipStream
from rendering.formats import open_format
from rendering.left_out import LeftOut
from rendering.naming import Stems
from rendering.sources_csv import SourcesCsv
from workers.renderer import Rendered, Renderer
from workers.sources import Sources
from workers.wanted import Wanted

_PORTION_BYTES = 4 * 1024**2
"""Handed on at once; a thread is asked for as much, not for each label file."""

Progress = Callable[[int, int], None]
"""Hears how many source images are done, of how many."""


class DatasetArchives:
    """Makes archives of versions."""

    def __init__(self, store: ObjectStore, renderer: Renderer) -> None:
        self._store = store
        self._renderer = renderer

    def archive(
        self, version: DatasetVersion, manifest: Path, format_: ExportFormat, folder: Path, progress: Progress
    ) -> DatasetArchive:
        """`manifest` is the file of the version's manifest; `folder`, which there is, takes what cannot be sent yet."""
        return DatasetArchive(self._store, self._renderer, version, manifest, format_, folder, progress)


class DatasetArchive:
    """The zip of one version in one format, to be read once, with `chunks`.

    It has the pictures with their labels, sources.csv (which original, tile and copy each picture is), the version's
    manifest.json, and SHA256SUMS. Equal manifests give equal bytes wherever the renderer's fingerprint is the same.
    `images` (pictures written), `size_bytes`, `sha256` (hex) and `notices` are known when all was read.
    """

    def __init__(
        self,
        store: ObjectStore,
        renderer: Renderer,
        version: DatasetVersion,
        manifest: Path,
        format_: ExportFormat,
        folder: Path,
        progress: Progress,
    ) -> None:
        """Raises OSError."""
        self._sources = Sources(store, folder)
        self._renderer = renderer
        self._version = version
        self._manifest = manifest
        self._folder = folder
        self._progress = progress
        self._zip = ZipStream(folder)
        self._format = open_format(format_, version.classes, str(read_header(manifest)["name"]), folder)
        self._table = SourcesCsv(folder / "sources.csv")
        self._stems = Stems()
        self._left_out = LeftOut()
        self.images = 0

    @property
    def size_bytes(self) -> int:
        return self._zip.size

    @property
    def sha256(self) -> str:
        return self._zip.sha256

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._left_out.notices()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The bytes, a few MiB at a time. Raises ImageUnreadable and PermanentError, both with the file's name, OSError
        and as the sandbox does. Closing it ends all work at once."""
        version = self._version
        counts = version.split_counts
        total, done = counts.train + counts.val + counts.test, 0
        with self._zip:
            wanted = await asyncio.to_thread(Wanted.read, self._manifest, version.config, list(Split))
            self._left_out.counts["EMPTY_IMAGES_LEFT_OUT"] += wanted.empties_left_out
            rendered = self._renderer.rendered(version.team_id, wanted.orders(), self._sources)
            async with aclosing(rendered) as images:
                async for one in images:
                    async for portion in _portions(self._entries(one)):
                        yield portion
                    done += 1
                    self._progress(done, total)
            async for portion in _portions(self._last_entries()):
                yield portion

    def _entries(self, rendered: Rendered) -> Iterator[bytes]:
        image = rendered.image
        stem = self._stems.of(image)
        for picture in self._left_out.watched(rendered.order, rendered.pictures()):
            name = stem + picture.suffix
            path = self._format.image_path(image.split, name)
            yield from self._zip.add(path, picture.jpeg, picture.sha256)
            for label_path, data in self._format.labels(image.split, name, picture):
                yield from self._zip.add(label_path, data)
            self._table.add(path, image, picture)
            self.images += 1

    def _last_entries(self) -> Iterator[bytes]:
        for path, data in self._format.finish():
            yield from self._zip.add(path, data)
        self._left_out.counts.update(self._format.left_out)
        yield from self._zip.add("sources.csv", self._table.path)
        yield from self._zip.add("manifest.json", self._manifest)
        yield from self._zip.close()


async def _portions(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while portion := await asyncio.to_thread(_portion, chunks):
        yield portion


def _portion(chunks: Iterator[bytes]) -> bytes:
    taken, size = [], 0
    for chunk in chunks:
        taken.append(chunk)
        size += len(chunk)
        if size >= _PORTION_BYTES:
            break
    return b"".join(taken)
