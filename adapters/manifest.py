"""The manifest file: one JSON document, an image a line, keys sorted, so that equal content gives equal bytes.

{"header":{…},"images":[
{…},
{…}
]}
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from domain.models.annotation import AnnotationSource
from domain.models.config import VersionConfig
from domain.models.geometry import Box
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Manifest, Split
from domain.ports import ObjectStore

SCHEMA_VERSION = 1
_CACHED_MANIFESTS = 4


class ManifestCorruptError(Exception):
    """The stored manifest is not the one that the version froze."""


@dataclass(frozen=True, slots=True)
class WrittenManifest:
    """Digest (hex) and size of the file, and the digest of its content without ids and times."""

    sha256: str
    size_bytes: int
    content_digest: str


def write_manifest(
    path: Path, header: dict[str, Any], config: VersionConfig, images: Iterable[FrozenImage]
) -> WrittenManifest:
    """Writes `images` as they come, one in memory at a time."""
    content = hashlib.sha256(_canonical(_settings_content(config)))
    with path.open("wb") as file:
        out = _Hashed(file)
        out.write(b'{"header":' + _canonical({**header, "schemaVersion": SCHEMA_VERSION}) + b',"images":[')
        separator = b"\n"
        for image in images:
            line = image_to_json(image)
            out.write(separator + _canonical(line))
            content.update(b"\n" + _canonical(_image_content(line)))
            separator = b",\n"
        out.write(b"\n]}\n")
    return WrittenManifest(out.digest.hexdigest(), out.size, content.hexdigest())


def read_images(data: bytes) -> Iterator[FrozenImage]:
    """The images of a manifest, in its order."""
    for line in _lines(data):
        yield image_from_json(orjson.loads(line))


async def fetch_manifest(store: ObjectStore, manifest: Manifest) -> bytes:
    """The manifest's bytes. Raises ManifestCorruptError unless they are the ones that were frozen."""
    try:
        data = await store.get(manifest.s3_key)
    except KeyError as error:
        raise ManifestCorruptError("The version's manifest is missing from the object store.") from error
    if hashlib.sha256(data).hexdigest() != manifest.sha256:
        raise ManifestCorruptError("The version's manifest does not match its checksum; restore it from a backup.")
    return data


class StoredManifests:
    """Fulfils domain.ports.ManifestReader, with the manifests that were read last kept in memory."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._cached: OrderedDict[str, list[bytes]] = OrderedDict()

    async def annotations(self, manifest: Manifest, position: int) -> tuple[FrozenAnnotation, ...]:
        """What was frozen of the image on line `position`, from 0."""
        lines = self._cached.get(manifest.s3_key)
        if lines is None:
            lines = list(_lines(await fetch_manifest(self._store, manifest)))
            self._cached[manifest.s3_key] = lines
            while len(self._cached) > _CACHED_MANIFESTS:
                self._cached.popitem(last=False)
        self._cached.move_to_end(manifest.s3_key)
        return image_from_json(orjson.loads(lines[position])).annotations


class _Hashed:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _lines(data: bytes) -> Iterator[bytes]:
    for line in data.split(b"\n")[1:-2]:
        yield line.removesuffix(b",")


def _settings_content(config: VersionConfig) -> dict[str, Any]:
    settings = config.to_json()
    settings["filters"] = {name: value for name, value in settings["filters"].items() if name != "upload_batch_ids"}
    return settings


def _image_content(line: dict[str, Any]) -> dict[str, Any]:
    """The line without ids, keys and groups, which name rows and not content."""
    annotations = [
        {name: value for name, value in annotation.items() if name != "id"} for annotation in line["annotations"]
    ]
    kept = {name: value for name, value in line.items() if name not in ("assetId", "key", "group")}
    return {**kept, "annotations": annotations}


def image_to_json(image: FrozenImage) -> dict[str, Any]:
    """The image's line, its annotations in an order that depends on their content alone (ids break ties)."""
    annotations = [annotation_to_json(annotation) for annotation in image.annotations]
    annotations.sort(key=lambda one: (_canonical({**one, "id": ""}), one["id"]))
    located = image.gps_latitude is not None and image.gps_longitude is not None
    return {
        "assetId": image.asset_id,
        "filename": image.filename,
        "key": image.s3_key,
        "sha256": image.sha256,
        "size": image.size_bytes,
        "width": image.width,
        "height": image.height,
        "orientation": image.orientation,
        "gps": [image.gps_latitude, image.gps_longitude] if located else None,
        "group": image.group,
        "split": image.split.value,
        "annotations": annotations,
    }


def annotation_to_json(annotation: FrozenAnnotation) -> dict[str, Any]:
    """An annotation as it stands in an image's line."""
    box = annotation.box
    return {
        "id": annotation.id,
        "class": annotation.weed_type,
        "box": [box.x, box.y, box.width, box.height],
        "polygon": annotation.polygon,
        "geoCoordinates": annotation.geo_coordinates,
        "confidence": annotation.confidence,
        "source": annotation.source.value,
        "verified": annotation.verified,
    }


def image_from_json(line: dict[str, Any]) -> FrozenImage:
    """The inverse of `image_to_json`."""
    latitude, longitude = line["gps"] or (None, None)
    return FrozenImage(
        asset_id=line["assetId"],
        filename=line["filename"],
        s3_key=line["key"],
        sha256=line["sha256"],
        size_bytes=line["size"],
        width=line["width"],
        height=line["height"],
        orientation=line["orientation"],
        gps_latitude=latitude,
        gps_longitude=longitude,
        group=line["group"],
        split=Split(line["split"]),
        annotations=tuple(annotation_from_json(one) for one in line["annotations"]),
    )


def annotation_from_json(one: dict[str, Any]) -> FrozenAnnotation:
    """The inverse of `annotation_to_json`."""
    return FrozenAnnotation(
        id=one["id"],
        weed_type=one["class"],
        box=Box(*one["box"]),
        polygon=tuple((x, y) for x, y in one["polygon"]) if one["polygon"] else None,
        confidence=one["confidence"],
        source=AnnotationSource(one["source"]),
        verified=one["verified"],
        geo_coordinates=one["geoCoordinates"],
    )
