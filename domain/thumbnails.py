"""Which of an image's stored thumbnails answers a wish."""

from __future__ import annotations

from domain.errors import DomainError, ErrorCode
from domain.keys import THUMBNAIL_SIZES


def thumbnail_size(wanted: int) -> int:
    """The largest stored size (pixels of the longer side) that is at most `wanted`.

    Raises BAD_USER_INPUT when even the smallest is larger.
    """
    if wanted < THUMBNAIL_SIZES[0]:
        text = f"size is at least {THUMBNAIL_SIZES[0]} pixels, not {wanted}."
        raise DomainError(ErrorCode.BAD_USER_INPUT, text, ("size",))
    return max(size for size in THUMBNAIL_SIZES if size <= wanted)
