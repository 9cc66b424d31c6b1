"""What every mutation's payload has."""

from __future__ import annotations

from dataclasses import field

import strawberry

from schema.errors import UserError


@strawberry.type
class Payload:
    user_errors: list[UserError] = field(default_factory=list)
