"""Users as the sign-in knows them, and the first team of a new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import DomainError, ErrorCode
from domain.ids import new_id
from domain.models.people import Membership, Principal, Team, TeamRole, User
from domain.ports import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Identity:
    """What a valid token says of its bearer: the claims sub, email and name."""

    user_id: str
    email: str
    name: str


async def admit(database: Database, identity: Identity) -> Principal:
    """The principal of a valid token. An unknown user is created, without a team, unless the address was invited.

    Raises UNAUTHENTICATED when another user has the token's e-mail address.
    """
    user = await database.read(lambda uow: _known(uow, identity.user_id))
    if user is None:
        user = await database.write(lambda uow: _at_first_sign_in(uow, identity))
    return Principal(user.id, identity.email)


async def _known(uow: UnitOfWork, subject: str) -> User | None:
    return await uow.people.user(subject) or await uow.invitations.accepted_by(subject)


async def _at_first_sign_in(uow: UnitOfWork, identity: Identity) -> User:
    invited = await uow.people.user_by_email(identity.email)
    if invited is None:
        await uow.people.add_user(User(identity.user_id, identity.name, identity.email, datetime.now(UTC)))
    elif await uow.invitations.accept(invited.id, identity.user_id):
        await uow.people.rename_user(invited.id, identity.name)
    user = await _known(uow, identity.user_id)
    if user is None:
        text = f"Another user has the address {identity.email}; sign in as that user."
        raise DomainError(ErrorCode.UNAUTHENTICATED, text)
    return user


async def known_or_invited(uow: UnitOfWork, address: str) -> User:
    """The user of that e-mail address. A new one is whoever signs in with the address first. Raises CONFLICT where the
    database cannot tell the address from another user's."""
    user = await uow.people.user_by_email(address)
    if user is not None:
        return user
    now = datetime.now(UTC)
    user = User(new_id(), address.split("@")[0], address.lower(), now)
    await uow.people.add_user(user)
    if await uow.people.user(user.id) is None:
        raise DomainError(ErrorCode.CONFLICT, "Another user has an address that differs in accents alone.")
    await uow.invitations.add(user.id, now)
    return user


async def user_with_team(database: Database, email: str) -> User:
    """The user of that e-mail address; a new one is made as the owner of a team of its own."""
    address = email.strip().lower()

    async def find_or_make(uow: UnitOfWork) -> User:
        user = await uow.people.user_by_email(address)
        if user is not None:
            return user
        now = datetime.now(UTC)
        user = User(new_id(), address.split("@")[0], address, now)
        team = Team(new_id(), f"{user.name}'s team", now)
        await uow.people.add_user(user)
        await uow.people.add_team(team)
        await uow.people.add_membership(Membership(new_id(), team.id, user.id, TeamRole.OWNER, now))
        return user

    return await database.write(find_or_make)
