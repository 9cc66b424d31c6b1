"""Keyset pages: the cursor names the last row's sort key, so that inserts neither repeat nor skip rows."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from domain.errors import DomainError, ErrorCode

T = TypeVar("T")
SortKey = tuple[str | int | datetime, ...]

MAX_FIRST = 200
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The `first` rows after the row whose sort key is `after`."""

    first: int
    after: SortKey | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows with the sort key of each."""

    items: Sequence[T]
    keys: Sequence[SortKey]
    has_next: bool
    has_previous: bool

    @classmethod
    def empty(cls) -> Page[T]:
        """Of a list without rows."""
        return cls((), (), has_next=False, has_previous=False)


def page_request(first: int, after: str | None) -> PageRequest:
    """Raises BAD_USER_INPUT for a `first` outside 1..200 or a cursor that no page gave out."""
    if not 1 <= first <= MAX_FIRST:
        raise DomainError(ErrorCode.BAD_USER_INPUT, f"first must be 1..{MAX_FIRST}, not {first}.", ("first",))
    return PageRequest(first, decode_cursor(after) if after is not None else None)


def encode_cursor(key: SortKey) -> str:
    parts = [["t", part.isoformat()] if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> SortKey:
    """Raises BAD_USER_INPUT when `cursor` was not made by `encode_cursor`."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(_decode_part(part) for part in parts)
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise DomainError(ErrorCode.BAD_USER_INPUT, "after is not a cursor of this list.", ("after",)) from error


def _decode_part(part: object) -> str | int | datetime:
    if isinstance(part, list) and len(part) == 2 and part[0] == "t" and isinstance(part[1], str):
        return datetime.fromisoformat(part[1]).astimezone(UTC)
    if isinstance(part, str):
        part.encode()  # half a surrogate pair is no text that a database takes
        return part
    if isinstance(part, int) and not isinstance(part, bool) and -_LARGEST <= part <= _LARGEST:
        return part
    raise ValueError("unknown part of a cursor")
