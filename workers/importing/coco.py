"""COCO's object detection format (cocodataset.org/#format-data), and Roboflow's zip of one such file a split.

The box is `bbox`, or else drawn around the whole segmentation. Where a segmentation has several parts, the largest is
the polygon and the box still holds them all: an annotation here has one outline. Masks, compressed or not,
become the outline of their largest part. Crowds are taken as other objects are.
"""

from __future__ import annotations

from typing import Any

import orjson

from domain.models.geometry import Box, Point, bounding_box
from rendering.geometry import polygon_area
from rendering.masks import BadMaskError, mask_outline
from workers.importing.documents import Document
from workers.importing.json_document import JsonDocument
from workers.importing.malformed import MalformedFileError
from workers.importing.names import original_names
from workers.importing.objects import (
    MAX_CLASSES,
    BadObjectError,
    box_of,
    class_name,
    confidence,
    image_name,
    number,
    pairs,
    polygon_of,
    side,
)
from workers.importing.spool import (
    MAX_IMAGES,
    SpooledImage,
    SpooledObject,
    SpoolWriter,
    object_from_json,
    object_to_json,
)
from workers.importing.waiting import WaitingObjects

Identifier = int | str
_SECTIONS = ("images", "annotations", "categories")


def parse_coco(document: Document, writer: SpoolWriter) -> None:
    """Raises MalformedFileError for what is no JSON or lacks a section."""
    with WaitingObjects[Identifier](writer.folder) as waiting, document.open() as file:
        reading = _Reading(document, writer, waiting)
        content = JsonDocument(file, document.name)
        for section, index, value in content:
            if index is None and section in _SECTIONS:
                raise MalformedFileError(f"{document.name}: its “{section}” is no list.")
            if section in _SECTIONS:
                reading.element(section, index, value)
        missing = [section for section in _SECTIONS if section not in content.sections]
        if missing:
            raise MalformedFileError(f"{document.name} is no COCO file: it has no “{missing[0]}”.")
        reading.finish()


class _Reading:
    """Categories may come last, so that objects wait without a name."""

    def __init__(self, document: Document, writer: SpoolWriter, waiting: WaitingObjects[Identifier]) -> None:
        self._document = document
        self._writer = writer
        self._waiting = waiting
        self._images: dict[Identifier, SpooledImage] = {}
        self._categories: dict[Identifier, str | None] = {}

    def element(self, section: str, index: int | None, value: Any) -> None:
        where = f"{self._document.prefix}{section}[{index}]"
        try:
            if section == "annotations":
                self._annotation(_fields(value), where)
            elif section == "images":
                self._image(_fields(value), where)
            else:
                self._category(_fields(value))
        except BadObjectError as error:
            self._writer.skip(where, str(error))

    def finish(self) -> None:
        """Writes the images with their objects."""
        for identifier, image in self._images.items():
            self._writer.image(image)
            for line in self._waiting.take(identifier):
                category, waited = orjson.loads(line)
                try:
                    waited["label"] = self._label(category)
                except BadObjectError as error:
                    self._writer.skip(waited["where"], str(error))
                else:
                    self._writer.object(object_from_json(waited))
        for identifier in self._waiting.left():
            for line in self._waiting.take(identifier):
                _, waited = orjson.loads(line)
                self._writer.skip(waited["where"], f"Its image_id {identifier} is not in “images”.")

    def _image(self, value: dict[str, Any], where: str) -> None:
        identifier = _identifier(value, "id")
        if identifier in self._images:
            raise BadObjectError(f"Another image has the id {identifier}.")
        if len(self._images) >= MAX_IMAGES:
            raise MalformedFileError(f"{self._document.name} names more than {MAX_IMAGES:,} images; split it.")
        name = image_name(value.get("file_name"))
        extra = value.get("extra")
        known = (image_name(extra["name"]),) if isinstance(extra, dict) and extra.get("name") else ()
        self._images[identifier] = SpooledImage(
            name=self._document.folder + name,
            also=tuple(dict.fromkeys([*known, *original_names(name)])),
            width=side(value.get("width")),
            height=side(value.get("height")),
            split=self._document.split,
            where=where,
        )

    def _category(self, value: dict[str, Any]) -> None:
        """Its name is judged at each object that has it."""
        if len(self._categories) >= MAX_CLASSES:
            raise MalformedFileError(f"{self._document.name} has more than {MAX_CLASSES:,} categories.")
        identifier, name = _identifier(value, "id"), value.get("name")
        if identifier in self._categories:
            raise BadObjectError(f"Another category has the id {identifier}.")
        self._categories[identifier] = name if isinstance(name, str) else None

    def _annotation(self, value: dict[str, Any], where: str) -> None:
        image, category = _identifier(value, "image_id"), _identifier(value, "category_id")
        box, polygon = _geometry(value)
        score = value.get("score")
        sure = confidence(None if score is None else number(score, "Its score"))
        found = object_to_json(SpooledObject("", box, polygon, False, sure, where))
        self._waiting.add(image, orjson.dumps([category, found], option=orjson.OPT_APPEND_NEWLINE))

    def _label(self, category: Identifier) -> str:
        if category not in self._categories:
            raise BadObjectError(f"Its category_id {category} is not in “categories”.")
        return class_name(self._categories[category])


