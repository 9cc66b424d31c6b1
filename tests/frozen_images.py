"""Images as a manifest freezes them, and manifests of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import orjson

from adapters.manifest import image_to_json
from domain.keys import manifest_key
from domain.models.annotation import AnnotationSource
from domain.models.geometry import Box
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Manifest, Split
from domain.ports import ObjectStore
from seeds import digest_of


def frozen_image(
    sha256: str, split: Split = Split.TRAIN, annotations: Sequence[FrozenAnnotation] = (), name: str = "a.jpg"
) -> FrozenImage:
    return FrozenImage(name, name, name, sha256, 9, 8, 7, 1, None, None, name, split, tuple(annotations))


def frozen_images(count: int, weed_type: str = "wattle") -> list[FrozenImage]:
    """Images of two annotations each."""
    return [
        frozen_image(digest_of(f"{number}"), annotations=[_annotation(f"{number}-{one}", weed_type) for one in "ab"])
        for number in range(count)
    ]


def _annotation(id_: str, weed_type: str) -> FrozenAnnotation:
    return FrozenAnnotation(id_, weed_type, Box(1.5, 2, 3, 4), None, None, AnnotationSource.MANUAL, verified=True)


def manifest_of(images: Iterable[FrozenImage]) -> bytes:
    """As a snapshot writes it, but for the header."""
    ordered = sorted(images, key=lambda image: image.sha256)
    lines = [orjson.dumps(image_to_json(image), option=orjson.OPT_SORT_KEYS) for image in ordered]
    return b'{"header":{},"images":[\n' + b",\n".join(lines) + (b"\n" if lines else b"") + b"]}\n"


async def put_manifest(store: ObjectStore, images: Iterable[FrozenImage]) -> Manifest:
    """Stores a manifest of the team "team"."""
    data = manifest_of(images)
    sha256 = hashlib.sha256(data).hexdigest()
    manifest = Manifest(manifest_key("team", "project", 1, sha256), sha256, len(data))
    await store.put(manifest.s3_key, data, "application/json")
    return manifest
