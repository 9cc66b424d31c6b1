"""Who is in a team, and as what."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.email import checked_email
from domain.errors import DomainError, ErrorCode, not_found
from domain.ids import new_id
from domain.models.people import Membership, Principal, Team, TeamRole, User
from domain.policies import Action, authorize_team
from domain.ports import Database, UnitOfWork
from domain.sign_in import known_or_invited


async def set_team_member(database: Database, principal: Principal, team_id: str, email: str, role: TeamRole) -> Team:
    """Adds the user of that e-mail address to the team, or changes the role. Who never signed in is known by the
    address from then on. Raises INVALID for what is no address, and CONFLICT when the team would be left without an
    owner."""

    async def work(uow: UnitOfWork) -> Team:
        team = await _locked(uow, principal, team_id, Action.MANAGE_MEMBERS)
        user = await _addressed(uow, email, "input", "email")
        current = await uow.people.role(team_id, user.id)
        if current is None:
            membership = Membership(new_id(), team_id, user.id, role, datetime.now(UTC))
            await uow.people.add_membership(membership)
        elif current is not role:
            await _keep_an_owner(uow, team_id, user.id, "input", "role")
            await uow.people.change_role(team_id, user.id, role)
        return team

    return await database.write(work)


async def remove_team_member(database: Database, principal: Principal, team_id: str, user_id: str) -> Team | None:
    """The team as it is now, or None for who has left it: every member may do that. Raises NOT_FOUND for who is no
    member, and CONFLICT when the team would be left without an owner."""
    leaves = user_id == principal.user_id

    async def work(uow: UnitOfWork) -> Team | None:
        team = await _locked(uow, principal, team_id, Action.READ if leaves else Action.MANAGE_MEMBERS)
        if await uow.people.role(team_id, user_id) is None:
            raise not_found("member")
        await _keep_an_owner(uow, team_id, user_id, "userId")
        await uow.people.remove_membership(team_id, user_id)
        return None if leaves else team

    return await database.write(work)


async def _locked(uow: UnitOfWork, principal: Principal, team_id: str, action: Action) -> Team:
    """Of two changes at once, the later one sees what the earlier one left."""
    team = await uow.people.lock_team(team_id)
    await authorize_team(uow, principal, team_id, action)
    if team is None:
        raise not_found("team")
    return team


async def _addressed(uow: UnitOfWork, email: str, *field: str) -> User:
    try:
        return await known_or_invited(uow, checked_email(email))
    except DomainError as error:
        raise DomainError(error.code, error.message, field) from error


async def _keep_an_owner(uow: UnitOfWork, team_id: str, user_id: str, *field: str) -> None:
    """Raises CONFLICT when the user is the only owner."""
    members = await uow.people.members(team_id)
    if [member.user_id for member in members if member.role is TeamRole.OWNER] == [user_id]:
        text = "This is the team's only owner: make somebody else an owner first."
        raise DomainError(ErrorCode.CONFLICT, text, field)
