"""Pascal VOC: an XML document an image, as labelImg and Roboflow write it.

The challenge counted pixels from 1; the tools of today write the corners as they are in image coordinates,
and do not say so in the file. They are taken as they stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from domain.models.geometry import Point
from workers.importing.documents import Document
from workers.importing.malformed import MalformedFileError
from workers.importing.names import original_names
from workers.importing.objects import (
    BadObjectError,
    box_of_corners,
    class_name,
    confidence,
    image_name,
    number_of_text,
    polygon_of,
    side,
)
from workers.importing.spool import SpooledImage, SpooledObject, SpoolWriter

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_XML_BYTES = 4 * 2**20
"""Some 12,000 objects. Elements take a hundred times the bytes of their tags."""

_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def parse_pascal_voc(document: Document, writer: SpoolWriter) -> None:
    """Raises MalformedFileError for what is no XML, defines entities or is no <annotation>."""
    with document.open() as file:
        root = _root(file.read(), document.name)
    where = document.name
    try:
        writer.image(_image(root, document))
    except BadObjectError as error:
        writer.skip(where, str(error))
        return
    for index, element in enumerate(root.iterfind("object")):
        place = f"{where} object[{index}]"
        try:
            writer.object(_object(element, place))
        except BadObjectError as error:
            writer.skip(place, str(error))


def _root(data: bytes, name: str) -> Element:
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        raise MalformedFileError(f"{name} is no XML: {error}.") from error
    except DefusedXmlException as error:
        raise MalformedFileError(f"{name} has a DTD or entities, which are not taken.") from error
    except (ValueError, LookupError) as error:
        raise MalformedFileError(f"{name} is no XML in a known encoding.") from error
    if root.tag != "annotation":
        raise MalformedFileError(f"{name} is no Pascal VOC file: it does not begin with <annotation>.")
    return root


def _image(root: Element, document: Document) -> SpooledImage:
    """The name is the one in <filename>, else the document's; the other may be the project's too."""
    named = (root.findtext("filename") or "").strip()
    name = image_name(named or document.stem)
    stem = (document.folder + document.stem,) if document.stem.isprintable() else ()
    return SpooledImage(
        name=document.folder + name,
        also=(*original_names(name), *stem),
        width=side(root.findtext("size/width")),
        height=side(root.findtext("size/height")),
        split=document.split,
        where=document.name,
    )


def _object(element: Element, where: str) -> SpooledObject:
    box = element.find("bndbox")
    if box is None:
        raise BadObjectError("It has no bndbox.")
    left, top, right, bottom = (_number(box, corner) for corner in _CORNERS)
    polygon = element.find("polygon")
    sure = element.findtext("confidence")
    return SpooledObject(
        label=class_name(element.findtext("name")),
        box=box_of_corners(left, top, right, bottom),
        polygon=polygon_of(_points(polygon)) if polygon is not None and len(polygon) else None,
        normalized=False,
        confidence=confidence(number_of_text(sure, "Its confidence") if sure else None),
        where=where,
    )


def _number(element: Element, tag: str) -> float:
    return number_of_text(element.findtext(tag) or "", f"Its {tag}")


def _points(element: Element) -> list[Point]:
    """<x1/><y1/><x2/><y2/> and so on, as Roboflow writes them."""
    texts = {child.tag: child.text or "" for child in element}
    count = len(texts) // 2
    points = []
    for place in range(1, count + 1):
        x, y = (number_of_text(texts.get(f"{axis}{place}", ""), f"{axis}{place} of its polygon") for axis in "xy")
        points.append((x, y))
    return points
