"""What a file said, on local disk: a line for an image, then a line for each of its objects; a line for what was not
taken anywhere between. The importer reads it one image at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from domain.models.geometry import Box, Point
from domain.models.version import Split
from workers.importing.malformed import MalformedFileError

MAX_IMAGES = 500_000
MAX_OBJECTS = 2_000_000
MAX_SKIPS = 100_000
MAX_OBJECTS_PER_IMAGE = 100_000
MAX_POINTS_PER_IMAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class SpooledObject:
    """An object as its file has it. `box` and `polygon` are pixels, or with `normalized` shares of the image's width
    and height; whether they lie inside the image was not looked at. `where` is its place in the file."""

    label: str
    box: Box
    polygon: tuple[Point, ...] | None
    normalized: bool
    confidence: float | None
    where: str


@dataclass(frozen=True, slots=True)
class SpooledImage:
    """An image that the file speaks of. `also` are other names it may have in the project; `width` and `height` are
    the file's claim. Two of them may mean the same image of the project."""

    name: str
    also: tuple[str, ...]
    width: int | None
    height: int | None
    split: Split | None
    where: str
    objects: tuple[SpooledObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """What was not taken: its place in the file, and a sentence that says why."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What a spool holds."""

    images: int
    objects: int
    skipped: int


class SpoolWriter:
    """Writes a spool, within limits that keep the disk, and the memory of who reads it, from filling up."""

    def __init__(self, file: BinaryIO, folder: Path) -> None:
        """`folder` is where parsers may keep what has to wait."""
        self._file = file
        self.folder = folder
        self.images = 0
        self.objects = 0
        self.skipped = 0
        self._objects_of_image = 0
        self._points_of_image = 0

    def image(self, image: SpooledImage) -> None:
        """The image whose objects come next. Raises MalformedFileError beyond MAX_IMAGES."""
        self.images += 1
        if self.images > MAX_IMAGES:
            raise MalformedFileError(f"The file names more than {MAX_IMAGES:,} images; split it.")
        self._objects_of_image = self._points_of_image = 0
        self._write(_image_to_json(image))

    def object(self, found: SpooledObject) -> None:
        """An object of the last image. Raises MalformedFileError beyond MAX_OBJECTS."""
        self._objects_of_image += 1
        self._points_of_image += len(found.polygon or ())
        if self._objects_of_image > MAX_OBJECTS_PER_IMAGE:
            self.skip(found.where, f"Its image has more than {MAX_OBJECTS_PER_IMAGE:,} objects.")
            return
        if self._points_of_image > MAX_POINTS_PER_IMAGE:
            self.skip(found.where, f"The polygons of its image have more than {MAX_POINTS_PER_IMAGE:,} points.")
            return
        self.objects += 1
        if self.objects > MAX_OBJECTS:
            raise MalformedFileError(f"The file has more than {MAX_OBJECTS:,} objects; split it.")
        self._write(object_to_json(found))

    def skip(self, where: str, reason: str) -> None:
        """Something that is not taken. Raises MalformedFileError beyond MAX_SKIPS."""
        self.skipped += 1
        if self.skipped > MAX_SKIPS:
            raise MalformedFileError(
                f"More than {MAX_SKIPS:,} objects of the file cannot be read. The last is {where}: {reason}"
            )
        self._write({"kind": "skip", "where": where, "reason": reason})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def read_spool(path: Path) -> Iterator[SpooledImage | Skip]:
    """The images with their objects, one in memory at a time, and what was skipped, where it stands."""
    image: SpooledImage | None = None
    objects: list[SpooledObject] = []
    with path.open("rb") as file:
        for text in file:
            line = orjson.loads(text)
            if line["kind"] == "object":
                objects.append(object_from_json(line))
            elif line["kind"] == "skip":
                yield Skip(line["where"], line["reason"])
            else:
                if image is not None:
                    yield replace(image, objects=tuple(objects))
                image, objects = _image_from_json(line), []
    if image is not None:
        yield replace(image, objects=tuple(objects))


def _image_to_json(image: SpooledImage) -> dict[str, Any]:
    return {
        "kind": "image",
        "name": image.name,
        "also": image.also,
        "width": image.width,
        "height": image.height,
        "split": image.split,
        "where": image.where,
    }


def _image_from_json(line: dict[str, Any]) -> SpooledImage:
    split = Split(line["split"]) if line["split"] else None
    return SpooledImage(line["name"], tuple(line["also"]), line["width"], line["height"], split, line["where"])


def object_to_json(found: SpooledObject) -> dict[str, Any]:
    """The object's line."""
    box = found.box
    return {
        "kind": "object",
        "label": found.label,
        "box": (box.x, box.y, box.width, box.height),
        "polygon": found.polygon,
        "normalized": found.normalized,
        "confidence": found.confidence,
        "where": found.where,
    }


def object_from_json(line: dict[str, Any]) -> SpooledObject:
    """The inverse of `object_to_json`."""
    polygon = tuple((x, y) for x, y in line["polygon"]) if line["polygon"] else None
    return SpooledObject(
        line["label"], Box(*line["box"]), polygon, line["normalized"], line["confidence"], line["where"]
    )
