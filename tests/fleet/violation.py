"""What must not be."""

from __future__ import annotations


class Violation(AssertionError):  # noqa: N818 - what was found, not what went wrong
    """Something that the product promises does not hold; the message says what."""
