"""A JSON Web Key Set (RFC 7517): the public keys of an organisation's sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import orjson
from jwt.algorithms import AllowedPublicKeys

MAX_KEYS = 100
"""Of a set; a token may have to be held against each."""

_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
# By kty and crv. No key signs by HS256, which a public key must never be the secret of.
_ALGORITHMS: Mapping[tuple[object, object], frozenset[str]] = {
    ("RSA", None): _RSA,
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA"}),
}
ALGORITHMS = frozenset[str]().union(*_ALGORITHMS.values())
"""What tokens may be signed by."""


class KeySetError(Exception):
    """What should be a key set is none; the message says why."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key, its name in the set (`kid`), and the algorithms that its signatures may be made by."""

    kid: str | None
    key: AllowedPublicKeys
    algorithms: frozenset[str]


def read_key_set(body: bytes) -> tuple[VerificationKey, ...]:
    """The keys of a set that signatures can be checked with; as the RFC asks, others are passed over. Raises
    KeySetError."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise KeySetError("the answer is no JSON") from error
    members = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(members, list):
        raise KeySetError('the answer has no list "keys", as a JSON Web Key Set does')
    if len(members) > MAX_KEYS:
        raise KeySetError(f"the set has more than {MAX_KEYS} keys")
    found = (_key(member) for member in members if isinstance(member, dict))
    return tuple(key for key in found if key is not None)


def _key(member: dict[str, Any]) -> VerificationKey | None:
    algorithms = _algorithms(member)
    kid = member.get("kid")
    if not algorithms or not isinstance(kid, str | None):
        return None
    try:
        key = jwt.PyJWK(member, min(algorithms))
    except (jwt.PyJWTError, TypeError, ValueError):  # what it raises for members of wrong types and sizes
        return None
    too_short = key.Algorithm.check_key_length(key.key) is not None
    return None if too_short else VerificationKey(kid, key.key, algorithms)


def _algorithms(member: dict[str, Any]) -> frozenset[str]:
    """What the key may have signed by; nothing for one that is for other uses, or that is no secret any more."""
    kind, curve, named = member.get("kty"), member.get("crv"), member.get("alg")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return frozenset()
    able = _ALGORITHMS.get((kind, curve), frozenset())
    operations = member.get("key_ops", ["verify"])
    verifies = member.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    if not verifies or "d" in member:  # the private key, for everybody to read
        return frozenset()
    return able if named is None else frozenset(one for one in able if one == named)
