"""What the formats of annotated data sets have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from domain.models.geometry import Box
from domain.models.version import Split
from rendering.formats.readme import readme
from rendering.labels import Label
from rendering.picture import Picture

FOLDERS = {Split.TRAIN: "train", Split.VAL: "valid", Split.TEST: "test"}
"""The folder of each split, as users of Roboflow know them."""

DECIMALS = 2
"""Of pixels, in the formats that count in them."""


class Corners(NamedTuple):
    """A box in pixels of its picture, rounded; the left and top edges of the picture are 0."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(slots=True)
class Tally:
    """Pictures of a split, and the labels written for them."""

    pictures: int = 0
    labels: int = 0


class DatasetFormat(ABC):
    """Writes the labels of one data set, a picture at a time, in memory that does not grow with them.

    Equal pictures in equal order give equal bytes: there are no times and no chance in what is written. Paths are
    relative to the data set's root, with slashes. `left_out` counts the labels that were not written, by notice code:
    LABELS_TOO_SMALL, which the format's decimals make a line or a point, and LABELS_REPEATED.
    """

    layout: ClassVar[str]
    """What README.dataset.txt says of the files and their coordinates."""

    def __init__(self, classes: Sequence[str], title: str, folder: Path) -> None:
        self.left_out: Counter[str] = Counter()
        self._classes = tuple(classes)
        self._indices = {name: index for index, name in enumerate(classes)}
        self._title = title
        self._folder = folder
        self._tallies = {split: Tally() for split in FOLDERS}

    def image_path(self, split: Split, stem: str) -> str:
        """Where the JPEG lies; `stem` is its name without .jpg, the picture's suffix in it."""
        return f"{FOLDERS[split]}/{stem}.jpg"

    @abstractmethod
    def labels(self, split: Split, stem: str, picture: Picture) -> Sequence[tuple[str, bytes]]:
        """Path and content of the label files of this picture alone, if there are such; and notes the picture for
        `finish`.

        Raises KeyError for a label of none of the classes, OSError.
        """

    def finish(self) -> Iterator[tuple[str, bytes | Path]]:
        """Path and content, or the file that has it, of what is written once for all pictures. Raises OSError."""
        yield from self._documents()
        pictures = {folder: self._tallies[split].pictures for split, folder in FOLDERS.items()}
        objects = sum(tally.labels for tally in self._tallies.values())
        yield "README.dataset.txt", readme(self._title, self._classes, pictures, objects, self.layout)

    @abstractmethod
    def _documents(self) -> Iterator[tuple[str, bytes | Path]]:
        """What `finish` yields, without the README."""

    def _count(self, split: Split, labels: int) -> None:
        tally = self._tallies[split]
        tally.pictures += 1
        tally.labels += labels

    def _used(self) -> tuple[Split, ...]:
        """The splits that have a picture."""
        return tuple(split for split, tally in self._tallies.items() if tally.pictures)

    def _boxes(self, split: Split, picture: Picture) -> list[tuple[Label, Corners]]:
        """The picture's labels whose boxes have an area when rounded; counts them and the others."""
        boxes = [(label, corners_of(label.box)) for label in picture.labels]
        kept = [(label, box) for label, box in boxes if box.right > box.left and box.bottom > box.top]
        self.left_out["LABELS_TOO_SMALL"] += len(boxes) - len(kept)
        self._count(split, len(kept))
        return kept


def corners_of(box: Box) -> Corners:
    """The box's corners to DECIMALS."""
    # Zero is added, so that none of them is -0.0.
    return Corners(*(round(float(value), DECIMALS) + 0.0 for value in (box.x, box.y, box.right, box.bottom)))
