"""What the database knows of hosts with a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.models.gpu import GpuHost


class GpuHosts(Protocol):
    async def next_fencing_token(self, host: str) -> int:
        """A number higher than each that was given for the host before, from 1. The host's row is locked until the
        transaction ends."""

    async def beat(self, host: GpuHost) -> None:
        """The host's worker is alive, and says this of it."""

    async def gone(self, host: str) -> None:
        """The host's worker has ended."""

    async def all(self) -> Sequence[GpuHost]:
        """Every host that a GPU worker was ever heard of from, by name."""