def _fields(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadObjectError("It is no object with fields.")
    return value


def _identifier(value: dict[str, Any], field: str) -> Identifier:
    found = value.get(field)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if type(found) is int and abs(found) < 2**63:
        return found
    if isinstance(found, str) and len(found) <= 191 and found.isprintable():
        return found
    raise BadObjectError(f"Its {field} is missing, or no whole number.")


def _geometry(value: dict[str, Any]) -> tuple[Box, tuple[Point, ...] | None]:
    corners = value.get("bbox")
    box = _box(corners) if corners else None
    around, polygon = _segmentation(value.get("segmentation"))
    box = box or around
    if box is None:
        raise BadObjectError("It has neither a bbox nor a segmentation.")
    return box, polygon


def _box(value: Any) -> Box:
    if not isinstance(value, list) or len(value) != 4:
        raise BadObjectError("Its bbox is no list of four numbers.")
    x, y, width, height = (number(one, "A number of its bbox") for one in value)
    return box_of(x, y, width, height)


def _segmentation(value: Any) -> tuple[Box | None, tuple[Point, ...] | None]:
    """The box around all parts, and the largest part."""
    if isinstance(value, dict):
        return _mask(value)
    if not value:
        return None, None
    if not isinstance(value, list) or not all(isinstance(part, list) for part in value):
        raise BadObjectError("Its segmentation is no list of polygons and no mask.")
    parts = [_part(part) for part in value if part]
    if not parts:
        return None, None
    largest = polygon_of(max(parts, key=lambda part: polygon_area(tuple(part))))
    around = bounding_box(tuple(point for part in parts for point in part))
    return box_of(around.x, around.y, around.width, around.height), largest


def _part(values: list[Any]) -> list[Point]:
    return pairs([number(one, "A number of its segmentation") for one in values], "Its segmentation")


def _mask(value: dict[str, Any]) -> tuple[Box, tuple[Point, ...]]:
    size, counts = value.get("size"), value.get("counts")
    if not isinstance(size, list) or len(size) != 2 or not all(type(one) is int for one in size):
        raise BadObjectError("The size of its mask is no [height, width].")
    if not isinstance(counts, str) and not (isinstance(counts, list) and all(type(one) is int for one in counts)):
        raise BadObjectError("Its mask has no counts.")
    try:
        box, polygon = mask_outline(size[0], size[1], counts)
    except BadMaskError as error:
        raise BadObjectError(str(error)) from error
    return box, polygon_of(polygon)
