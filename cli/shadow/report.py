"""What a comparison found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from cli.shadow.pairing import MatchedBy

SPLITS = ("TRAIN", "VAL", "TEST")


class Kind(StrEnum):
    """In what a version and a folder can differ."""

    IMAGE_ONLY_IN_VERSION = "IMAGE_ONLY_IN_VERSION"
    IMAGE_ONLY_IN_FOLDER = "IMAGE_ONLY_IN_FOLDER"
    IMAGE_REPEATED = "IMAGE_REPEATED"
    SPLIT_MOVED = "SPLIT_MOVED"
    CLASS_ONLY_IN_VERSION = "CLASS_ONLY_IN_VERSION"
    CLASS_ONLY_IN_FOLDER = "CLASS_ONLY_IN_FOLDER"
    CLASS_ORDER = "CLASS_ORDER"
    BOX_ONLY_IN_VERSION = "BOX_ONLY_IN_VERSION"
    BOX_ONLY_IN_FOLDER = "BOX_ONLY_IN_FOLDER"
    BOX_MOVED = "BOX_MOVED"
    BOX_OF_OTHER_CLASS = "BOX_OF_OTHER_CLASS"
    OUTLINE_ONLY_IN_VERSION = "OUTLINE_ONLY_IN_VERSION"
    OUTLINE_ONLY_IN_FOLDER = "OUTLINE_ONLY_IN_FOLDER"
    FAULT_IN_FOLDER = "FAULT_IN_FOLDER"


@dataclass(frozen=True, slots=True)
class Difference:
    """`image` is the file name in the version, `picture` the path in the folder; what stands on either side is a split,
    a class, or an object as `class x y width height`, shares of the picture's sides. `iou` is that of the two boxes."""

    kind: Kind
    image: str | None = None
    picture: str | None = None
    in_version: str | None = None
    in_folder: str | None = None
    iou: float | None = None


@dataclass
class Tally:
    """How many of something there are on either side."""

    version: int = 0
    folder: int = 0


@dataclass
class Report:
    """Everything that was compared. `same_boxes` are objects that are equal on both sides."""

    version_classes: Sequence[str]
    folder_classes: Sequence[str]
    matched: dict[MatchedBy, int] = field(default_factory=dict)
    images: dict[str, Tally] = field(default_factory=lambda: {split: Tally() for split in SPLITS})
    objects: dict[tuple[str, str], Tally] = field(default_factory=dict)
    """By class and split."""
    same_boxes: int = 0
    renamed: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Objects by their class in the version and their other one in the folder."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not self.differences

    def of_kind(self, kind: Kind) -> list[Difference]:
        return [one for one in self.differences if one.kind is kind]

    def document(self) -> dict[str, Any]:
        """For scripts."""
        counts = Counter(one.kind for one in self.differences)
        return {
            "same": self.same,
            "matched": {how.name: self.matched.get(how, 0) for how in MatchedBy},
            "images": [{"split": split, **asdict(tally)} for split, tally in self.images.items()],
            "objects": [
                {"class": name, "split": split, **asdict(tally)}
                for (name, split), tally in sorted(self.objects.items())
            ],
            "classes": {"version": list(self.version_classes), "folder": list(self.folder_classes)},
            "sameBoxes": self.same_boxes,
            "renamed": [
                {"version": before, "folder": after, "objects": count}
                for (before, after), count in self.renamed.most_common()
            ],
            "counts": {kind.value: counts[kind] for kind in Kind},
            "differences": [
                {
                    "kind": one.kind.value,
                    "image": one.image,
                    "picture": one.picture,
                    "inVersion": one.in_version,
                    "inFolder": one.in_folder,
                    "iou": one.iou,
                }
                for one in self.differences
            ],
        }
