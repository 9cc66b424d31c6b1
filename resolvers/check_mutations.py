"""Mutations that have versions checked."""

from __future__ import annotations

import strawberry

from domain import checks
from domain.policies import Action
from resolvers.permissions import mutates
from schema.checks import VersionCheck, VersionCheckPayload
from schema.context import Info


@strawberry.type
class CheckMutations:
    @strawberry.mutation(
        description="Starts a check that reads every frozen object back and compares checksums. While one of the "
        "version is QUEUED or RUNNING it answers with that one."
    )
    @mutates(Action.MANAGE_VERSION, VersionCheckPayload)
    async def verify_version(self, info: Info, id: strawberry.ID) -> VersionCheckPayload:  # noqa: A002
        context = info.context
        check = await checks.verify_version(context.database, context.principal, id)
        return VersionCheckPayload(check=VersionCheck.of(check))
