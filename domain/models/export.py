"""Exports of versions: rendered downloads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.models.imports import ExportFormat
from domain.models.version import Notice


class ExportStatus(StrEnum):
    QUEUED = "QUEUED"
    RENDERING = "RENDERING"
    READY = "READY"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def final(self) -> bool:
        return self in (ExportStatus.READY, ExportStatus.FAILED, ExportStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class StoredArchive:
    """A zip file that lies in the store: its key, bytes, SHA-256 in hex, pictures, and what a reader should know."""

    s3_key: str
    size_bytes: int
    sha256: str
    image_count: int
    warnings: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class VersionExport:
    """`s3_key`, `size_bytes` and `sha256` are those of the zip file, known once the export is READY; `image_count` are
    the pictures in it, 0 until then."""

    id: str
    project_id: str
    team_id: str
    dataset_id: str
    format: ExportFormat
    status: ExportStatus
    failure_reason: str | None
    image_count: int
    s3_key: str | None
    size_bytes: int | None
    sha256: str | None
    warnings: tuple[Notice, ...]
    created_at: datetime
    created_by_id: str | None
    finished_at: datetime | None
    attempt: int
