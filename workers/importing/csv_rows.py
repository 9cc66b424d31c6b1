"""Roboflow's CSV: filename, width, height, class, xmin, ymin, xmax, ymax, and if wanted polygon (a JSON list of
[x, y]) and confidence. Pixels. Or VoTT's, which calls two of them image and label and has no width and height. Columns
may come in any order; others are left alone. A row with an empty class and no coordinates names an image without
objects."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

import orjson

from domain.models.geometry import Point
from workers.importing.documents import Document
from workers.importing.malformed import MalformedFileError, printable
from workers.importing.names import original_names
from workers.importing.objects import (
    BadObjectError,
    box_of_corners,
    class_name,
    confidence,
    image_name,
    number,
    number_of_text,
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

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_REQUIRED = ("filename", "class", *_CORNERS)
_VOTT = {"image": "filename", "label": "class"}
_MAX_ROW = 2**20
_GUARDED = re.compile(r"'(?=[=+\-@\t\r])")
_NOT_A_POLYGON = "Its polygon is no JSON list of [x, y]."


def parse_csv(document: Document, writer: SpoolWriter) -> None:
    """Raises MalformedFileError for what is no UTF-8 text, lacks a column or has an endless field."""
    csv.field_size_limit(_MAX_ROW)
    with WaitingObjects[str](writer.folder) as waiting, document.open() as file:
        try:
            with io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
                images = _rows(document, text, writer, waiting)
        except csv.Error as error:
            raise MalformedFileError(f"{document.name} is no CSV file: {error}.") from error
        except UnicodeDecodeError as error:
            raise MalformedFileError(f"{document.name} is no UTF-8 text.") from error
        for name, image in images.items():
            writer.image(image)
            for line in waiting.take(name):
                writer.object(object_from_json(orjson.loads(line)))


class _Lines:
    """Lines for csv.reader, which by itself gathers a quoted row of any length."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text = text
        self._name = name
        self.since_row = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_MAX_ROW + 1)
        self.since_row += len(line)
        if self.since_row > _MAX_ROW:
            raise MalformedFileError(f"{self._name} has a row of more than {_MAX_ROW:,} characters.")
        if not line:
            raise StopIteration
        return line


def _rows(
    document: Document, text: TextIO, writer: SpoolWriter, waiting: WaitingObjects[str]
) -> dict[str, SpooledImage]:
    lines = _Lines(text, document.name)
    reader = csv.reader(lines, strict=True)
    columns = _columns(next(reader, []), document.name)
    images: dict[str, SpooledImage] = {}
    for row in reader:
        lines.since_row = 0
        where = f"{document.prefix}line {reader.line_num}"
        if not row:
            continue
        try:
            _row(_Row(row, columns), document, images, waiting, where)
        except BadObjectError as error:
            writer.skip(where, str(error))
    return images


def _columns(header: list[str], name: str) -> dict[str, int]:
    titles = [title.strip().lower() for title in header]
    if not {"filename", "class"} & set(titles):
        titles = [_VOTT.get(title, title) for title in titles]
    columns = {title: place for place, title in enumerate(titles)}
    for title in _REQUIRED:
        if title not in columns:
            raise MalformedFileError(f"{name} has no column “{title}”; its first line has to name the columns.")
    if len(columns) != len(header):
        raise MalformedFileError(f"{name} has two columns of the same name.")
    return columns


class _Row:
    """Fields by the names of their columns."""

    def __init__(self, fields: list[str], columns: dict[str, int]) -> None:
        if len(fields) != len(columns):
            raise BadObjectError(f"It has {len(fields)} fields, and the first line {len(columns)}.")
        self._fields = fields
        self._columns = columns

    def __getitem__(self, column: str) -> str:
        """Empty where there is no such column."""
        place = self._columns.get(column)
        return "" if place is None else self._fields[place].strip()


def _row(
    row: _Row, document: Document, images: dict[str, SpooledImage], waiting: WaitingObjects[str], where: str
) -> None:
    name = image_name(_unguarded(row["filename"]))
    if name not in images:
        if len(images) >= MAX_IMAGES:
            raise MalformedFileError(f"{document.name} names more than {MAX_IMAGES:,} images; split it.")
        images[name] = SpooledImage(
            name=document.folder + name,
            also=original_names(name),
            width=side(row["width"]),
            height=side(row["height"]),
            split=document.split,
            where=where,
        )
    if row["class"] or any(row[corner] for corner in _CORNERS):
        found = object_to_json(_object(row, where))
        waiting.add(name, orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE))


def _object(row: _Row, where: str) -> SpooledObject:
    left, top, right, bottom = (number_of_text(row[corner], f"Its {corner}") for corner in _CORNERS)
    sure = row["confidence"]
    return SpooledObject(
        label=class_name(_unguarded(row["class"])),
        box=box_of_corners(left, top, right, bottom),
        polygon=polygon_of(_points(row["polygon"])) if row["polygon"] else None,
        normalized=False,
        confidence=confidence(number_of_text(sure, "Its confidence") if sure else None),
        where=where,
    )


def _unguarded(text: str) -> str:
    """Without the apostrophe by which our own export, and others', keep a spreadsheet from reading a formula."""
    return text[1:] if _GUARDED.match(text) else text


def _points(text: str) -> list[Point]:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadObjectError(f"{_NOT_A_POLYGON[:-1]}: “{printable(text)}”.") from error
    if not isinstance(value, list) or not all(isinstance(point, list) and len(point) == 2 for point in value):
        raise BadObjectError(_NOT_A_POLYGON)
    return [(number(x, "An x of its polygon"), number(y, "A y of its polygon")) for x, y in value]
