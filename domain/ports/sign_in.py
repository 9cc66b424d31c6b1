"""What the sign-in keeps: API tokens, and who was invited by e-mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from domain.models.api_token import ApiToken
from domain.models.people import User


class ApiTokens(Protocol):
    async def get(self, id_: str) -> ApiToken | None: ...
    async def by_digests(self, digests: Iterable[str]) -> dict[str, ApiToken]: ...
    async def of_users(self, user_ids: Iterable[str]) -> dict[str, list[ApiToken]]:
        """Newest first."""

    async def add(self, *tokens: ApiToken) -> None: ...
    async def remove(self, token_id: str) -> None: ...
    async def note_use(self, token_id: str, at: datetime, unless_since: datetime) -> None:
        """Sets when it was last used, unless that is known to be later than `unless_since`."""


class Invitations(Protocol):
    """Users who were made by their e-mail address alone, before they ever signed in."""

    async def add(self, user_id: str, at: datetime) -> None: ...
    async def accepted_by(self, subject: str) -> User | None:
        """The user that the sign-in knows by that subject (the claim `sub`), which is not the user's id."""

    async def accept(self, user_id: str, subject: str) -> bool:
        """From now on the subject is that user. False when the user is no invited one, or is somebody already."""
