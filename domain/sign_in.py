"""Users as the sign-in knows them, and the first team of a new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.email import folded
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
    user = await uow.people.user(subject)
    # A database may take two ids for one that differ in the case of letters.
    return user if user is not None and user.id == subject else await uow.invitations.accepted_by(subject)


async def _at_first_sign_in(uow: UnitOfWork, identity: Identity) -> User:
    invited = await uow.people.user_by_email(identity.email)
    if invited is None:
        await uow.people.add_user(User(identity.user_id, identity.name, identity.email, datetime.now(UTC)))
    elif await uow.invitations.accept(invited.id, identity.user_id):
        await uow.people.rename_user(invited.id, identity.name)
    user = await _known(uow, identity.user_id)
    if user is None:
        text = f"Another user has the address {identity.email}, or your id in other letters; sign in as that user."
        raise DomainError(ErrorCode.UNAUTHENTICATED, text)
    return user


async def known_or_invited(uow: UnitOfWork, address: str) -> User:
    """The user of that e-mail address. A new one is whoever signs in with the address first. Raises CONFLICT where the
    database cannot tell the address from another user's."""
    user, is_new = await _known_or_new(uow, address)
    if is_new:
        await uow.invitations.add(user.id, user.created_at)
    return user


async def user_with_team(database: Database, email: str) -> User:
    """The user of that e-mail address, who signs in by it; a new one is made as the owner of a team of its own. Raises
    CONFLICT as `known_or_invited` does."""
    address = folded(email.strip())

    async def find_or_make(uow: UnitOfWork) -> User:
        user, is_new = await _known_or_new(uow, address)
        if is_new:
            team = Team(new_id(), f"{user.name}'s team", user.created_at)
            await uow.people.add_team(team)
            await uow.people.add_membership(Membership(new_id(), team.id, user.id, TeamRole.OWNER, user.created_at))
        else:
            await uow.invitations.accept(user.id, user.id)  # whoever comes by this address later is somebody else
        return user

    return await database.write(find_or_make)


async def _known_or_new(uow: UnitOfWork, address: str) -> tuple[User, bool]:
    """The user of that e-mail address, and whether it was made just now."""
    known = await uow.people.user_by_email(address)
    if known is not None:
        return known, False
    new = User(new_id(), address.split("@")[0], folded(address), datetime.now(UTC))
    await uow.people.add_user(new)
    user = await uow.people.user_by_email(address)  # which another call may have made meanwhile
    if user is None:
        raise DomainError(ErrorCode.CONFLICT, "Another user has an address that differs in accents or case alone.")
    return user, user.id == new.id
