"""Mutations on API tokens and on the members of teams."""

from __future__ import annotations

import strawberry

from domain.api_tokens import create_api_token, revoke_api_token
from domain.policies import Action
from domain.team_members import remove_team_member, set_team_member
from resolvers.permissions import mutates
from schema.api_tokens import ApiToken, ApiTokenPayload, CreateApiTokenInput
from schema.context import Info
from schema.payload import DeletePayload
from schema.people import Team
from schema.team_members import TeamMemberInput, TeamPayload


@strawberry.type
class PeopleMutations:
    @strawberry.mutation
    @mutates(Action.MANAGE_TOKENS, ApiTokenPayload)
    async def create_api_token(self, info: Info, input: CreateApiTokenInput) -> ApiTokenPayload:  # noqa: A002
        context = info.context
        token, secret = await create_api_token(context.database, context.principal, input.decode())
        return ApiTokenPayload(token=ApiToken.of(token), secret=secret)

    @strawberry.mutation
    @mutates(Action.MANAGE_TOKENS, DeletePayload)
    async def revoke_api_token(self, info: Info, id: strawberry.ID) -> DeletePayload:  # noqa: A002
        await revoke_api_token(info.context.database, info.context.principal, id)
        return DeletePayload(deleted_ids=[id])

    @strawberry.mutation(
        description="Adds a member or changes the role; the user is known by e-mail from then on, "
        "also before the first sign-in."
    )
    @mutates(Action.MANAGE_MEMBERS, TeamPayload)
    async def set_team_member(self, info: Info, input: TeamMemberInput) -> TeamPayload:  # noqa: A002
        context = info.context
        team = await set_team_member(context.database, context.principal, input.team_id, input.email, input.role)
        return TeamPayload(team=Team.of(team))

    @strawberry.mutation(description="An owner removes anybody, a member who is none only himself.")
    @mutates(Action.MANAGE_MEMBERS, TeamPayload)
    async def remove_team_member(self, info: Info, team_id: strawberry.ID, user_id: strawberry.ID) -> TeamPayload:
        team = await remove_team_member(info.context.database, info.context.principal, team_id, user_id)
        return TeamPayload(team=Team.of(team) if team is not None else None)
