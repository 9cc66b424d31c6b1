"""Users who were made by their e-mail address, and whom the sign-in knows by another id."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.repository import columns_of
from db.tables import invitations, users
from domain.models.people import User


class SqlInvitations:
    """Fulfils domain.ports.Invitations."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, user_id: str, at: datetime) -> None:
        await self._connection.execute(insert(invitations).values(user_id=user_id, created_at=at))

    async def accepted_by(self, subject: str) -> User | None:
        statement = select(*columns_of(users)).join(invitations, invitations.c.user_id == users.c.id)
        row = (await self._connection.execute(statement.where(invitations.c.subject == subject))).mappings().first()
        return User(**row) if row is not None else None

    async def accept(self, user_id: str, subject: str) -> bool:
        open_ = (invitations.c.user_id == user_id, invitations.c.subject.is_(None))
        result = await self._connection.execute(update(invitations).where(*open_).values(subject=subject))
        return result.rowcount == 1
