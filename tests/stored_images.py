"""A version of marked images whose originals lie in a store, with its manifest's file, without a database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from domain.models.config import VersionConfig
from domain.models.geometry import Box
from domain.models.manifest import FrozenImage
from domain.models.version import DatasetStatus, DatasetVersion, Split, SplitCounts
from domain.ports import ObjectStore
from frozen_images import manifest_of
from marked_images import marked_image

TEAM = "team"


@dataclass(frozen=True, slots=True)
class StoredVersion:
    version: DatasetVersion
    images: Sequence[FrozenImage]
    manifest: Path


async def stored_version(
    store: ObjectStore,
    folder: Path,
    config: VersionConfig,
    images: int = 6,
    splits: Sequence[Split] = (Split.TRAIN, Split.TRAIN, Split.VAL, Split.TEST),
) -> StoredVersion:
    """Images of which each has a block at another place; splits in turn."""
    made = []
    for number in range(images):
        box = Box(10 + 13 * (number % 9), 20 + 7 * (number % 11), 40, 30)
        name = f"field {number}.jpg"
        image, path = marked_image(folder, [box], name=name, split=splits[number % len(splits)])
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        made.append(replace(image, sha256=sha256, s3_key=f"teams/{TEAM}/originals/{sha256[:2]}/{sha256}"))
        await store.put(made[-1].s3_key, data, "image/jpeg")
    return written_version(folder, made, config)


def written_version(folder: Path, images: Sequence[FrozenImage], config: VersionConfig) -> StoredVersion:
    """A version of these images, its manifest in a new file in `folder`."""
    text = manifest_of(images).replace(b'"header":{}', b'"header":{"name":"North block-v3"}')
    manifest = folder / f"manifest-{hashlib.sha256(text).hexdigest()[:8]}.json"
    manifest.write_bytes(text)
    counts = SplitCounts(*(sum(image.split is split for image in images) for split in Split))
    version = DatasetVersion(
        id="version",
        project_id="project",
        team_id=TEAM,
        version=3,
        name="renamed since",
        display_name=None,
        status=DatasetStatus.READY,
        failure_reason=None,
        created_at=datetime.now(UTC),
        created_by_id=None,
        config=config,
        idempotency_key=None,
        input_digest=None,
        snapshot_at=datetime.now(UTC),
        image_count=len(images),
        annotation_count=sum(len(image.annotations) for image in images),
        classes=("pine",),
        class_counts=(),
        split_counts=counts,
        manifest=None,
        content_digest=None,
        leaked_pairs=None,
        queued_at=datetime.now(UTC),
        warnings=(),
    )
    return StoredVersion(version, sorted(images, key=lambda image: image.sha256), manifest)
