"""The version's side of the comparison: what its manifest says, with the classes that training would see."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.client import ApiError
from cli.shadow.label import Label, unlike
from cli.shadow.placing import Placing, placing
from cli.version.manifest_file import manifest_images

_HEADER_END = ',"images":['


@dataclass(frozen=True, slots=True)
class FrozenPicture:
    """An image of the version, without its objects."""

    name: str
    sha256: str
    size_bytes: int | None
    split: str


class FrozenSide:
    """A manifest that lies at `path`. It is read an image at a time."""

    def __init__(self, path: Path) -> None:
        """Raises ApiError when it is no manifest, and OSError."""
        self._path = path
        header = _header(path)
        self.classes: Sequence[str] = header["classes"]
        """In the order of their numbers."""
        self._preprocessing = header["preprocessing"]
        renamed = {one["source"]: one["target"] for one in self._preprocessing["class_remap"]}
        self._classes: dict[str, str | None] = renamed | dict.fromkeys(self._preprocessing["drop_classes"])

    def images(self) -> Iterator[FrozenPicture]:
        """In the manifest's order. Raises ApiError, OSError."""
        for image in self._lines():
            yield FrozenPicture(image["filename"], image["sha256"], image["size"], image["split"])

    def labels(self) -> Iterator[list[Label]]:
        """Of each image, in the same order: what of its objects lies within it, each once, after classes were dropped
        and renamed and the image was resized. Raises ApiError, OSError."""
        for image in self._lines():
            width, height = image["width"], image["height"]
            where = placing(width, height, self._preprocessing)
            made = (self._label(one, width, height, where) for one in image["annotations"])
            yield unlike(label for label in made if label is not None)

    def _lines(self) -> Iterator[Mapping[str, Any]]:
        for _, image in manifest_images(self._path):
            yield image

    def _label(self, annotation: Mapping[str, Any], width: int, height: int, where: Placing) -> Label | None:
        name = self._classes.get(annotation["class"], annotation["class"])
        if name is None:
            return None
        x, y, across, down = annotation["box"]
        edges = x / width, y / height, (x + across) / width, (y + down) / height
        return where.placed(name, edges, bool(annotation["polygon"]))


def _header(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as file:
        line = file.readline().rstrip()
    try:
        header: dict[str, Any] = json.loads(line.removesuffix(_HEADER_END) + "}")["header"]
    except (ValueError, KeyError) as error:
        raise ApiError("The manifest of the version has no header that can be read.") from error
    return header
