"""Files that are no images, and the imports of annotations made from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.models.version import Notice


class ExportFormat(StrEnum):
    """Formats of annotated data sets, for exports and imports alike."""

    YOLO = "YOLO"
    YOLO_SEG = "YOLO_SEG"
    COCO = "COCO"
    PASCAL_VOC = "PASCAL_VOC"
    CREATEML = "CREATEML"
    CSV = "CSV"


class ImportStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def final(self) -> bool:
        return self in (ImportStatus.COMPLETED, ImportStatus.FAILED)


@dataclass(frozen=True, slots=True)
class FileUpload:
    """An announced file that is no image. Bytes; hex."""

    id: str
    project_id: str
    team_id: str
    filename: str
    size_bytes: int
    sha256: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ImportJob:
    """Annotations for many images at once, from a file. It names the file's facts itself: the upload's row expires."""

    id: str
    project_id: str
    team_id: str
    file_id: str
    filename: str
    size_bytes: int
    sha256: str
    format: ExportFormat
    keep_splits: bool
    status: ImportStatus
    imported: int
    skipped: int
    warnings: tuple[Notice, ...]
    failure_reason: str | None
    created_by_id: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class SkippedItem:
    """The `number`-th line or object of a job's file that was not taken, from 0, and why."""

    job_id: str
    number: int
    where: str
    reason: str
