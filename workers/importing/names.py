"""What paths in annotation files tell: the split of an image, and the name it had before Roboflow renamed it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.matching import IMAGE_ENDINGS
from domain.models.version import Split

SPLIT_FOLDERS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "valid": Split.VAL,
    "val": Split.VAL,
    "validation": Split.VAL,
    "test": Split.TEST,
    "testing": Split.TEST,
}
_SPLIT_IN_STEM = re.compile(r"(?:.*[_-])?(train|val|valid|test)\d*", re.IGNORECASE)
_RENAMED = re.compile(r"(?P<stem>.+)_(?P<ending>[A-Za-z]{3,4})\.rf\.[0-9A-Za-z]{8,64}(?:\.[A-Za-z]{3,4})?")


def split_of(folders: Sequence[str], stem: str = "") -> Split | None:
    """By the first folder named after a split, else by the name of the file that lists the images, as COCO's own
    instances_train2017."""
    for folder in folders:
        if split := SPLIT_FOLDERS.get(folder.lower()):
            return split
    named = _SPLIT_IN_STEM.fullmatch(stem)
    return SPLIT_FOLDERS[named[1].lower()] if named else None


def original_names(name: str) -> tuple[str, ...]:
    """DJI_0001.JPG of DJI_0001_JPG.rf.0123456789abcdef0123456789abcdef.jpg, and nothing of other names."""
    renamed = _RENAMED.fullmatch(name.rpartition("/")[2])
    if renamed is None or f".{renamed['ending'].lower()}" not in IMAGE_ENDINGS:
        return ()
    return (f"{renamed['stem']}.{renamed['ending']}",)
