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
class GpuHost:
    """A host that runs a GPU worker, as that worker last said; `alive` when it was heard of a moment ago. `device` is
    what people call it, as "Tesla T4" or "cpu". Memory is that of its GPUs in bytes, None without any. `sam3_loaded`
    is None where that is not known. `exclusive` when its GPU has one holder at a time."""

    host: str
    device: str
    exclusive: bool
    memory_total: int | None
    memory_used: int | None
    loaded_model_ids: tuple[str, ...]
    sam3_loaded: bool | None
    alive: bool


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
