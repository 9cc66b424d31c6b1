"""Files in the portions in which addresses are asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

MAX_FILES = 500
"""In one call of requestUploads, by its contract."""
MAX_BYTES = 32 << 20
"""An address lives five minutes; a few portions of this size are sent in that time even on a slow line."""

T = TypeVar("T")


async def portions(
    files: AsyncIterator[T], size_of: Callable[[T], int], max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES
) -> AsyncIterator[list[T]]:
    """The files in order, in lists of at most so many files and bytes; a file that is larger comes alone."""
    portion: list[T] = []
    size = 0
    async for file in files:
        if portion and (len(portion) == max_files or size + size_of(file) > max_bytes):
            yield portion
            portion, size = [], 0
        portion.append(file)
        size += size_of(file)
    if portion:
        yield portion
