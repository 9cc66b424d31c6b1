"""At most the share that a version allows of its pictures shows nothing, and which ones depends on themselves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.models.config import Augmentation, Preprocessing, Tile, VersionConfig
from domain.models.geometry import Box
from domain.models.manifest import FrozenImage
from domain.models.version import Split, SplitCounts
from marked_images import marked_image
from rendering.decode import ImageUnreadable
from rendering.empties import EmptyLimit, empty_limit, written_counts
from rendering.order import order_of

ONE_TILE = Box(10, 10, 20, 20)  # of four tiles, three stay empty


def images(folder: Path, full: int, empty: int, split: Split = Split.TRAIN, prefix: str = "first") -> list[FrozenImage]:
    made = []
    for number in range(full + empty):
        boxes = [ONE_TILE] if number < full else []
        made.append(marked_image(folder, boxes, name=f"{prefix}-{split}-{number}.jpg", split=split)[0])
    return made


def config(share: float | None, tile: Tile | None = None) -> VersionConfig:
    return VersionConfig(
        Preprocessing(tile=tile, max_empty_fraction=share), Augmentation(multiplier=2, horizontal_flip=True)
    )


def kept(limit: EmptyLimit, chosen: list[FrozenImage], settings: VersionConfig) -> dict[str, tuple[int, ...]]:
    orders = {image.sha256: limit.applied(order_of(image, settings), image.split) for image in chosen}
    every = tuple(range(settings.preprocessing.tiles))
    return {sha256: every if order.tiles is None else order.tiles for sha256, order in orders.items()}


@pytest.mark.parametrize(
    ("share", "full", "empty", "empties"),
    [
        (0.0, 4, 10, 0),
        (0.5, 4, 10, 4),
        (0.2, 8, 10, 2),
        (0.2, 7, 10, 1),
        (1.0, 4, 10, 10),
        (0.9, 4, 10, 10),
        (0.5, 0, 9, 0),
    ],
)
def test_the_share_holds_and_is_used_up(tmp_path: Path, share: float, full: int, empty: int, empties: int) -> None:
    chosen, settings = images(tmp_path, full, empty), config(share)
    limit = empty_limit(chosen, settings)
    assert limit is not None
    tiles = kept(limit, chosen, settings)
    with_objects = {image.sha256 for image in chosen if image.annotations}
    assert {sha256 for sha256, some in tiles.items() if some} >= with_objects
    assert sum(len(some) for sha256, some in tiles.items() if sha256 not in with_objects) == empties
    assert limit.left_out[Split.TRAIN] == empty - empties
    counts = written_counts(SplitCounts(train=full + empty), limit, settings)
    assert counts.train_augmented == 2 * (full + empties)


def test_tiles_are_what_is_counted_and_each_split_has_its_own_share(tmp_path: Path) -> None:
    settings = config(0.5, Tile(2, 2))
    chosen = [*images(tmp_path, 6, 2), *images(tmp_path, 2, 0, Split.VAL)]
    limit = empty_limit(chosen, settings)
    assert limit is not None
    assert limit.kept == {Split.TRAIN: 12, Split.VAL: 4, Split.TEST: 0}
    assert limit.left_out == {Split.TRAIN: 20, Split.VAL: 4, Split.TEST: 0}
    tiles = kept(limit, chosen, settings)
    assert sum(len(some) for some in tiles.values()) == 16
    assert all(0 in tiles[image.sha256] for image in chosen if image.annotations)


def test_more_images_hardly_change_which_empty_ones_stay(tmp_path: Path) -> None:
    settings = config(0.5)
    before = images(tmp_path, 50, 100)
    after = [*before, *images(tmp_path, 5, 10, prefix="later")]
    first, second = empty_limit(before, settings), empty_limit(after, settings)
    assert first is not None
    assert second is not None
    old, new = kept(first, before, settings), kept(second, before, settings)
    assert sum(old[one] != new[one] for one in old) <= 15


def test_without_a_share_every_picture_is_kept(tmp_path: Path) -> None:
    assert empty_limit(images(tmp_path, 1, 3), config(None)) is None


def test_an_image_that_cannot_be_cut_is_named(tmp_path: Path) -> None:
    image, _ = marked_image(tmp_path, [], width=3, height=3, name="tiny.png", kind="PNG")
    with pytest.raises(ImageUnreadable, match=r"tiny\.png: A side of 3 pixels cannot be cut into 4 tiles"):
        empty_limit([image], config(0.5, Tile(4, 4)))


def test_an_image_of_which_every_picture_stays_is_not_rendered_anew_for_the_limit(tmp_path: Path) -> None:
    chosen, limited = images(tmp_path, 2, 2), config(0.25)
    limit = empty_limit(chosen, limited)
    assert limit is not None
    for image in chosen:
        without, order = order_of(image, config(None)), limit.applied(order_of(image, limited), image.split)
        assert (order.key(1, "f") == without.key(1, "f")) is bool(image.annotations)
