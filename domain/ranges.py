"""Numbers and lists of an input held to their documented limits."""

from __future__ import annotations

import math
from collections.abc import Sequence

from domain.errors import invalid

MAX_SEED = 2**31 - 1
MAX_LISTED = 1000
"""Classes or upload batches in a list: each is a bound value of the statements that select."""


def check_within(value: float, low: float, high: float, what: str, *path: str) -> None:
    """Raises INVALID at the input's `path` unless `value` is a number from `low` to `high`, both included."""
    if not (math.isfinite(value) and low <= value <= high):
        raise invalid(f"{what} must be {low:.10g} to {high:.10g}, not {value:.10g}.", *path)


def check_listed(values: Sequence[object] | None, what: str, *path: str) -> None:
    """Raises INVALID at the input's `path` for an empty or overlong list; None is no list, and right."""
    if values is not None and not 1 <= len(values) <= MAX_LISTED:
        text = f"Name 1 to {MAX_LISTED:,} {what}, not {len(values):,}, or leave the list out."
        raise invalid(text, *path)
