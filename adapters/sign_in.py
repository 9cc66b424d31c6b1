"""Bearer tokens: JSON Web Tokens, and those that are signed with HS256."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from domain.models.people import User
from domain.sign_in import Identity

HS256 = "HS256"
REQUIRED_CLAIMS = ("sub", "email", "exp")
NOT_VALID = "The token is not valid here; sign in again."


class TokenRejectedError(Exception):
    """The token is not one of ours, or is over; the message says which and holds nothing of the token."""


class TokenSigner:
    """Makes and reads tokens with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, user: User, valid: timedelta) -> str:
        claims = {"sub": user.id, "email": user.email, "name": user.name, "exp": datetime.now(UTC) + valid}
        return jwt.encode(claims, self._secret, algorithm=HS256)

    def read(self, token: str) -> Identity:
        """Who the bearer is. Raises TokenRejectedError."""
        try:
            claims = jwt.decode(token, self._secret, algorithms=[HS256], options={"require": list(REQUIRED_CLAIMS)})
        except jwt.InvalidTokenError as error:
            raise rejected(error) from error
        return identity_of(claims)


def rejected(error: jwt.InvalidTokenError) -> TokenRejectedError:
    """What the bearer is told of it."""
    if isinstance(error, jwt.ExpiredSignatureError):
        return TokenRejectedError("The token has expired; sign in again.")
    return TokenRejectedError(NOT_VALID)


def identity_of(claims: Mapping[str, Any]) -> Identity:
    """Who the claims of a token whose signature was checked name. Raises TokenRejectedError."""
    user_id, email = claims["sub"], claims["email"]
    if not (isinstance(email, str) and 0 < len(user_id) <= 191 and 0 < len(email) <= 191):
        raise TokenRejectedError("The token names no user; sign in again.")
    if claims.get("email_verified", True) not in (True, "true"):
        # Team owners invite by address: a claimed one would be a way into a team.
        raise TokenRejectedError("The sign-in has not verified your e-mail address: have it do so, then sign in.")
    return Identity(user_id, email, str(claims.get("name") or email.split("@")[0])[:191])


def bearer(header: str) -> str:
    """The token of an `Authorization: Bearer …` value. Raises TokenRejectedError."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenRejectedError("The Authorization must be `Bearer <token>`.")
    return token.strip()
