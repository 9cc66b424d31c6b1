"""Work that a worker claims: the row is the truth, and a queue message only wakes somebody to look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HEARTBEAT_SECONDS = 5
LEASE_SECONDS = 30
SWEEP_SECONDS = 5
MAX_STRIKES = 3
"""A job that was taken up this often without progress in between FAILS."""
ABANDONED_SECONDS = 24 * 3600
"""Work that no worker held for so long, while no worker of its kind was heard of, is given up."""


class JobKind(StrEnum):
    """One claimable table each; but deployments and detections are two kinds of work, a GPU host's and Roboflow's."""

    UPLOAD = "UPLOAD"
    IMPORT = "IMPORT"
    SNAPSHOT = "SNAPSHOT"
    CHECK = "CHECK"
    EXPORT = "EXPORT"
    TRAINING = "TRAINING"
    EVALUATION = "EVALUATION"
    DEPLOYMENT = "DEPLOYMENT"
    DETECTION = "DETECTION"
    ROBOFLOW_DEPLOYMENT = "ROBOFLOW_DEPLOYMENT"
    ROBOFLOW_DETECTION = "ROBOFLOW_DETECTION"
    WEBHOOK_DELIVERY = "WEBHOOK_DELIVERY"


@dataclass(frozen=True, slots=True)
class Backlog:
    """The work of one kind that is there to be done: `running` rows are held by workers, `waiting` ones by nobody, the
    first of them for `oldest_seconds`, 0 where none waits. A row waits from when it was made or came due, and from when
    a worker was last heard of at it."""

    kind: JobKind
    waiting: int
    running: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that a worker holds. Every write it makes says `attempt`, so that a later claim shuts it out.

    `strikes` counts the claims since the last progress, this one included.
    """

    kind: JobKind
    id: str
    attempt: int
    strikes: int
    worker: str
    project_id: str | None = None
    version_id: str | None = None
    batch_id: str | None = None
    """What the row belongs to, as far as it says."""

    @property
    def exhausted(self) -> bool:
        return self.strikes > MAX_STRIKES
