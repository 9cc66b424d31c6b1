"""The memory of a GPU that several processes share, kept in a file: who has how much of it, and whether anybody ever
wanted more than there was."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.gpu_memory import DeviceMemory
from workers.process_mark import has_ended, own_mark


@dataclass(frozen=True)
class GpuBudget:
    """Fulfils workers.gpu_room.GpuMemory: `total` bytes on one GPU. What a process has is free when it has ended."""

    file: Path
    total: int

    def take(self, name: str, share: int) -> None:
        """A share of so many bytes under that name. Raises MemoryError where less is free; that stays on record."""
        with self._opened() as state:
            if self._used(state) + share > self.total:
                state["overdrawn"].append(f"{name} beside {', '.join(state['shares'])}")
                raise MemoryError(f"CUDA out of memory: {name} wants {share} bytes beside {state['shares']}.")
            state["shares"][name] = [share, own_mark()]

    def give_back(self, name: str) -> None:
        with self._opened() as state:
            state["shares"].pop(name, None)

    def read(self) -> list[DeviceMemory]:
        with self._opened() as state:
            return [DeviceMemory(self.total, self._used(state))]

    def names(self) -> list[str]:
        """Who has a share."""
        with self._opened() as state:
            return list(state["shares"])

    def overdrawn(self) -> list[str]:
        """Each time that somebody wanted more than was free."""
        with self._opened() as state:
            return list(state["overdrawn"])

    def _used(self, state: dict[str, Any]) -> int:
        return sum(share for share, _ in state["shares"].values())

    @contextmanager
    def _opened(self) -> Iterator[dict[str, Any]]:
        with self.file.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            state = json.loads(file.read() or '{"shares": {}, "overdrawn": []}')
            state["shares"] = {name: one for name, one in state["shares"].items() if not has_ended(one[1])}
            try:
                yield state
            finally:
                file.truncate(0)
                file.write(json.dumps(state))
