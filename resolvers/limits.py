"""How much one request, one connection and one caller may ask of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Each is a setting of the same name with API_ before it; README has the table."""

    body_bytes: int = 1_000_000
    upload_bytes: int = 25_000_000
    """Of a multipart request, its files included."""
    tokens: int = 2_000
    """To read and to validate so many takes less than a tenth of a second."""
    depth: int = 32
    aliases: int = 50
    """Of one document, its fragments counted as often as they are spread; likewise below."""
    directives: int = 50
    fields: int = 1_000
    cost: int = 100_000
    """Objects that one operation may be answered with, by the sizes of the pages that it asks for."""
    subscriptions: int = 20
    """Operations that run at once on one WebSocket connection."""
    operations_per_minute: int = 3_000
    """Of one user, all sign-ins and API tokens together."""
    send_seconds: float = 20
    """A reader that takes nothing for so long is cut off."""
