"""What is to be rendered of a version, read from its manifest's file by the line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.manifest import read_image_file
from domain.models.config import VersionConfig
from domain.models.manifest import FrozenImage
from domain.models.version import Split
from rendering.empties import EmptyLimit, empty_limit
from rendering.order import Order, order_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """The images of a version in the given splits, and what becomes of each."""

    manifest: Path
    config: VersionConfig
    splits: Collection[Split]
    limit: EmptyLimit | None

    @classmethod
    def read(cls, manifest: Path, config: VersionConfig, splits: Collection[Split]) -> Wanted:
        """Takes long where the share of empty pictures is limited: all images are looked at. Raises ImageUnreadable."""
        return cls(manifest, config, splits, empty_limit(read_image_file(manifest), config))

    @property
    def empties_left_out(self) -> int:
        return sum(self.limit.left_out[split] for split in self.splits) if self.limit else 0

    def orders(self) -> Iterator[tuple[FrozenImage, Order]]:
        """In the manifest's order, one in memory at a time."""
        for image in read_image_file(self.manifest):
            if image.split in self.splits:
                order = order_of(image, self.config)
                yield image, self.limit.applied(order, image.split) if self.limit else order
