"""API tokens."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.api_tokens import CreateApiToken
from domain.models.api_token import ApiToken as ApiTokenEntity
from domain.models.api_token import TokenScope
from schema.node import Node
from schema.payload import Payload

strawberry.enum(
    TokenScope,
    description="READ queries and subscribes. WRITE may also do what its user's role may, but for members and tokens. "
    "ADMIN may do that, too.",
)


@strawberry.type(description="A long-lived secret for scripts and CI, shown once when made.")
class ApiToken(Node):
    name: str
    scope: TokenScope
    created_at: datetime
    last_used_at: datetime | None = strawberry.field(description="To the minute.")
    expires_at: datetime | None = strawberry.field(description="Null: it is good until it is revoked.")

    @classmethod
    def of(cls, token: ApiTokenEntity) -> ApiToken:
        return cls(
            id=strawberry.ID(token.id),
            name=token.name,
            scope=token.scope,
            created_at=token.created_at,
            last_used_at=token.last_used_at,
            expires_at=token.expires_at,
        )


@strawberry.input
class CreateApiTokenInput:
    name: str
    scope: TokenScope
    expires_at: datetime | None = None

    def decode(self) -> CreateApiToken:
        return CreateApiToken(self.name, self.scope, self.expires_at)


@strawberry.type
class ApiTokenPayload(Payload):
    token: ApiToken | None = None
    secret: str | None = strawberry.field(
        default=None, description="Shown this once: the server keeps only its SHA-256."
    )
