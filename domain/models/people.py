"""Users, teams and what a member may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.models.api_token import TokenScope


class TeamRole(StrEnum):
    """Each role may do all that the ones after it may."""

    OWNER = "OWNER"
    MANAGER = "MANAGER"
    MEMBER = "MEMBER"
    VIEWER = "VIEWER"


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    email: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    id: str
    team_id: str
    user_id: str
    role: TeamRole
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling, as the sign-in says. Who signed in without an API token may all that the role may."""

    user_id: str
    email: str
    scope: TokenScope = TokenScope.ADMIN
