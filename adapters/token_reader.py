"""Whom a bearer token stands for, whichever way of signing in it comes from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import jwt
import structlog

from adapters.key_set import ALGORITHMS
from adapters.published_keys import KeysAwayError, PublishedKeys
from adapters.settings import Settings
from adapters.sign_in import HS256, NOT_VALID, REQUIRED_CLAIMS, TokenRejectedError, TokenSigner, identity_of, rejected
from domain.sign_in import Identity

LEEWAY = 30
"""Seconds that the clocks of the sign-in and of this machine may differ by."""

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_token_reader(settings: Settings, signer: TokenSigner) -> AsyncIterator[TokenReader]:
    """The one reader of the process. Nothing is fetched before the first token that needs it."""
    by_secret = signer if settings.signs_in_by_secret else None
    if not settings.jwks_url:
        yield TokenReader(by_secret, None)
        return
    keys = PublishedKeys(settings.jwks_url)
    try:
        yield TokenReader(by_secret, OrganisationSignIn(keys, settings.jwt_issuer, settings.jwt_audience))
    finally:
        await keys.close()


class TokenReader:
    """Reads the tokens of our own secret, and those of an organisation's sign-in; None for what is not set."""

    def __init__(self, signer: TokenSigner | None, organisation: OrganisationSignIn | None) -> None:
        self._signer = signer
        self._organisation = organisation

    async def read(self, token: str) -> Identity:
        """Who the bearer is. Raises TokenRejectedError."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise rejected(error) from error
        # The header chooses who reads; each reader has algorithms and keys of its own, and nothing from the header.
        algorithm = header.get("alg")
        if algorithm == HS256 and self._signer is not None:
            return self._signer.read(token)
        if isinstance(algorithm, str) and algorithm in ALGORITHMS and self._organisation is not None:
            return identity_of(await self._organisation.claims(token, header.get("kid"), algorithm))
        raise TokenRejectedError(NOT_VALID)


@dataclass(frozen=True, slots=True)
class OrganisationSignIn:
    """Whose tokens are signed by keys that it publishes, and name `issuer` and `audience`."""

    keys: PublishedKeys
    issuer: str
    audience: str

    async def claims(self, token: str, kid: str | None, algorithm: str) -> dict[str, Any]:
        """What the token says, of that header. Raises TokenRejectedError."""
        try:
            candidates = await self.keys.candidates(kid, algorithm)
        except KeysAwayError as error:
            text = "The keys of the sign-in cannot be fetched now; try again in a minute."
            raise TokenRejectedError(text) from error
        for key in candidates:
            try:
                return jwt.decode(
                    token,
                    key.key,
                    algorithms=list(key.algorithms),
                    issuer=self.issuer,
                    audience=self.audience,
                    leeway=LEEWAY,
                    options={"require": [*REQUIRED_CLAIMS, "iss", "aud"]},
                )
            except jwt.InvalidSignatureError:  # two keys may have one name, or none
                continue
            except jwt.InvalidTokenError as error:
                if not isinstance(error, jwt.ExpiredSignatureError):
                    # The sign-in's own signature is on it: more often than anything else, JWT_ISSUER or JWT_AUDIENCE
                    # is not what it says.
                    _log.info("token_refused", reason=str(error))
                raise rejected(error) from error
        raise TokenRejectedError(NOT_VALID)
