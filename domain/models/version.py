"""Dataset versions: rows of TrainingDataset whose version is set, and what their manifest freezes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.models.config import VersionConfig


class DatasetStatus(StrEnum):
    CREATING = "CREATING"
    READY = "READY"
    TRAINING = "TRAINING"
    FAILED = "FAILED"
    ARCHIVED = "ARCHIVED"


class Split(StrEnum):
    TRAIN = "TRAIN"
    VAL = "VAL"
    TEST = "TEST"


class VersionStage(StrEnum):
    QUEUED = "QUEUED"
    SELECTING = "SELECTING"
    FREEZING = "FREEZING"
    UPLOADING = "UPLOADING"
    READY = "READY"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class ClassCount:
    name: str
    annotations: int
    images: int


@dataclass(frozen=True, slots=True)
class SplitCounts:
    """Source images in each split; `train_augmented` counts training images as written,
    after tiling and augmentation."""

    train: int = 0
    val: int = 0
    test: int = 0
    train_augmented: int = 0

    def of(self, splits: Collection[Split]) -> int:
        """How many source images those splits have together."""
        counts = {Split.TRAIN: self.train, Split.VAL: self.val, Split.TEST: self.test}
        return sum(counts[split] for split in splits)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a reader should know: `code` for programs, `message` for people, `count` of what it speaks of."""

    code: str
    message: str
    count: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Where a version's manifest lies in the object store, its SHA-256 (hex) and size in bytes."""

    s3_key: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    id: str
    project_id: str
    team_id: str
    version: int
    name: str
    display_name: str | None
    status: DatasetStatus
    failure_reason: str | None
    created_at: datetime
    created_by_id: str | None
    config: VersionConfig
    idempotency_key: str | None
    input_digest: str | None
    snapshot_at: datetime | None
    image_count: int
    annotation_count: int
    classes: tuple[str, ...]
    class_counts: tuple[ClassCount, ...]
    split_counts: SplitCounts
    manifest: Manifest | None
    content_digest: str | None
    leaked_pairs: int | None
    queued_at: datetime
    """When it was asked for, the last time."""
    warnings: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class VersionAsset:
    """A frozen image of a version, a row of TrainingDatasetAsset. `position` is its line in the manifest, from 0."""

    id: str
    dataset_id: str
    asset_id: str
    position: int
    split: Split
    filename: str
    s3_key: str
    sha256: str
    width: int
    height: int
    gps_latitude: float | None
    gps_longitude: float | None
    annotation_count: int
