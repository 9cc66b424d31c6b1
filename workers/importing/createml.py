"""Apple Create ML's object detection format, and Roboflow's zip of one such file a split: a JSON list of
{"image", "annotations": [{"label", "coordinates": {x, y, width, height}}]}; x, y are the centre, in pixels."""

from __future__ import annotations

from typing import Any

from workers.importing.documents import Document
from workers.importing.json_document import JsonDocument
from workers.importing.malformed import MalformedFileError
from workers.importing.names import original_names
from workers.importing.objects import BadObjectError, box_of_centre, class_name, confidence, image_name, number
from workers.importing.spool import SpooledImage, SpooledObject, SpoolWriter


def parse_createml(document: Document, writer: SpoolWriter) -> None:
    """Raises MalformedFileError for what is no JSON list."""
    with document.open() as file:
        for section, index, value in JsonDocument(file, document.name):
            if section:
                raise MalformedFileError(f"{document.name} is no CreateML file: it is no list of images.")
            where = f"{document.prefix}[{index}]"
            try:
                _image(value, document, writer, where)
            except BadObjectError as error:
                writer.skip(where, str(error))


def _image(value: Any, document: Document, writer: SpoolWriter, where: str) -> None:
    if not isinstance(value, dict):
        raise BadObjectError("It is no object with fields.")
    name = image_name(value.get("image"))
    annotations = value.get("annotations", [])
    if not isinstance(annotations, list):
        raise BadObjectError("Its annotations are no list.")
    writer.image(
        SpooledImage(document.folder + name, original_names(name), None, None, document.split, where),
    )
    for index, annotation in enumerate(annotations):
        place = f"{where}.annotations[{index}]"
        try:
            writer.object(_object(annotation, place))
        except BadObjectError as error:
            writer.skip(place, str(error))


def _object(value: Any, where: str) -> SpooledObject:
    coordinates = value.get("coordinates") if isinstance(value, dict) else None
    if not isinstance(coordinates, dict):
        raise BadObjectError("It has no coordinates.")
    x, y, width, height = (number(coordinates.get(name), f"Its {name}") for name in ("x", "y", "width", "height"))
    sure = value.get("confidence")
    return SpooledObject(
        label=class_name(value.get("label")),
        box=box_of_centre(x, y, width, height),
        polygon=None,
        normalized=False,
        confidence=confidence(None if sure is None else number(sure, "Its confidence")),
        where=where,
    )
