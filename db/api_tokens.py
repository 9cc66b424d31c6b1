"""API tokens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from db.repository import TableRepository, chunks, columns_of
from db.tables import api_tokens
from domain.models.api_token import ApiToken


class SqlApiTokens(TableRepository[ApiToken]):
    """Fulfils domain.ports.ApiTokens."""

    table = api_tokens
    entity = ApiToken

    async def by_digests(self, digests: Iterable[str]) -> dict[str, ApiToken]:
        found: dict[str, ApiToken] = {}
        for chunk in chunks(digests):
            tokens = await self.all(select(*columns_of(api_tokens)).where(api_tokens.c.digest.in_(chunk)))
            found.update((token.digest, token) for token in tokens)
        return found

    async def of_users(self, user_ids: Iterable[str]) -> dict[str, list[ApiToken]]:
        newest_first = (api_tokens.c.created_at.desc(), api_tokens.c.id.desc())
        return await self.all_of(api_tokens.c.user_id, user_ids, *newest_first)

    async def remove(self, token_id: str) -> None:
        await self.connection.execute(delete(api_tokens).where(api_tokens.c.id == token_id))

    async def note_use(self, token_id: str, at: datetime, unless_since: datetime) -> None:
        stale = or_(api_tokens.c.last_used_at.is_(None), api_tokens.c.last_used_at <= unless_since)
        await self.connection.execute(
            update(api_tokens).where(api_tokens.c.id == token_id, stale).values(last_used_at=at)
        )
