"""What makes a whole file unreadable."""

from __future__ import annotations

_SHOWN = 80


class MalformedFileError(Exception):
    """Nothing of the file can be imported; the message names the place and the reason."""


def printable(text: str) -> str:
    """`text` cut short, with what does not print spelled out: it comes from a file that may be hostile."""
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in cut)
