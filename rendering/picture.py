"""The pictures one frozen image becomes: its tiles, and in training their augmented copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from domain.augmentation import draw
from domain.models.config import Preprocessing, Tile, VersionConfig
from domain.models.manifest import FrozenImage
from domain.models.version import Split
from domain.tiling import Window, tile_windows
from rendering.decode import ImageUnreadable, decode_file
from rendering.geometry import Affine, augmentation, upright_to_stored
from rendering.labels import Label, in_window, label_line, label_of, moved
from rendering.pixels import Pixels, augmented, crop, encode_jpeg, resized


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG with its label lines; `suffix` tells it from the others of the same image."""

    suffix: str
    jpeg: bytes
    lines: tuple[str, ...]


@dataclass(slots=True)
class Skipped:
    """How many annotations were left out, by notice code."""

    counts: Counter[str] = field(default_factory=Counter)


def pictures(
    image: FrozenImage, path: Path, config: VersionConfig, indices: Mapping[str, int], skipped: Skipped
) -> Iterator[Picture]:
    """Each picture of the image in turn, decoded once; `indices` gives a class its number. Adds to `skipped`.

    Raises ImageUnreadable with the file's name.
    """
    preprocessing = config.preprocessing
    pixels = _decoded(image, path, preprocessing.auto_orient)
    labels = _labels(image, preprocessing, indices, skipped)
    shown: set[int] = set()
    windows = image_windows(pixels.shape[1], pixels.shape[0], preprocessing.tile)
    for number, window in enumerate(windows):
        tile_labels = labels
        if preprocessing.tile:
            cut = (in_window(label, window, preprocessing.tile.min_visible) for label in labels)
            tile_labels = [label for label in cut if label]
        shown.update(label.source for label in tile_labels)
        suffix = f"_t{window.row}-{window.column}" if preprocessing.tile else ""
        yield from _copies(image, config, number, suffix, crop(pixels, window), tile_labels)
    skipped.counts["LABELS_NOT_VISIBLE"] += sum(label.source not in shown for label in labels)


def image_windows(width: int, height: int, tile: Tile | None) -> tuple[Window, ...]:
    """The tiles of an image, or the whole image as one. Raises ImageUnreadable when it is too small to be cut."""
    if tile is None:
        return (Window(0, 0, 0, 0, width, height),)
    try:
        return tile_windows(width, height, tile)
    except ValueError as error:
        raise ImageUnreadable(str(error)) from error


def _decoded(image: FrozenImage, path: Path, upright: bool) -> Pixels:
    try:
        pixels = decode_file(path, image.orientation, upright)
    except ImageUnreadable as error:
        raise ImageUnreadable(f"{image.filename}: {error}") from error
    turned = not upright and image.orientation >= 5
    expected = (image.width, image.height) if turned else (image.height, image.width)
    if pixels.shape[:2] != expected:
        raise ImageUnreadable(
            f"{image.filename}: the file has {pixels.shape[1]} × {pixels.shape[0]} pixels where the manifest says "
            f"{expected[1]} × {expected[0]}; its annotations would not fit."
        )
    return pixels


def _labels(
    image: FrozenImage, preprocessing: Preprocessing, indices: Mapping[str, int], skipped: Skipped
) -> list[Label]:
    labels = []
    renamed = preprocessing.class_names
    for source, annotation in enumerate(image.annotations):
        name = renamed.get(annotation.weed_type, annotation.weed_type)
        if name is None:
            skipped.counts["LABELS_OF_DROPPED_CLASSES"] += 1
            continue
        if name not in indices:
            skipped.counts["LABELS_OF_OTHER_CLASSES"] += 1
            continue
        label = label_of(annotation, source, indices[name], image.width, image.height)
        if label is None:
            skipped.counts["LABELS_WITHOUT_AREA"] += 1
            continue
        labels.append(label)
    if preprocessing.auto_orient:
        return labels
    back = upright_to_stored(image.orientation, image.width, image.height)
    size = (image.height, image.width) if image.orientation >= 5 else (image.width, image.height)
    return _all_moved(labels, back, *size, 0.0)


def _copies(
    image: FrozenImage, config: VersionConfig, number: int, suffix: str, tile: Pixels, labels: list[Label]
) -> Iterator[Picture]:
    """The tile resized, and behind it its augmented copies when the image is one to train on."""
    pixels = resized(tile, config.preprocessing.resize)
    height, width = pixels.shape[:2]
    scale = Affine.scaling(width / tile.shape[1], height / tile.shape[0])
    labels = _all_moved(labels, scale, width, height, 0.0)
    yield _picture(suffix, pixels, labels)
    if image.split is not Split.TRAIN:
        return
    min_visible = (config.preprocessing.tile or Tile(1, 1)).min_visible
    for copy in range(1, config.augmentation.multiplier):
        steps = draw(config.augmentation, image.sha256, number, copy)
        turned = augmented(pixels, steps)
        move = augmentation(steps, width, height)
        kept = _all_moved(labels, move, turned.shape[1], turned.shape[0], min_visible)
        yield _picture(f"{suffix}_c{copy}", turned, kept)


def _all_moved(labels: list[Label], move: Affine, width: int, height: int, min_visible: float) -> list[Label]:
    return [kept for label in labels if (kept := moved(label, move, width, height, min_visible))]


def _picture(suffix: str, pixels: Pixels, labels: list[Label]) -> Picture:
    height, width = pixels.shape[:2]
    return Picture(suffix, encode_jpeg(pixels), tuple(label_line(label, width, height) for label in labels))
