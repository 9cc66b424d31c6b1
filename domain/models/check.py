"""Checks of versions: every frozen object read back and held against its checksum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CheckStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def final(self) -> bool:
        return self in (CheckStatus.COMPLETED, CheckStatus.FAILED)


@dataclass(frozen=True, slots=True)
class VersionCheck:
    """`missing` and `corrupt` name the first hundred file names at most; the counts are whole. `manifest_intact` is
    None until the manifest was read."""

    id: str
    project_id: str
    team_id: str
    dataset_id: str
    status: CheckStatus
    failure_reason: str | None
    objects_total: int
    objects_checked: int
    manifest_intact: bool | None
    missing: tuple[str, ...]
    missing_count: int
    corrupt: tuple[str, ...]
    corrupt_count: int
    created_at: datetime
    created_by_id: str | None
    finished_at: datetime | None
    attempt: int

    @property
    def intact(self) -> bool | None:
        """None until the check has completed."""
        if self.status is not CheckStatus.COMPLETED:
            return None
        return bool(self.manifest_intact) and not self.missing_count and not self.corrupt_count
