"""API tokens: made, revoked, and signing in by one."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.ids import new_id
from domain.models.api_token import ApiToken, TokenScope
from domain.models.people import Principal, User
from domain.ports import Database, UnitOfWork
from domain.projects import checked_name

PREFIX = "agri_"
"""How every secret begins, so that people and scanners for lost secrets know one when they see it."""
MAX_TOKENS = 100
MAX_VALID = timedelta(days=3653)
USE_NOTED_EVERY = timedelta(minutes=1)
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class CreateApiToken:
    """A token without `expires_at` is good until it is revoked."""

    name: str
    scope: TokenScope
    expires_at: datetime | None


async def create_api_token(database: Database, principal: Principal, command: CreateApiToken) -> tuple[ApiToken, str]:
    """A new token of the caller and its secret, which nobody can be told again. Raises INVALID, and LIMIT for who has
    too many."""
    secret = PREFIX + secrets.token_hex(_SECRET_BYTES)
    now = datetime.now(UTC)
    token = ApiToken(
        id=new_id(),
        user_id=principal.user_id,
        name=checked_name(command.name, "input", "name"),
        scope=command.scope,
        digest=digest_of_secret(secret),
        created_at=now,
        expires_at=_checked_expiry(command.expires_at, now),
        last_used_at=None,
    )

    async def work(uow: UnitOfWork) -> None:
        mine = await uow.api_tokens.of_users([principal.user_id])
        if len(mine.get(principal.user_id, ())) >= MAX_TOKENS:
            text = f"A user has at most {MAX_TOKENS} API tokens: revoke one that is not used any more."
            raise DomainError(ErrorCode.LIMIT, text)
        await uow.api_tokens.add(token)

    await database.write(work)
    return token, secret


async def revoke_api_token(database: Database, principal: Principal, token_id: str) -> None:
    """Nobody signs in by it from now on. Raises NOT_FOUND for what is no token of the caller's."""

    async def work(uow: UnitOfWork) -> None:
        token = await uow.api_tokens.get(token_id)
        if token is None or token.user_id != principal.user_id:
            raise not_found("API token")
        await uow.api_tokens.remove(token.id)

    await database.write(work)


def is_api_token(secret: str) -> bool:
    """True for what claims to be one of ours."""
    return secret.startswith(PREFIX)


def digest_of_secret(secret: str) -> str:
    """What a token is found by: its secret is kept nowhere."""
    # A fast digest is enough: nobody guesses 256 random bits.
    return hashlib.sha256(secret.encode()).hexdigest()


def principal_by_token(token: ApiToken | None, user: User | None, now: datetime) -> Principal:
    """The principal that a token stands for, which is `user`'s. Raises UNAUTHENTICATED for one that is unknown, revoked
    or expired."""
    if token is None or user is None:
        raise _unauthenticated("The API token is not valid here: it was revoked, or never made.")
    if token.expires_at is not None and token.expires_at <= now:
        raise _unauthenticated("The API token has expired: make a new one.")
    return Principal(user.id, user.email, token.scope)


async def note_use(database: Database, token: ApiToken, now: datetime) -> None:
    """Writes down, at most once a minute, that the token was used."""
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        await database.write(lambda uow: uow.api_tokens.note_use(token.id, now, now - USE_NOTED_EVERY))


def _checked_expiry(at: datetime | None, now: datetime) -> datetime | None:
    if at is None:
        return None
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    if not now < aware <= now + MAX_VALID:
        text = "A token expires within the next ten years; leave the time out for one that is good until it is revoked."
        raise invalid(text, "input", "expiresAt")
    return aware.astimezone(UTC)


def _unauthenticated(message: str) -> DomainError:
    return DomainError(ErrorCode.UNAUTHENTICATED, message)
