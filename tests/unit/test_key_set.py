"""Which members of a JSON Web Key Set signatures are checked with, and what is no set at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import RSAAlgorithm

from adapters.key_set import MAX_KEYS, KeySetError, read_key_set
from key_server import SigningKey, ec_key, ed25519_key, key_set, rsa_key

OF_RSA = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}


def test_every_kind_of_key_has_algorithms_of_its_own() -> None:
    curves = [ec_key("p256", ec.SECP256R1()), ec_key("p384", ec.SECP384R1())]
    found = read_key_set(key_set(rsa_key(), *curves, ed25519_key(), {**rsa_key("fixed").jwk, "alg": "PS512"}))
    assert {key.kid: set(key.algorithms) for key in found} == {
        "rsa": OF_RSA,
        "p256": {"ES256"},
        "p384": {"ES384"},
        "ed25519": {"EdDSA"},
        "fixed": {"PS512"},
    }


@pytest.mark.parametrize(
    "spoil",
    [
        lambda jwk: {"kty": "oct", "k": "c2VjcmV0" * 8, "kid": "shared"},
        lambda jwk: {**jwk, "use": "enc"},
        lambda jwk: {**jwk, "key_ops": ["encrypt"]},
        lambda jwk: {**jwk, "key_ops": "verify"},
        lambda jwk: {**jwk, "alg": "RSA-OAEP"},
        lambda jwk: {**jwk, "alg": "none"},
        lambda jwk: {**jwk, "alg": "HS256"},
        lambda jwk: {**jwk, "alg": "ES256"},
        lambda jwk: {**jwk, "alg": ["RS256"]},
        lambda jwk: {**jwk, "kty": ["RSA"]},
        lambda jwk: {**jwk, "kty": "LATER"},
        lambda jwk: {**jwk, "kid": 5},
        lambda jwk: {**jwk, "n": None},
        lambda jwk: {**jwk, "n": 65537},
        lambda jwk: {**jwk, "n": "é"},
        lambda jwk: {**jwk, "e": "AQ"},
        lambda jwk: {name: value for name, value in jwk.items() if name != "n"},
        lambda jwk: ec_key("curve", ec.SECP256K1()).jwk,
        lambda jwk: ec_key("curve", ec.SECP521R1()).jwk,
        lambda jwk: {**ec_key("curve", ec.SECP256R1()).jwk, "crv": "P-384"},
        lambda jwk: {**ec_key("curve", ec.SECP256R1()).jwk, "x": "A" * 43},
        lambda jwk: {**ed25519_key().jwk, "x": "AAAA"},
        lambda jwk: SigningKey("short", rsa.generate_private_key(65537, 1024)).jwk,
        lambda jwk: {**RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048), True), "kid": "private"},
    ],
)
def test_what_no_signature_is_checked_with_is_passed_over(spoil: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    found = read_key_set(key_set(spoil(rsa_key().jwk), ed25519_key("good")))
    assert [key.kid for key in found] == ["good"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"<html><body>Sign in</body></html>",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"keys": null}',
        b'{"keys": {}}',
        b'{"keys": ' + b"[" * 100_000,
        key_set(*[{"kty": "RSA"}] * (MAX_KEYS + 1)),
    ],
)
def test_what_is_no_set_says_so(body: bytes) -> None:
    with pytest.raises(KeySetError, match=r"the (answer|set)"):
        read_key_set(body)


def test_a_set_may_be_empty_and_hold_what_is_no_key() -> None:
    assert read_key_set(b'{"keys": []}') == ()
    assert read_key_set(b'{"keys": [5, null, [], "key", {}]}') == ()
