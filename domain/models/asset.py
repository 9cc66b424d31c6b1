"""Images of a project and the uploads they came by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.models.version import Split


class BatchStatus(StrEnum):
    """OPEN: files are still to come; VERIFYING: all came, some unchecked; DONE: each is taken, refused or expired."""

    OPEN = "OPEN"
    VERIFYING = "VERIFYING"
    DONE = "DONE"


class UploadState(StrEnum):
    OPEN = "OPEN"
    VERIFYING = "VERIFYING"
    VERIFIED = "VERIFIED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class UploadBatch:
    """Files that came together: how many were announced, how many of these the client has completed, and how many of
    those turned out to be images, or not. What expired counts as completed and refused."""

    id: str
    project_id: str
    name: str
    created_at: datetime
    announced: int = 0
    submitted: int = 0
    verified: int = 0
    refused: int = 0

    @property
    def answered(self) -> int:
        """Files that are taken, refused or expired."""
        return self.verified + self.refused

    @property
    def status(self) -> BatchStatus:
        if self.submitted < self.announced:
            return BatchStatus.OPEN
        return BatchStatus.VERIFYING if self.answered < self.announced else BatchStatus.DONE


@dataclass(frozen=True, slots=True)
class Upload:
    """One announced file of a batch. Sizes are bytes, `sha256` is hex; both as announced,
    checked before it is VERIFIED."""

    id: str
    batch_id: str
    project_id: str
    team_id: str
    filename: str
    size_bytes: int
    sha256: str
    content_type: str
    status: UploadState
    asset_id: str | None
    error_code: str | None
    error_message: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image file says of itself. `width` and `height` are pixels after the EXIF orientation (1..8) was applied;
    `perceptual_hash` is 64 bits in hex, alike for pictures that look alike."""

    content_type: str
    width: int
    height: int
    orientation: int
    gps_latitude: float | None
    gps_longitude: float | None
    captured_at: datetime | None
    perceptual_hash: str


@dataclass(frozen=True, slots=True)
class Asset:
    """An image. What is None was never worked out: rows from before versioning lack sizes and checksums, until a
    worker has filled them in, or `facts_error` says why it cannot."""

    id: str
    project_id: str
    upload_batch_id: str | None
    filename: str
    s3_key: str
    sha256: str | None
    size_bytes: int | None
    content_type: str | None
    width: int | None
    height: int | None
    orientation: int
    gps_latitude: float | None
    gps_longitude: float | None
    captured_at: datetime | None
    imported_split: Split | None
    created_at: datetime
    perceptual_hash: str | None = None
    facts_error: str | None = None
