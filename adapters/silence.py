"""A doorbell and a queue for commands that tell nobody anything."""

from __future__ import annotations

from collections.abc import Sequence

from domain.jobs import JobKind
from domain.ports import Ring


class Silence:
    """Fulfils domain.ports.Bell and JobQueue. What is not heard is found at the next look."""

    async def ring(self, ring: Ring) -> None:
        """Is not heard."""

    async def wake(self, kind: JobKind, ids: Sequence[str]) -> None:
        """Wakes nobody."""
