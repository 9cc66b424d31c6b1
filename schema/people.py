"""Users and teams."""

from __future__ import annotations

import strawberry

from domain.models.people import Team as TeamEntity
from domain.models.people import TeamRole
from domain.models.people import User as UserEntity
from schema.api_tokens import ApiToken
from schema.context import Info
from schema.node import Node

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
        shared, mine = await info.context.loaders.teams_of_user.load_many([viewer, self.id])
        visible = {team.id for team, _ in shared}
        return [TeamMembership(role=role, team=Team.of(team)) for team, role in mine if team.id in visible]

    @strawberry.field
    async def api_tokens(self, info: Info) -> list[ApiToken]:
        """The viewer's own, newest first; of another user none is shown."""
        if self.id != info.context.principal.user_id:
            return []
        return [ApiToken.of(token) for token in await info.context.loaders.tokens_of_user.load(self.id)]


@strawberry.type
class TeamMembership:
    role: TeamRole
    team: Team


@strawberry.type
class Team(Node):
    name: str

    @classmethod
    def of(cls, team: TeamEntity) -> Team:
        return cls(id=strawberry.ID(team.id), name=team.name)

    @strawberry.field
    async def members(self, info: Info) -> list[TeamMember]:
        found = await info.context.loaders.members_of_team.load(self.id)
        return [TeamMember(role=role, user=User.of(user)) for user, role in found]


@strawberry.type
class TeamMember:
    role: TeamRole
    user: User
