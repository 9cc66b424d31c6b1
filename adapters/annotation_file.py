"""Annotations as GeoJSON (RFC 7946), CSV (RFC 4180) or COCO, written page by page to a temporary file."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import orjson

from domain.geo_json import is_geometry
from domain.models.annotation import AnnotationFileFormat, ExportedAnnotation
from domain.models.geometry import Point
from domain.ports.annotations import AnnotationFile, WrittenFile
from domain.spreadsheets import text_cell

_CSV_COLUMNS = (
    "filename,width,height,class,xmin,ymin,xmax,ymax,polygon,confidence,source,verified,pending,id,latitude,longitude"
)


class _Format(Protocol):
    """Writes one file; runs in a thread."""

    def write(self, page: Sequence[ExportedAnnotation]) -> None: ...
    def finish(self) -> None: ...


class TemporaryAnnotationFiles:
    """Fulfils domain.ports.AnnotationFiles, with files in `folder`, which there is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def open(self, format_: AnnotationFileFormat) -> AsyncIterator[AnnotationFile]:
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="annotations-") as name:
            path = Path(name) / "export"
            yield _TemporaryFile(path, _FORMATS[format_](path))


class _TemporaryFile:
    """Fulfils domain.ports.annotations.AnnotationFile. The event loop goes on while a page is written."""

    def __init__(self, path: Path, format_: _Format) -> None:
        self._path = path
        self._format = format_

    async def write(self, page: Sequence[ExportedAnnotation]) -> None:
        await asyncio.to_thread(self._format.write, page)

    async def close(self) -> WrittenFile:
        return await asyncio.to_thread(self._close)

    def _close(self) -> WrittenFile:
        self._format.finish()
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return WrittenFile(self._path, digest, self._path.stat().st_size)


class _GeoJson:
    """A FeatureCollection, a feature a line. Where the annotation was not placed on the map, its image's position
    stands for it, marked by `located`; pixels are in the properties."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._separator = b"\n"
        path.write_bytes(b'{"type":"FeatureCollection","features":[')

    def write(self, page: Sequence[ExportedAnnotation]) -> None:
        with self._path.open("ab") as file:
            for one in page:
                file.write(self._separator + orjson.dumps(_feature(one)))
                self._separator = b",\n"

    def finish(self) -> None:
        _append(self._path, [b"\n]}\n"])


def _feature(one: ExportedAnnotation) -> dict[str, Any]:
    properties = {
        "id": one.id,
        "class": one.weed_type,
        "image": one.filename,
        "sha256": one.sha256,
        "box": [one.box.x, one.box.y, one.box.width, one.box.height],
        **({"polygon": one.polygon} if one.polygon else {}),
        "confidence": one.confidence,
        "source": one.source.value,
        "verified": one.verified,
        "pending": one.pending,
        "capturedAt": one.captured_at,
    }
    geometry = one.geo_coordinates if is_geometry(one.geo_coordinates) else None
    if geometry is None and one.gps_longitude is not None and one.gps_latitude is not None:
        geometry = {"type": "Point", "coordinates": [one.gps_longitude, one.gps_latitude]}
        properties["located"] = "image"
    return {"type": "Feature", "geometry": geometry, "properties": properties}


class _Csv:
    """One annotation a row, corners of the box in pixels, the polygon as a JSON list of [x, y]; latitude and longitude
    are the annotation's where it is a point on the map, else its image's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.write_text(_CSV_COLUMNS + "\r\n", encoding="utf-8", newline="")

    def write(self, page: Sequence[ExportedAnnotation]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(_row(one) for one in page)
        _append(self._path, [text.getvalue().encode()])

    def finish(self) -> None:
        """Nothing comes after the last row."""


def _row(one: ExportedAnnotation) -> tuple[object, ...]:
    box = one.box
    longitude, latitude = _position(one)
    return (
        text_cell(one.filename),
        one.width,
        one.height,
        text_cell(one.weed_type),
        box.x,
        box.y,
        box.right,
        box.bottom,
        orjson.dumps(one.polygon).decode() if one.polygon else None,
        one.confidence,
        one.source.value,
        str(one.verified).lower(),
        str(one.pending).lower(),
        one.id,
        latitude,
        longitude,
    )


def _position(one: ExportedAnnotation) -> tuple[object, object]:
    geometry = one.geo_coordinates
    if isinstance(geometry, dict) and geometry.get("type") == "Point" and is_geometry(geometry):
        longitude, latitude = geometry["coordinates"][:2]
        return longitude, latitude
    return one.gps_longitude, one.gps_latitude


class _Coco:
    """COCO's object detection form. Images and categories are numbered from 1 as they come; `attributes` holds what
    COCO has no place for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._annotations = path.with_name("annotations")
        self._annotations.touch()
        self._categories: dict[str, int] = {}
        self._count = self._images = 0
        self._image: str | None = None
        path.write_bytes(b'{"images":[')

    def write(self, page: Sequence[ExportedAnnotation]) -> None:
        with self._path.open("ab") as images, self._annotations.open("ab") as annotations:
            for one in page:
                if one.asset_id != self._image:
                    self._image = one.asset_id
                    self._images += 1
                    images.write(_separator(self._images) + orjson.dumps(_coco_image(one, self._images)))
                self._count += 1
                annotations.write(_separator(self._count) + orjson.dumps(self._coco_annotation(one)))

    def finish(self) -> None:
        categories = [{"id": id_, "name": name} for name, id_ in self._categories.items()]
        _append(self._path, [b'\n],\n"annotations":['])
        with self._path.open("ab") as target, self._annotations.open("rb") as source:
            shutil.copyfileobj(source, target)
        _append(self._path, [b'\n],\n"categories":', orjson.dumps(categories), b"}\n"])

    def _coco_annotation(self, one: ExportedAnnotation) -> dict[str, Any]:
        box = one.box
        return {
            "id": self._count,
            "image_id": self._images,
            "category_id": self._categories.setdefault(one.weed_type, len(self._categories) + 1),
            "bbox": [box.x, box.y, box.width, box.height],
            "area": _area(one.polygon) if one.polygon else box.area,
            "iscrowd": 0,
            **({"segmentation": [[number for point in one.polygon for number in point]]} if one.polygon else {}),
            **({"score": one.confidence} if one.confidence is not None else {}),
            "attributes": {
                "id": one.id,
                "source": one.source.value,
                "verified": one.verified,
                "pending": one.pending,
            },
        }


def _coco_image(one: ExportedAnnotation, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "file_name": one.filename,
        "width": one.width,
        "height": one.height,
        "sha256": one.sha256,
        **({"date_captured": one.captured_at} if one.captured_at else {}),
    }


def _area(points: tuple[Point, ...]) -> float:
    """By the shoelace formula; square pixels."""
    following = points[1:] + points[:1]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(points, following, strict=True))) / 2


def _separator(number: int) -> bytes:
    return b"\n" if number == 1 else b",\n"


def _append(path: Path, parts: Iterable[bytes]) -> None:
    with path.open("ab") as file:
        file.writelines(parts)


_FORMATS: Mapping[AnnotationFileFormat, Callable[[Path], _Format]] = {
    AnnotationFileFormat.GEOJSON: _GeoJson,
    AnnotationFileFormat.CSV: _Csv,
    AnnotationFileFormat.COCO: _Coco,
}
