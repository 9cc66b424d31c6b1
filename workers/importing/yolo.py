"""Ultralytics' YOLO folders in a zip: data.yaml, and a text file of lines for an image, in any layout.

A line is a class and the box's centre and size; with a sixth number, the confidence; or a class and the points of a
polygon, three at least, whose box is drawn around it. All are shares of the image's width and height. Pictures in the
zip give images their names and are not unpacked.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from functools import cache

from domain.matching import IMAGE_ENDINGS
from domain.models.geometry import bounding_box
from domain.models.version import Split
from domain.shapes import MAX_POINTS
from workers.importing.archive import Archive
from workers.importing.malformed import MalformedFileError, printable
from workers.importing.names import original_names, split_of
from workers.importing.objects import (
    BadObjectError,
    box_of,
    box_of_centre,
    class_name,
    confidence,
    number_of_text,
    pairs,
    polygon_of,
)
from workers.importing.spool import SpooledImage, SpooledObject, SpoolWriter
from workers.importing.yolo_classes import class_file

_KINDS = ("images", "labels")
_OTHER_TEXT = re.compile(r"readme.*|license|classes|labels|train|val|valid|test|notes|requirements", re.IGNORECASE)


def parse_yolo(archive: Archive, writer: SpoolWriter) -> None:
    """Raises MalformedFileError when no file names the classes, or a label file is no text."""
    classes = class_file(archive)
    split = cache(lambda folders: split_of(folders) or classes.split(_without_kinds(folders)))
    images = _images(archive)
    for label_file in _label_files(archive):
        folders, stem = _place(label_file)
        pictures = images.pop(_key(folders, stem), [])
        if len(pictures) > 1:
            writer.skip(printable(label_file), f"{len(pictures)} pictures of the archive have its name.")
            continue
        name = pictures[0] if pictures else "/".join([*_with_images(folders), stem])
        writer.image(_image(name, split(folders), label_file))
        _lines(archive, label_file, classes.names, writer)
    for pictures in images.values():
        for picture in pictures:
            writer.image(_image(picture, split(_place(picture)[0]), picture))


def _image(name: str, split: Split | None, where: str) -> SpooledImage:
    return SpooledImage(name, original_names(name), None, None, split, printable(where))


def _images(archive: Archive) -> dict[str, list[str]]:
    """The pictures by their paths without ending and kind of folder, which labels share."""
    images: dict[str, list[str]] = {}
    for name in archive.names:
        folders, stem = _place(name)
        if name[name.rfind(".") :].lower() in IMAGE_ENDINGS:
            images.setdefault(_key(folders, stem), []).append(name)
    return images


def _label_files(archive: Archive) -> list[str]:
    """Text files in folders named labels; where there are none, those that are not known to be something else."""
    texts = [name for name in archive.names if name.lower().endswith(".txt")]
    in_labels = [name for name in texts if "labels" in name.lower().split("/")[:-1]]
    return in_labels or [name for name in texts if not _OTHER_TEXT.fullmatch(_place(name)[1])]


def _place(name: str) -> tuple[tuple[str, ...], str]:
    *folders, base = name.split("/")
    return tuple(folders), base.rpartition(".")[0] or base


def _key(folders: tuple[str, ...], stem: str) -> str:
    return "/".join([*_without_kinds(folders), stem])


def _without_kinds(folders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(folder for folder in folders if folder.lower() not in _KINDS)


def _with_images(folders: tuple[str, ...]) -> list[str]:
    return ["images" if folder.lower() == "labels" else folder for folder in folders]


def _lines(archive: Archive, label_file: str, names: Mapping[int, str], writer: SpoolWriter) -> None:
    shown = printable(label_file)
    try:
        text = archive.read(label_file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedFileError(f"{shown} is no UTF-8 text.") from error
    for number, line in enumerate(io.StringIO(text), 1):
        # One piece more than the longest line has: the rest of a longer one stays a single text.
        values = line.split(maxsplit=2 * MAX_POINTS + 1)
        if values:
            where = f"{shown} line {number}"
            try:
                writer.object(_object(values, names, where))
            except BadObjectError as error:
                writer.skip(where, str(error))


def _object(values: list[str], names: Mapping[int, str], where: str) -> SpooledObject:
    if len(values) > 2 * MAX_POINTS + 1:
        raise BadObjectError(f"Its polygon has more than {MAX_POINTS:,} points.")
    if len(values) not in (5, 6) and (len(values) < 7 or len(values) % 2 == 0):
        raise BadObjectError(f"It has {len(values)} numbers; a box has 5 or 6, a polygon an odd count from 7.")
    label = _label(values[0], names)
    numbers = [number_of_text(value, "A number of the line") for value in values[1:]]
    if len(values) > 6:
        polygon = polygon_of(pairs(numbers, "Its polygon"))
        around = bounding_box(polygon)
        box = box_of(around.x, around.y, around.width, around.height)
        return SpooledObject(label, box, polygon, True, None, where)
    x, y, width, height = numbers[:4]
    sure = confidence(numbers[4] if len(numbers) == 5 else None)
    return SpooledObject(label, box_of_centre(x, y, width, height), None, True, sure, where)


def _label(text: str, names: Mapping[int, str]) -> str:
    index = number_of_text(text, "Its class")
    name = names.get(int(index)) if index.is_integer() else None
    if name is None:
        raise BadObjectError(f"Its class {printable(text)} is not among the {len(names)} that the archive names.")
    return class_name(name)
