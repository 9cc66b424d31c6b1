"""The disposable folder in YOLO's layout that training and evaluation read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from domain.models.imports import ExportFormat
from domain.models.manifest import FrozenImage
from domain.models.version import Notice, Split
from rendering.formats import open_format
from rendering.formats.dataset_format import FOLDERS
from rendering.formats.yolo import data_yaml
from rendering.left_out import LeftOut
from rendering.naming import Stems
from rendering.order import Order
from rendering.picture import Picture


@dataclass(frozen=True, slots=True)
class SplitTally:
    """What one split came to: source images, pictures written, labels in them."""

    sources: int = 0
    images: int = 0
    labels: int = 0


@dataclass(frozen=True, slots=True)
class RenderedTree:
    """`splits` has an entry for each split asked for. `validation` is the split that data.yaml's `val` points at."""

    root: Path
    data_yaml: Path
    validation: Split
    splits: dict[Split, SplitTally]
    notices: tuple[Notice, ...]


class TreeWriter:
    """Writes `train|valid|test/images|labels` and data.yaml of the `splits` under `root`, which is made.

    A class's index is its place in `class_names`; objects of other classes are left out and counted.
    """

    def __init__(self, root: Path, class_names: Sequence[str], splits: Collection[Split]) -> None:
        """Raises FileExistsError when a split's folder is there."""
        self._root = root
        self._class_names = class_names
        self._known = frozenset(class_names)
        self._tallies = {split: SplitTally() for split in sorted(splits)}
        self._stems = Stems()
        self.left_out = LeftOut()
        for split in splits:
            for kind in ("images", "labels"):
                (root / FOLDERS[split] / kind).mkdir(parents=True)
        self._format = open_format(ExportFormat.YOLO, class_names, root.name, root)

    def add(self, image: FrozenImage, order: Order, pictures: Iterable[Picture]) -> None:
        """The next image, of one of the splits. Raises OSError."""
        stem = self._stems.of(image)
        tally = self._tallies[image.split]
        images = labels = 0
        for picture in self.left_out.watched(order, pictures):
            known = tuple(label for label in picture.labels if label.class_name in self._known)
            if picture.copy == 0:
                self.left_out.counts["LABELS_OF_OTHER_CLASSES"] += len(picture.labels) - len(known)
            labels += self._write(image.split, stem + picture.suffix, replace(picture, labels=known))
            images += 1
        self._tallies[image.split] = SplitTally(tally.sources + 1, tally.images + images, tally.labels + labels)

    def finish(self) -> RenderedTree:
        """Raises ValueError when no picture was written."""
        used = {split for split, tally in self._tallies.items() if tally.images}
        if not used:
            names = " or ".join(self._tallies)
            raise ValueError(f"The version has no image in {names}; choose a split that has one.")
        # TEST never stands in for VAL while there are training images: the best epoch is chosen on it.
        validation = next(split for split in (Split.VAL, Split.TRAIN, Split.TEST) if split in used)
        self.left_out.counts.update(self._format.left_out)
        notices = list(self.left_out.notices())
        if validation is Split.TRAIN and Split.VAL in self._tallies:
            text = "The version has no validation image; the training images were used to choose the best epoch."
            notices.append(Notice("VALIDATED_ON_TRAIN", text, self._tallies[Split.TRAIN].images))
        path = self._root / "data.yaml"
        path.write_text(data_yaml(self._class_names, used, validation), encoding="ascii")
        return RenderedTree(self._root, path, validation, self._tallies, tuple(notices))

    def _write(self, split: Split, stem: str, picture: Picture) -> int:
        """How many labels were written."""
        (self._root / self._format.image_path(split, stem)).write_bytes(picture.jpeg)
        lines = 0
        for name, data in self._format.labels(split, stem, picture):
            (self._root / name).write_bytes(data)
            lines += data.count(b"\n")
        return lines
