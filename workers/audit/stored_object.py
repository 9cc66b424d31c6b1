"""An object that a row names, held against what the row says of it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.ports import ObjectStore
from workers.reading_back import reads_back


@dataclass(frozen=True, slots=True)
class NamedObject:
    """`key` should have so many bytes, whose SHA-256 is that (hex); None of either is not known."""

    key: str
    size_bytes: int | None = None
    sha256: str | None = None

    def size_fault(self, size: int | None) -> str | None:
        """What is wrong when the object has that size; None stands for no object."""
        if size is None:
            return f"{self.key} is missing from the object store; restore it from a backup."
        if self.size_bytes is not None and size != self.size_bytes:
            return f"{self.key} has {size:,} bytes instead of {self.size_bytes:,}; restore it from a backup."
        return None

    async def fault(self, store: ObjectStore, read_back: bool) -> str | None:
        """What is wrong with the object now; its bytes are read when `read_back`. Raises OSError while the store is
        away."""
        fault = self.size_fault(await store.size(self.key))
        if fault is not None or not read_back or self.sha256 is None:
            return fault
        try:
            intact = await reads_back(store, self.key, self.sha256)
        except KeyError:
            return self.size_fault(None)
        return None if intact else f"{self.key} has other bytes than were stored; restore it from a backup."
