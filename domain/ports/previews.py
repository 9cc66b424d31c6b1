"""What the numbers of a version that is not made yet are worked out from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.expected_splits import SplitTally
from domain.models.config import VersionConfig
from domain.models.version import ClassCount


class Previews(Protocol):
    """Counts of what the settings select now."""

    async def tallies(self, project_id: str, config: VersionConfig) -> Sequence[SplitTally]:
        """The images that would be frozen; their groups are upload batches when these are asked for, else none."""

    async def free_without_batch(self, project_id: str, config: VersionConfig) -> Sequence[str]:
        """The SHA-256 values of those that came in no batch, and have no split to keep; in no order."""

    async def class_counts(self, project_id: str, config: VersionConfig) -> Sequence[ClassCount]:
        """Sorted by name: after classes are dropped and renamed."""
