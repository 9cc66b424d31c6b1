"""What the database knows of hosts with a GPU."""

from __future__ import annotations

from typing import Protocol


class GpuHosts(Protocol):
    async def next_fencing_token(self, host: str) -> int:
        """A number higher than each that was given for the host before, from 1. The host's row is locked until the
        transaction ends."""
