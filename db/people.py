"""Users, teams and memberships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TypeVar

from sqlalchemy import Column, ColumnElement, and_, delete, func, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from db.repository import TableRepository, chunks, columns_of
from db.tables import team_members, teams, users
from domain.email import folded
from domain.models.people import Membership, Team, TeamRole, User

T = TypeVar("T")


class _Users(TableRepository[User]):
    table = users
    entity = User


class _Teams(TableRepository[Team]):
    table = teams
    entity = Team


class _Memberships(TableRepository[Membership]):
    table = team_members
    entity = Membership


class SqlPeople:
    """Fulfils domain.ports.People."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._users = _Users(connection)
        self._teams = _Teams(connection)
        self._memberships = _Memberships(connection)

    async def user(self, user_id: str) -> User | None:
        return await self._users.get(user_id)

    async def user_by_email(self, email: str) -> User | None:
        like = select(*columns_of(users)).where(func.lower(users.c.email) == func.lower(email))
        # MySQL's usual collations also take "á" for "a", and that would be somebody else's address.
        found = await self._users.all(like.order_by(users.c.created_at))
        return next((user for user in found if folded(user.email) == folded(email)), None)

    async def users(self, ids: Iterable[str]) -> dict[str, User]:
        return await self._users.get_many(ids)

    async def teams(self, ids: Iterable[str]) -> dict[str, Team]:
        return await self._teams.get_many(ids)

    async def add_user(self, user: User) -> None:
        values = self._users.dump({field.name: getattr(user, field.name) for field in fields(user)})
        if self._connection.dialect.name == "sqlite":
            await self._connection.execute(sqlite.insert(users).values(values).on_conflict_do_nothing())
        else:
            as_it_is = mysql.insert(users).values(values).on_duplicate_key_update(id=users.c.id)
            await self._connection.execute(as_it_is)

    async def rename_user(self, user_id: str, name: str) -> None:
        await self._users.update(user_id, name=name)

    async def team_ids(self) -> Sequence[str]:
        return (await self._connection.execute(select(teams.c.id))).scalars().all()

    async def add_team(self, team: Team) -> None:
        await self._teams.add(team)

    async def lock_team(self, team_id: str) -> Team | None:
        rows = await self._teams.rows(select(*columns_of(teams)).where(teams.c.id == team_id).with_for_update())
        return self._teams.load(rows[0]) if rows else None

    async def add_membership(self, membership: Membership) -> None:
        await self._memberships.add(membership)

    async def change_role(self, team_id: str, user_id: str, role: TeamRole) -> None:
        await self._connection.execute(update(team_members).where(_is_of(team_id, user_id)).values(role=role))

    async def remove_membership(self, team_id: str, user_id: str) -> None:
        await self._connection.execute(delete(team_members).where(_is_of(team_id, user_id)))

    async def role(self, team_id: str, user_id: str) -> TeamRole | None:
        statement = select(team_members.c.role).where(_is_of(team_id, user_id))
        return (await self._connection.execute(statement)).scalar_one_or_none()

    async def memberships_of(self, user_id: str) -> Sequence[Membership]:
        statement = select(*columns_of(team_members)).where(team_members.c.user_id == user_id)
        return await self._memberships.all(statement.order_by(team_members.c.created_at, team_members.c.id))

    async def members(self, team_id: str) -> Sequence[Membership]:
        statement = select(*columns_of(team_members)).where(team_members.c.team_id == team_id)
        return await self._memberships.all(statement.order_by(team_members.c.created_at, team_members.c.id))

    async def teams_of(self, user_ids: Iterable[str]) -> dict[str, list[tuple[Team, TeamRole]]]:
        return await self._joined(self._teams, team_members.c.team_id, team_members.c.user_id, user_ids)

    async def members_of(self, team_ids: Iterable[str]) -> dict[str, list[tuple[User, TeamRole]]]:
        return await self._joined(self._users, team_members.c.user_id, team_members.c.team_id, team_ids)

    async def _joined(
        self, wanted: TableRepository[T], theirs: Column[str], mine: Column[str], ids: Iterable[str]
    ) -> dict[str, list[tuple[T, TeamRole]]]:
        """The other side of the memberships of each id, oldest first, with the role."""
        found: dict[str, list[tuple[T, TeamRole]]] = {}
        table = wanted.table
        for chunk in chunks(ids):
            joined = select(*columns_of(table), mine.label("mine"), team_members.c.role.label("role")).where(
                table.c.id == theirs, mine.in_(chunk)
            )
            for row in await wanted.rows(joined.order_by(team_members.c.created_at, team_members.c.id)):
                found.setdefault(row["mine"], []).append((wanted.load(row), row["role"]))
        return found


def _is_of(team_id: str, user_id: str) -> ColumnElement[bool]:
    return and_(team_members.c.team_id == team_id, team_members.c.user_id == user_id)
