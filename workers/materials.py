"""What a run on the GPU host needs on local disk: a version's rendered tree and a model's weights."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from adapters.manifest import ManifestCorruptError, download_manifest, read_image_file
from domain.models.model import TrainedModel
from domain.models.version import DatasetVersion, Split
from domain.ports import ObjectStore
from rendering.decode import ImageUnreadable
from rendering.tree import RenderedTree, TreeWriter
from workers.claims import PermanentError
from workers.renderer import Renderer
from workers.sources import Sources
from workers.wanted import Wanted
from workers.weights_file import weights_file

OnImage = Callable[[int, int], Awaitable[None]]
"""Hears after each image how many are rendered, of how many."""


async def _unheard(_: int, __: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Materials:
    """Reads versions and weights from `store`; `threads` is how many a training or evaluation may use."""

    store: ObjectStore
    renderer: Renderer
    threads: int

    async def tree(
        self,
        version: DatasetVersion,
        class_names: Sequence[str],
        splits: Collection[Split],
        folder: Path,
        compared: Collection[Split] = (),
        on_image: OnImage = _unheard,
    ) -> RenderedTree:
        """The version's images of those splits as YOLO reads them. Before anything is rendered their originals, and
        those of the `compared` splits, are held against their checksums, also where pictures of them are in the cache.

        Raises PermanentError when what was frozen of any of them is gone or changed, and for an image that is
        unreadable.
        """
        if version.manifest is None:
            raise PermanentError(f"v{version.version} has no manifest; retry the version.")
        manifest, originals = folder / "manifest.json", folder / "originals"
        originals.mkdir(parents=True, exist_ok=True)
        try:
            await download_manifest(self.store, version.manifest, manifest)
            sources = Sources(self.store, originals)
            read = {*splits, *compared}
            await sources.require_whole(image for image in read_image_file(manifest) if image.split in read)
            wanted = await asyncio.to_thread(Wanted.read, manifest, version.config, splits)
            writer = TreeWriter(folder / "tree", class_names, wanted.splits)
            return await self._tree(version, writer, wanted, sources, on_image)
        except (ManifestCorruptError, ImageUnreadable, ValueError) as error:
            raise PermanentError(str(error)) from error

    async def _tree(
        self, version: DatasetVersion, writer: TreeWriter, wanted: Wanted, sources: Sources, on_image: OnImage
    ) -> RenderedTree:
        written, total = 0, version.split_counts.of(wanted.splits)
        async with aclosing(self.renderer.rendered(version.team_id, wanted.orders(), sources)) as images:
            async for one in images:
                await asyncio.to_thread(writer.add, one.image, one.order, one.pictures())
                written += 1
                await on_image(written, total)
        writer.left_out.counts["EMPTY_IMAGES_LEFT_OUT"] += wanted.empties_left_out
        return writer.finish()

    async def weights(self, model: TrainedModel, folder: Path) -> Path:
        """The model's weights in `folder`, by their checksum; they are checked again where they are loaded."""
        if model.sha256 is None:
            raise PermanentError(f"{model.name} has no recorded checksum, so its weights cannot be trusted.")
        return await weights_file(self.store, model.weights_key, model.sha256, folder)
