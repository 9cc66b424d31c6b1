"""What a loader must have found."""

from __future__ import annotations

from typing import TypeVar

from domain.errors import not_found

T = TypeVar("T")


def required(found: T | None, noun: str) -> T:
    """`found`, or NOT_FOUND when the row it names is gone."""
    if found is None:
        raise not_found(noun)
    return found
