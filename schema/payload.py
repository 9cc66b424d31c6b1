"""What every mutation's payload has, and the payload of those that delete."""

from __future__ import annotations

from dataclasses import field

import strawberry

from schema.errors import UserError


@strawberry.type
class Payload:
    user_errors: list[UserError] = field(default_factory=list)


@strawberry.type
class DeletePayload(Payload):
    deleted_ids: list[strawberry.ID] = field(default_factory=list)
