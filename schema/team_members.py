"""What is asked and answered about the members of a team."""

from __future__ import annotations

import strawberry

from domain.models.people import TeamRole
from schema.payload import Payload
from schema.people import Team


@strawberry.input
class TeamMemberInput:
    team_id: strawberry.ID
    email: str
    role: TeamRole


@strawberry.type(description="`team` is null for who has left it.")
class TeamPayload(Payload):
    team: Team | None = None
