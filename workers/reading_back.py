"""Whether an object is still what it was when it was frozen."""

from __future__ import annotations

from domain.ports import ObjectStore

_READINGS = 2
"""What comes damaged is read once more: it may have been the way."""


async def reads_back(store: ObjectStore, key: str, sha256: str) -> bool:
    """The object's bytes have that SHA-256. Raises KeyError when it is missing, OSError when the store is away."""
    for _ in range(_READINGS):
        if await store.digest(key) == sha256:
            return True
    return False
