"""API tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from db.repository import TableRepository, columns_of
from db.tables import api_tokens
from domain.models.api_token import ApiToken


class SqlApiTokens(TableRepository[ApiToken]):
    """Fulfils domain.ports.ApiTokens."""

    table = api_tokens
    entity = ApiToken

    async def by_digest(self, digest: str) -> ApiToken | None:
        return await self.one(api_tokens.c.digest == digest)

    async def of_user(self, user_id: str) -> Sequence[ApiToken]:
        statement = select(*columns_of(api_tokens)).where(api_tokens.c.user_id == user_id)
        return await self.all(statement.order_by(api_tokens.c.created_at.desc(), api_tokens.c.id.desc()))

    async def remove(self, token_id: str) -> None:
        await self.connection.execute(delete(api_tokens).where(api_tokens.c.id == token_id))

    async def note_use(self, token_id: str, at: datetime, unless_since: datetime) -> None:
        stale = or_(api_tokens.c.last_used_at.is_(None), api_tokens.c.last_used_at <= unless_since)
        await self.connection.execute(
            update(api_tokens).where(api_tokens.c.id == token_id, stale).values(last_used_at=at)
        )
