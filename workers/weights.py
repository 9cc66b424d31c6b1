"""Weights are unpickled only after their bytes were compared with the SHA-256 that the database holds."""

from __future__ import annotations

import hashlib
from pathlib import Path


class WeightsCorrupt(Exception):  # noqa: N818 - a state, as its siblings are named
    """The weights are missing, or are not the bytes they should be; the message says what to do."""


def verified_copy(weights: Path, sha256: str, folder: Path) -> Path:
    """A copy in `folder` of the file whose bytes have that SHA-256 (hex): what is loaded is what was checked.

    Raises WeightsCorrupt.
    """
    try:
        data = weights.read_bytes()
    except OSError as error:
        raise WeightsCorrupt(f"The weights cannot be read: {error.strerror}.") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256.lower():
        raise WeightsCorrupt(
            f"The weights have SHA-256 {found[:12]}… where {sha256[:12]}… is expected; they were not loaded. "
            "Restore the file from a backup, or choose another model."
        )
    copy = folder / f"{found}.pt"
    copy.write_bytes(data)
    return copy
