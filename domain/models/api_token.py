"""Long-lived secrets by which scripts sign in as their user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TokenScope(StrEnum):
    """What a sign-in is for, whatever its user's role: each is for all that the ones before it are for."""

    READ = "READ"
    WRITE = "WRITE"
    ADMIN = "ADMIN"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What is known of a token: `digest` is the SHA-256 of its secret, which is kept nowhere."""

    id: str
    user_id: str
    name: str
    scope: TokenScope
    digest: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
