"""Arguments of connections."""

from __future__ import annotations

DEFAULT_FIRST = 50


def first_or_default(first: int | None) -> int:
    """`first: null` means the same as leaving it out."""
    return DEFAULT_FIRST if first is None else first
