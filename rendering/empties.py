"""Which pictures without an object a version leaves out, so that they are no more than the share it allows."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from domain.models.config import VersionConfig
from domain.models.manifest import FrozenImage
from domain.models.version import Split, SplitCounts
from rendering.decode import ImageUnreadable
from rendering.order import Order, order_of

_HAIR = 1e-9


@dataclass(frozen=True, slots=True)
class EmptyLimit:
    """For each split the rank up to which pictures without an object are kept, and how many come of it.

    A picture's rank depends on its image and tile alone: other images, in another version, hardly change what is kept,
    and so little is rendered anew.
    """

    ranks: Mapping[Split, int]
    kept: Mapping[Split, int]
    """Pictures of each split before augmentation, with and without objects."""
    left_out: Mapping[Split, int]

    def applied(self, order: Order, split: Split) -> Order:
        """The order for the tiles that are kept; where all are, it is what it would be without a limit."""
        most, full = self.ranks[split], _labels_of_tiles(order)
        tiles = tuple(number for number, labels in enumerate(full) if labels or _rank(order.sha256, number) <= most)
        return order if len(tiles) == len(full) else replace(order, tiles=tiles)


def empty_limit(images: Iterable[FrozenImage], config: VersionConfig) -> EmptyLimit | None:
    """Looks at all images of a version; None when it keeps every picture. Raises ImageUnreadable, with the file's name,
    for an image that is too small to be cut."""
    share = config.preprocessing.max_empty_fraction
    if share is None:
        return None
    full: Counter[Split] = Counter()
    empty = {split: array("Q") for split in Split}
    for image in images:
        for number, labels in enumerate(_labels_of_image(image, config)):
            if labels:
                full[image.split] += 1
            else:
                empty[image.split].append(_rank(image.sha256, number))
    most = {split: _most_empty(full[split], len(found), share) for split, found in empty.items()}
    return EmptyLimit(
        ranks={split: sorted(found)[most[split] - 1] if most[split] else -1 for split, found in empty.items()},
        kept={split: full[split] + most[split] for split in Split},
        left_out={split: len(found) - most[split] for split, found in empty.items()},
    )


def written_counts(counts: SplitCounts, limit: EmptyLimit, config: VersionConfig) -> SplitCounts:
    """The counts with the training images as they are written under the limit."""
    return replace(counts, train_augmented=limit.kept[Split.TRAIN] * config.augmentation.multiplier)


def _labels_of_image(image: FrozenImage, config: VersionConfig) -> list[bool]:
    try:
        return _labels_of_tiles(order_of(image, config))
    except ImageUnreadable as error:
        raise ImageUnreadable(f"{image.filename}: {error}") from error


def _labels_of_tiles(order: Order) -> list[bool]:
    return [bool(labels) for _, _, labels in order.tile_labels()]


def _most_empty(full: int, empty: int, share: float) -> int:
    """The largest number of empty pictures, of those there are, that is at most `share` of it and `full` together."""
    if share >= 1:
        return empty
    return min(empty, int(share * full / (1 - share) + _HAIR))


def _rank(sha256: str, tile: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{sha256}:{tile}".encode()).digest()[:8])
