"""Commands that were called wrongly."""

from __future__ import annotations


class MisuseError(Exception):
    """Nothing was done: a sentence that says what to give instead."""
