"""Primary keys: opaque strings of 32 hex digits, unique across types."""

from __future__ import annotations

import hashlib
import os
import time


def new_id() -> str:
    """Roughly in order of making: 48 bits of Unix time in milliseconds, then 80 random bits, as in UUID version 7
    (RFC 9562) without its marks."""
    return (time.time_ns() // 1_000_000).to_bytes(6, "big").hex() + os.urandom(10).hex()


def id_of(*parts: str) -> str:
    """The same id for the same parts, always: what is made from the same words twice is made once."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]
