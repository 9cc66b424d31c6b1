"""What is to be made of one image: all that its pictures depend on, and therefore their name in the cache."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from domain.models.config import (
    Augmentation,
    Preprocessing,
    Tile,
    VersionConfig,
    augmentation_from_json,
    preprocessing_from_json,
)
from domain.models.geometry import Box
from domain.models.manifest import FrozenImage
from domain.models.version import Split
from domain.tiling import Window, tile_windows
from rendering.decode import ImageUnreadable
from rendering.fitting import Fit, fit
from rendering.geometry import stored_size, upright_to_stored
from rendering.labels import Label, all_moved, in_window, label_of, stored

MIN_VISIBLE = 0.3
"""Of an object's area, what a picture must show of it, where the version sets no share by its tiles."""


@dataclass(frozen=True, slots=True)
class Order:
    """The pictures wanted of one image.

    `width` and `height` are upright pixels, `labels` the objects in them by their class names in the version, and
    `orientation` the stored file's EXIF value. Copies are 0, the picture as it is, and 1 to `copies` - 1, augmented.
    `tiles` are the numbers of the tiles wanted, row by row from 0; None means all. `left_out` counts the annotations
    that became no label, by notice code.
    """

    sha256: str
    width: int
    height: int
    orientation: int
    labels: tuple[Label, ...]
    preprocessing: Preprocessing
    augmentation: Augmentation
    copies: int
    tiles: tuple[int, ...] | None
    left_out: Counter[str]

    @property
    def min_visible(self) -> float:
        tile = self.preprocessing.tile
        return tile.min_visible if tile else MIN_VISIBLE

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pixels that are cut: upright, or as stored where the version leaves them so."""
        if self.preprocessing.auto_orient:
            return self.width, self.height
        return stored_size(self.width, self.height, self.orientation)

    def windows(self) -> tuple[Window, ...]:
        """All tiles, or the whole image as one. Raises ImageUnreadable when it is too small to be cut."""
        return image_windows(*self.size, self.preprocessing.tile)

    def fit(self, window: Window) -> Fit:
        return fit(window.width, window.height, self.preprocessing.resize)

    def tile_labels(self) -> Iterator[tuple[Window, Fit, tuple[Label, ...]]]:
        """Of each tile how it comes to size, and what is to be seen on it then."""
        labels = self.labels
        if not self.preprocessing.auto_orient:
            labels = stored(labels, upright_to_stored(self.orientation, self.width, self.height))
        for window in self.windows():
            how = self.fit(window)
            # Tile and centre crop are one cut, of which an object must show enough.
            shown = how.shown(window)
            cut = (kept for label in labels if (kept := in_window(label, shown, self.min_visible)))
            yield window, how, all_moved(cut, how.placing, how.width, how.height, 0.0)

    def key(self, copy: int, fingerprint: str) -> str:
        """SHA-256 (hex) over what the pictures of that copy depend on, and over the renderer's fingerprint."""
        parts = self._parts()
        if copy == 0:
            parts["augmentation"] = None
        else:
            # Another number of copies, or another way to have chosen the steps, makes no other pictures.
            parts["augmentation"].update(multiplier=None, preset=None)
        text = orjson.dumps([fingerprint, copy, parts], option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()

    def _parts(self) -> dict[str, Any]:
        preprocessing = asdict(self.preprocessing)
        # What they do is in the labels and the tiles.
        for name in ("class_remap", "drop_classes", "max_empty_fraction"):
            del preprocessing[name]
        return {
            "sha256": self.sha256,
            "size": [self.width, self.height, self.orientation],
            "labels": [label_to_json(label) for label in self.labels],
            "preprocessing": preprocessing,
            "augmentation": asdict(self.augmentation),
            "tiles": self.tiles,
        }

    def to_json(self) -> dict[str, Any]:
        return {**self._parts(), "copies": self.copies}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Order:
        """The inverse of `to_json`, but for what only counts."""
        (width, height, orientation), tiles = data["size"], data["tiles"]
        return cls(
            sha256=data["sha256"],
            width=width,
            height=height,
            orientation=orientation,
            labels=tuple(label_from_json(one) for one in data["labels"]),
            preprocessing=preprocessing_from_json(data["preprocessing"]),
            augmentation=augmentation_from_json(data["augmentation"]),
            copies=data["copies"],
            tiles=tuple(tiles) if tiles is not None else None,
            left_out=Counter(),
        )


def order_of(image: FrozenImage, config: VersionConfig, tiles: tuple[int, ...] | None = None) -> Order:
    """What a version of these settings makes of its image; `tiles` as in Order."""
    left_out: Counter[str] = Counter()
    labels: list[Label] = []
    renamed = config.preprocessing.class_names
    for annotation in image.annotations:
        name = renamed.get(annotation.weed_type, annotation.weed_type)
        if name is None:
            left_out["LABELS_OF_DROPPED_CLASSES"] += 1
            continue
        label = label_of(annotation, len(labels), name, image.width, image.height)
        if label is None:
            left_out["LABELS_WITHOUT_AREA"] += 1
            continue
        labels.append(label)
    return Order(
        sha256=image.sha256,
        width=image.width,
        height=image.height,
        orientation=image.orientation,
        labels=tuple(labels),
        preprocessing=config.preprocessing,
        augmentation=config.augmentation,
        copies=config.augmentation.multiplier if image.split is Split.TRAIN else 1,
        tiles=tiles,
        left_out=left_out,
    )


def label_to_json(label: Label) -> list[Any]:
    """`[source, class, x, y, width, height, polygon]`, pixels; the polygon is a list of pairs or null."""
    box = label.box
    return [label.source, label.class_name, box.x, box.y, box.width, box.height, label.polygon]


def label_from_json(data: list[Any]) -> Label:
    source, name, x, y, width, height, polygon = data
    return Label(source, name, Box(x, y, width, height), tuple((u, v) for u, v in polygon) if polygon else None)


def image_windows(width: int, height: int, tile: Tile | None) -> tuple[Window, ...]:
    """The tiles of an image, or the whole image as one. Raises ImageUnreadable when it is too small to be cut."""
    if tile is None:
        return (Window(0, 0, 0, 0, width, height),)
    try:
        return tile_windows(width, height, tile)
    except ValueError as error:
        raise ImageUnreadable(str(error)) from error
