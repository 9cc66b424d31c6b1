"""Versions rendered in the test's own process, without worker, store or cache."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from domain.models.config import VersionConfig
from domain.models.manifest import FrozenImage
from domain.models.version import Split
from rendering.decode import ImageUnreadable
from rendering.order import order_of
from rendering.picture import Picture, render
from rendering.tree import RenderedTree, TreeWriter


def rendered_pictures(image: FrozenImage, path: Path, config: VersionConfig) -> list[Picture]:
    """All pictures of an image, copy by copy, as a worker gives them."""
    order = order_of(image, config)
    return sorted(render(order, path, range(order.copies)), key=lambda picture: picture.copy)


def render_tree(
    root: Path,
    images: Iterable[FrozenImage],
    source: Callable[[FrozenImage], Path],
    config: VersionConfig,
    class_names: Sequence[str],
    splits: Collection[Split],
) -> RenderedTree:
    """The images of the splits as YOLO reads them; raises ImageUnreadable with the file's name."""
    writer = TreeWriter(root, class_names, splits)
    for image in images:
        if image.split in splits:
            writer.add(image, order_of(image, config), _named(image, source(image), config))
    return writer.finish()


def _named(image: FrozenImage, path: Path, config: VersionConfig) -> Iterator[Picture]:
    try:
        yield from rendered_pictures(image, path, config)
    except ImageUnreadable as error:
        raise ImageUnreadable(f"{image.filename}: {error}") from error
