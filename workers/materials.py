"""What a run on the GPU host needs on local disk: a version's rendered tree and a model's weights."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.manifest import ManifestCorruptError, fetch_manifest, read_images
from domain.ids import new_id
from domain.models.model import TrainedModel
from domain.models.version import DatasetVersion, Split
from domain.ports import ObjectStore
from rendering.decode import ImageUnreadable
from rendering.tree import RenderedTree, render_tree
from workers.claims import PermanentError
from workers.sources import fetch_sources


@dataclass(frozen=True, slots=True)
class Materials:
    """Reads versions and weights from `store`; renders with `threads`."""

    store: ObjectStore
    threads: int

    async def tree(
        self,
        version: DatasetVersion,
        class_names: Sequence[str],
        splits: Collection[Split],
        folder: Path,
        compared: Collection[Split] = (),
    ) -> RenderedTree:
        """The version's images of those splits as YOLO reads them; of the `compared` splits, too, the bytes are held
        against their checksums. Raises PermanentError, and has rendered nothing, when what was frozen of any of them
        is gone or changed; also for an image that is unreadable."""
        if version.manifest is None:
            raise PermanentError(f"v{version.version} has no manifest; retry the version.")
        try:
            manifest = await fetch_manifest(self.store, version.manifest)
        except ManifestCorruptError as error:
            raise PermanentError(str(error)) from error
        frozen = await asyncio.to_thread(lambda: list(read_images(manifest)))
        images = [image for image in frozen if image.split in splits]
        others = [image for image in frozen if image.split in compared]
        source = await fetch_sources(self.store, images, others, folder / "sources")
        stop = threading.Event()

        def render() -> RenderedTree:
            return render_tree(
                folder / "tree",
                images,
                source,
                version.config,
                class_names,
                splits,
                progress=lambda done, total: None,
                cancelled=stop.is_set,
                threads=self.threads,
            )

        try:
            return await asyncio.to_thread(render)
        except (ImageUnreadable, ValueError) as error:
            raise PermanentError(str(error)) from error
        finally:
            stop.set()

    async def weights(self, model: TrainedModel, folder: Path) -> Path:
        """The model's weights in `folder`, by their checksum; they are checked again where they are loaded."""
        if model.sha256 is None:
            raise PermanentError(f"{model.name} has no recorded checksum, so its weights cannot be trusted.")
        return await self.weights_file(model.weights_key, model.sha256, folder)

    async def weights_file(self, key: str, sha256: str, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{sha256}.pt"
        if not path.exists():
            partial = path.with_suffix(f".{new_id()}")
            try:
                await self.store.download(key, partial)
            except KeyError as error:
                text = "The model's weights are missing from the object store; restore them from a backup."
                raise PermanentError(text) from error
            partial.replace(path)
        return path
