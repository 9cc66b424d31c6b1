"""Primary keys: opaque strings of 32 hex digits, unique across types, roughly in order of making."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """48 bits of Unix time in milliseconds, then 80 random bits, as in UUID version 7 (RFC 9562) without its marks."""
    return (time.time_ns() // 1_000_000).to_bytes(6, "big").hex() + os.urandom(10).hex()
