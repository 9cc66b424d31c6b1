"""The object store from where a caller waits for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import DomainError, ErrorCode


@contextmanager
def answering() -> Iterator[None]:
    """Around what asks the object store: raises UNAVAILABLE when it cannot be reached."""
    try:
        yield
    except OSError as error:
        text = "The object store cannot be reached; try again in a moment."
        raise DomainError(ErrorCode.UNAVAILABLE, text) from error
