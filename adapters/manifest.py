"""The manifest file: one JSON document, an image a line, keys sorted, so that equal content gives equal bytes.

{"header":{…},"images":[
{…},
{…}
]}
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from domain.errors import DomainError, ErrorCode
from domain.models.annotation import AnnotationSource
from domain.models.config import VersionConfig
from domain.models.geometry import Box
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Manifest, Split
from domain.ports import ObjectStore

SCHEMA_VERSION = 2
_BUFFER = 1 << 20


class ManifestCorruptError(DomainError):
    """The stored manifest is not the one that the version froze."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.NOT_READY, message)

    @classmethod
    def missing(cls, manifest: Manifest) -> ManifestCorruptError:
        return cls(f"The version's manifest is missing from the object store; {_restore(manifest)}")

    @classmethod
    def changed(cls, manifest: Manifest) -> ManifestCorruptError:
        return cls(f"The version's manifest does not match its checksum; {_restore(manifest)}")


def _restore(manifest: Manifest) -> str:
    return f"restore {manifest.s3_key} from a backup, and verify the version."


@dataclass(frozen=True, slots=True)
class WrittenManifest:
    """Digest (hex) and size of the file, and the digest of its content without ids and times."""

    sha256: str
    size_bytes: int
    content_digest: str


def write_manifest(
    path: Path, header: dict[str, Any], config: VersionConfig, images: Iterable[tuple[bytes, bytes]]
) -> WrittenManifest:
    """Writes the images as they come, one in memory at a time: each is its line, and what stands for its content."""
    content = hashlib.sha256(_canonical(_settings_content(config)))
    with path.open("wb", _BUFFER) as file:
        out = _Hashed(file)
        out.write(b'{"header":' + _canonical({**header, "schemaVersion": SCHEMA_VERSION}) + b',"images":[')
        separator = b"\n"
        for line, of_content in images:
            out.write(separator + line)
            content.update(b"\n" + of_content)
            separator = b",\n"
        out.write(b"\n]}\n")
    return WrittenManifest(out.digest.hexdigest(), out.size, content.hexdigest())


def read_header(path: Path) -> dict[str, Any]:
    """The header of a manifest's file."""
    with path.open("rb") as file:
        first = file.readline()
    header: dict[str, Any] = orjson.loads(first.removesuffix(b',"images":[\n') + b"}")["header"]
    return header


def read_image_file(path: Path) -> Iterator[FrozenImage]:
    """The images of a manifest's file, in its order, one in memory at a time."""
    with path.open("rb") as file:
        for line in islice(file, 1, None):  # the first is the header's
            if line.startswith(b"{"):
                yield image_from_json(orjson.loads(line.rstrip(b",\n")))


async def download_manifest(store: ObjectStore, manifest: Manifest, path: Path) -> None:
    """Writes the manifest to `path`. Raises ManifestCorruptError unless it is the one that was frozen, OSError."""
    try:
        await store.download(manifest.s3_key, path)
    except KeyError as error:
        raise ManifestCorruptError.missing(manifest) from error
    if await asyncio.to_thread(_digest, path) != manifest.sha256:
        raise ManifestCorruptError.changed(manifest)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def _settings_content(config: VersionConfig) -> dict[str, Any]:
    settings = config.to_json()
    settings["filters"] = {name: value for name, value in settings["filters"].items() if name != "upload_batch_ids"}
    return settings


def image_to_json(image: FrozenImage) -> dict[str, Any]:
    """The inverse of `image_from_json`: what the image's line holds."""
    gps = (image.gps_latitude, image.gps_longitude)
    return {
        "assetId": image.asset_id,
        "filename": image.filename,
        "key": image.s3_key,
        "sha256": image.sha256,
        "size": image.size_bytes,
        "width": image.width,
        "height": image.height,
        "orientation": image.orientation,
        "gps": gps if None not in gps else None,
        "group": image.group,
        "split": image.split.value,
        "annotations": [_annotation_to_json(one) for one in image.annotations],
    }


def _annotation_to_json(one: FrozenAnnotation) -> dict[str, Any]:
    return {
        "id": one.id,
        "class": one.weed_type,
        "box": [one.box.x, one.box.y, one.box.width, one.box.height],
        "polygon": one.polygon,
        "confidence": one.confidence,
        "source": one.source.value,
        "verified": one.verified,
        "geoCoordinates": one.geo_coordinates,
    }


def image_from_json(line: dict[str, Any]) -> FrozenImage:
    """The image of a line that adapters.manifest_lines wrote."""
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
        annotations=tuple(_annotation_from_json(one) for one in line["annotations"]),
    )


def _annotation_from_json(one: dict[str, Any]) -> FrozenAnnotation:
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
