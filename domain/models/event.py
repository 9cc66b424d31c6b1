"""The event log's entries, and the passing news that is not kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class StreamKind(StrEnum):
    """What a stream tells of; its name is the kind and the object's id."""

    PROJECT = "project"
    VERSION = "version"
    TRAINING = "training"
    UPLOAD = "upload"
    IMPORT = "import"
    EXPORT = "export"
    DETECTION = "detection"

    def of(self, id_: str) -> str:
        return f"{self.value}:{id_}"


class ProjectEventKind(StrEnum):
    VERSION_CHANGED = "VERSION_CHANGED"
    CHECK_CHANGED = "CHECK_CHANGED"
    EXPORT_CHANGED = "EXPORT_CHANGED"
    TRAINING_CHANGED = "TRAINING_CHANGED"
    MODEL_CREATED = "MODEL_CREATED"
    DEPLOYMENT_CHANGED = "DEPLOYMENT_CHANGED"
    EVALUATION_CHANGED = "EVALUATION_CHANGED"
    DETECTION_CHANGED = "DETECTION_CHANGED"
    UPLOAD_CHANGED = "UPLOAD_CHANGED"
    IMPORT_CHANGED = "IMPORT_CHANGED"
    PROJECT_CHANGED = "PROJECT_CHANGED"


class TrainingEventKind(StrEnum):
    STATUS = "STATUS"
    BATCH = "BATCH"
    EPOCH = "EPOCH"
    LOG = "LOG"


@dataclass(frozen=True, slots=True)
class Event:
    """The `seq`-th entry of a stream, counted from 1; order of `seq` is order of commit."""

    stream: str
    seq: int
    kind: str
    payload: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptStream:
    """Between when a stream's events are that are kept; None where none is. They go from the oldest on."""

    stream: str
    oldest_at: datetime | None
    newest_at: datetime | None
