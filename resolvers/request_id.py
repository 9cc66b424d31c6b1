"""The id of the request that is being answered, which its caller can name to whoever reads the log."""

from __future__ import annotations

from uuid import uuid4

from structlog.contextvars import get_contextvars


def request_id() -> str:
    """As its log lines have it; a new one where nobody gave it any."""
    return get_contextvars().get("request_id") or uuid4().hex
