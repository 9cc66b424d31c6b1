"""Users and teams."""

from __future__ import annotations

import strawberry

from domain.models.people import Membership, TeamRole
from domain.models.people import Team as TeamEntity
from domain.models.people import User as UserEntity
from schema.api_tokens import ApiToken
from schema.context import Info
from schema.node import Node
from schema.required import required

strawberry.enum(
    TeamRole,
    description="VIEWER reads. MEMBER also annotates, uploads and runs detection. "
    "MANAGER and OWNER also make versions, train and deploy.",
)


@strawberry.type
class User(Node):
    name: str
    email: str

    @classmethod
    def of(cls, user: UserEntity) -> User:
        return cls(id=strawberry.ID(user.id), name=user.name, email=user.email)

    @strawberry.field
    async def teams(self, info: Info) -> list[TeamMembership]:
        """The teams that this user and the viewer share."""
        viewer = info.context.principal.user_id
        shared = await info.context.database.read(lambda uow: uow.people.memberships_of(viewer))
        mine = await info.context.database.read(lambda uow: uow.people.memberships_of(self.id))
        visible = {membership.team_id for membership in shared}
        return [TeamMembership.of(membership) for membership in mine if membership.team_id in visible]

    @strawberry.field
    async def api_tokens(self, info: Info) -> list[ApiToken]:
        """The viewer's own, newest first; of another user none is shown."""
        if self.id != info.context.principal.user_id:
            return []
        tokens = await info.context.database.read(lambda uow: uow.api_tokens.of_user(self.id))
        return [ApiToken.of(token) for token in tokens]


@strawberry.type
class TeamMembership:
    role: TeamRole
    team_id: strawberry.Private[str]

    @classmethod
    def of(cls, membership: Membership) -> TeamMembership:
        return cls(role=membership.role, team_id=membership.team_id)

    @strawberry.field
    async def team(self, info: Info) -> Team:
        return Team.of(required(await info.context.loaders.team.load(self.team_id), "team"))


@strawberry.type
class Team(Node):
    name: str

    @classmethod
    def of(cls, team: TeamEntity) -> Team:
        return cls(id=strawberry.ID(team.id), name=team.name)

    @strawberry.field
    async def members(self, info: Info) -> list[TeamMember]:
        found = await info.context.database.read(lambda uow: uow.people.members(self.id))
        return [TeamMember.of(membership) for membership in found]


@strawberry.type
class TeamMember:
    role: TeamRole
    user_id: strawberry.Private[str]

    @classmethod
    def of(cls, membership: Membership) -> TeamMember:
        return cls(role=membership.role, user_id=membership.user_id)

    @strawberry.field
    async def user(self, info: Info) -> User:
        return User.of(required(await info.context.loaders.user.load(self.user_id), "user"))
