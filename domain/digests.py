"""SHA-256 values as clients write them."""

from __future__ import annotations

import re

from domain.errors import invalid

_SHA256 = re.compile(r"[0-9a-f]{64}")


def checked_sha256(text: str, *path: str) -> str:
    """64 hexadecimal digits, in lower case. Raises INVALID at the input path `path`."""
    digest = text.lower()
    if not _SHA256.fullmatch(digest):
        raise invalid("A SHA-256 is 64 hexadecimal digits.", *path)
    return digest
