"""Who has the GPU of a host."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class GpuHolder(StrEnum):
    TRAINING = "TRAINING"
    INFERENCE = "INFERENCE"
    SAM3 = "SAM3"


@dataclass(frozen=True, slots=True)
class GpuLease:
    """The GPU of `host` is lent. `token` fences: each lease of the host has a higher one than all before it, and who
    shows it may renew the lease and give it back. `subject_id` is what it is held for, as a job; `owner` says which
    process holds it, in that process' own words. `since` is by Redis' clock."""

    host: str
    holder: GpuHolder
    token: int
    subject_id: str
    owner: str
    since: datetime
