"""Where in a CreateVersionInput each option of `agridrone version create` belongs, and how its words are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from cli.misuse import MisuseError

FIELDS: Mapping[str, str] = {
    "name": "name",
    "display_name": "displayName",
    "key": "idempotencyKey",
    "train": "splits.train",
    "val": "splits.val",
    "test": "splits.test",
    "group_by": "splits.groupBy",
    "inherit": "splits.inherit",
    "keep_imported": "splits.keepImported",
    "seed": "splits.seed",
    "auto_orient": "preprocessing.autoOrient",
    "resize": "preprocessing.resize",
    "tile": "preprocessing.tile",
    "overlap": "preprocessing.tile.overlap",
    "min_visible": "preprocessing.tile.minVisible",
    "grayscale": "preprocessing.grayscale",
    "contrast": "preprocessing.contrast",
    "drop_class": "preprocessing.dropClasses",
    "rename_class": "preprocessing.classRemap",
    "max_empty": "preprocessing.maxEmptyFraction",
    "preset": "augmentation.preset",
    "multiplier": "augmentation.multiplier",
    "horizontal_flip": "augmentation.horizontalFlip",
    "vertical_flip": "augmentation.verticalFlip",
    "rotate90": "augmentation.rotate90",
    "rotation": "augmentation.rotation",
    "shear": "augmentation.shear",
    "crop": "augmentation.crop",
    "brightness": "augmentation.brightness",
    "exposure": "augmentation.exposure",
    "saturation": "augmentation.saturation",
    "hue": "augmentation.hue",
    "grey_share": "augmentation.grayscale",
    "blur": "augmentation.blur",
    "noise": "augmentation.noise",
    "cutouts": "augmentation",
    "augmentation_seed": "augmentation.seed",
    "classes": "filters.weedTypes",
    "min_confidence": "filters.minConfidence",
    "verified_only": "filters.verifiedOnly",
    "include_manual": "filters.includeManual",
    "include_sam3": "filters.includeSAM3",
    "include_ai": "filters.includeAIDetections",
    "batch": "filters.uploadBatchIds",
    "include_empty": "filters.includeEmpty",
}
"""The path of each option's field by the name of its parameter; of those in READERS, of the object that it fills."""

_TWO_NUMBERS = re.compile(r"([0-9]{1,9})[xX×]([0-9]{1,9})", re.ASCII)
_CUTOUTS = re.compile(r"([0-9]{1,9})[xX×]([0-9]{0,9}\.?[0-9]{1,9})", re.ASCII)


def input_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The CreateVersionInput, but for the project, of the options that were given, by the names of FIELDS; other names
    are passed over. Raises MisuseError."""
    found: dict[str, Any] = {}
    for name, path in FIELDS.items():
        value = options.get(name)
        # A list option that was not given is empty in some ways of calling, and None in others.
        if value is None or value == []:
            continue
        if name in READERS:
            value = READERS[name](value)
        elif isinstance(value, Enum):
            value = value.name
        _put(found, path.split("."), value)
    return found


def two_numbers(text: str, option: str, first: str, second: str) -> dict[str, Any]:
    """Of 640x480 or 2x3: the numbers by those names. Raises MisuseError."""
    found = _TWO_NUMBERS.fullmatch(text.strip())
    if found is None:
        raise MisuseError(f"{option}: {text!r} is not {first} x {second}, as 4x3.")
    return {first: int(found[1]), second: int(found[2])}


def size(text: str) -> dict[str, Any]:
    """Of 640x480 or 640x480:fit-black. Raises MisuseError."""
    numbers, colon, mode = text.partition(":")
    found = two_numbers(numbers, "--resize", "width", "height")
    if not colon:
        return found
    words = [one.lower().replace("_", "-") for one in RESIZE_MODES]
    if mode.strip().lower() not in words:
        raise MisuseError(f"--resize: {mode!r} is no way to resize; there are {', '.join(words)}.")
    return {**found, "mode": mode.strip().upper().replace("-", "_")}


RESIZE_MODES = ("STRETCH", "FIT_BLACK", "FIT_WHITE", "FIT_REFLECT", "FIT_WITHIN", "FILL_CENTER_CROP")
"""The contract's ResizeMode."""


def boxes(text: str) -> dict[str, Any]:
    """Of 4x0.1, the number of cutouts and their size. Raises MisuseError."""
    found = _CUTOUTS.fullmatch(text.strip())
    if found is None:
        raise MisuseError(f"--cutouts: {text!r} is not a number and a share of the image's sides, as 4x0.1.")
    return {"cutoutCount": int(found[1]), "cutoutSize": float(found[2])}


def renames(texts: Sequence[str]) -> list[dict[str, str]]:
    """Of A=B each: the class and its new name. A name with `=` in it needs the JSON. Raises MisuseError."""
    found = []
    for text in texts:
        before, _, after = text.partition("=")
        if not before or not after or "=" in after:
            raise MisuseError(f"--rename-class: {text!r} is not a class and its new name, as A=B.")
        found.append({"from": before, "to": after})
    return found


READERS: Mapping[str, Callable[[Any], Any]] = {
    "resize": size,
    "tile": lambda text: two_numbers(text, "--tile", "rows", "columns"),
    "rename_class": renames,
    "cutouts": boxes,
}


def _put(document: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *above, last = path
    for name in above:
        document = document.setdefault(name, {})
    if isinstance(value, dict):
        document.setdefault(last, {}).update(value)
    else:
        document[last] = value
