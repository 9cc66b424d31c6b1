"""Who is let in by a token of an organisation's sign-in, whose keys are fetched from JWKS_URL."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed

from adapters.settings import load_settings
from adapters.sign_in import TokenRejectedError, TokenSigner
from adapters.token_reader import open_token_reader
from key_server import AUDIENCE, ISSUER, KeyServer, SigningKey, claims, ec_key, ed25519_key, in_seconds, rsa_key
from seeds import add_user
from stack import PATIENCE, SECRET, Stack, codes, hello, running_api

VIEWER = "{ viewer { id email name } }"

RSA = rsa_key()
P256, P384, ED25519 = ec_key("p256", ec.SECP256R1()), ec_key("p384", ec.SECP384R1()), ed25519_key()
FIXED = SigningKey("fixed", RSA.private)
"""For RS256 alone, as its set says."""
STRANGER = rsa_key("stranger", 1)


@dataclass(frozen=True)
class Organisation:
    """The API, and the server of the keys that it asks."""

    api: Stack
    keys: KeyServer

    async def lets_in(self, token: str) -> bool:
        answer = await self.api.bearer(token).ask(VIEWER)
        assert token not in json.dumps(answer)
        if "errors" not in answer:
            return True
        assert codes(answer) == ["UNAUTHENTICATED"]
        return False


@pytest.fixture
async def organisation(sqlite_url: str, embedded_redis_url: str, tmp_path: Path) -> AsyncIterator[Organisation]:
    """All keys but the stranger's are published."""
    async with KeyServer().running() as keys:
        keys.publish(RSA, P256, P384, ED25519, {**FIXED.jwk, "alg": "RS256", "use": "sig"})
        places = (tmp_path / "data", sqlite_url, embedded_redis_url)
        async with running_api(*places, jwks_url=keys.url, jwt_issuer=ISSUER, jwt_audience=AUDIENCE) as api:
            yield Organisation(api, keys)


async def test_every_algorithm_signs_in(organisation: Organisation) -> None:
    of_rsa = [(RSA, f"{kind}{bits}") for kind in ("RS", "PS") for bits in (256, 384, 512)]
    for key, algorithm in [*of_rsa, (P256, "ES256"), (P384, "ES384"), (ED25519, "EdDSA"), (FIXED, "RS256")]:
        said = claims()
        answer = await organisation.api.bearer(key.token(algorithm, said)).data(VIEWER)
        assert answer == {"id": said["sub"], "email": said["email"], "name": "Rosa"}, algorithm
    assert organisation.keys.asked == 1


async def test_tokens_of_our_own_secret_and_api_tokens_go_on_beside(organisation: Organisation) -> None:
    user = await add_user(organisation.api.database)
    owner = organisation.api.caller(user)
    made = """mutation { createApiToken(input: {name: "script", scope: READ}) { secret } }"""
    secret = (await owner.data(made))["secret"]
    assert (await organisation.api.bearer(secret).data(VIEWER))["id"] == user.id
    assert organisation.keys.asked == 0


async def test_who_has_both_is_one_user(organisation: Organisation) -> None:
    user = await add_user(organisation.api.database)
    said = claims(sub=user.id, email=user.email)
    assert (await organisation.api.bearer(RSA.token("RS256", said)).data(VIEWER))["id"] == user.id


async def test_clocks_may_differ_a_little_and_a_token_may_be_for_several(organisation: Organisation) -> None:
    for change in (
        {"exp": in_seconds(-10)},
        {"nbf": in_seconds(10), "iat": in_seconds(10)},
        {"aud": ["another", AUDIENCE]},
        {"email_verified": True},
        {"name": None},
    ):
        assert await organisation.lets_in(RSA.token("RS256", claims(**change))), change


async def test_what_a_token_says_has_to_be_for_this_server_and_now(organisation: Organisation) -> None:
    for change in (
        {"iss": None},
        {"iss": "https://login.example.org/other"},
        {"iss": f"{ISSUER}/"},
        {"iss": [ISSUER]},
        {"aud": None},
        {"aud": ""},
        {"aud": "another"},
        {"aud": AUDIENCE[:-1]},
        {"aud": ["another"]},
        {"aud": {AUDIENCE: True}},
        {"exp": None},
        {"exp": in_seconds(-60)},
        {"exp": "tomorrow"},
        {"nbf": in_seconds(60)},
        {"iat": in_seconds(60)},
        {"iat": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 192},
        {"sub": 5},
        {"email": None},
        {"email": ""},
        {"email": ["rosa@example.org"]},
        {"email_verified": False},
        {"email_verified": "false"},
    ):
        for key, algorithm in ((RSA, "RS256"), (ED25519, "EdDSA")):
            assert not await organisation.lets_in(key.token(algorithm, claims(**change))), change


async def test_why_a_signed_token_is_refused_stands_in_the_log(organisation: Organisation) -> None:
    with capture_logs() as logged:
        token = RSA.token("RS256", claims(aud="another"))
        assert not await organisation.lets_in(token)
        assert not await organisation.lets_in(STRANGER.token("RS256", claims(), kid="rsa"))
    (line,) = (line for line in logged if line["event"] == "token_refused")
    assert "udience" in line["reason"]
    assert token not in str(logged)


async def test_a_signature_is_by_the_key_that_is_named(organisation: Organisation) -> None:
    head, body, signature = RSA.token("RS256", claims()).split(".")
    _, other, _ = RSA.token("RS256", claims()).split(".")
    forged = [
        STRANGER.token("RS256", claims(), kid="rsa"),
        STRANGER.token("RS256", claims(), kid=None),
        STRANGER.token("RS256", claims(), kid="rsa", jwk=STRANGER.jwk),
        STRANGER.token("RS256", claims(), kid="stranger", jku=organisation.keys.url),
        RSA.token("RS256", claims(), kid="p256"),
        RSA.token("RS512", claims(), kid="fixed"),
        P256.token("ES256", claims(), kid="p384"),
        P256.token("ES256", claims(), kid="rsa"),
        RSA.token("RS256", claims(), crit=["exp"]),
        f"{head}.{other}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-8]}",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.{signature}",
    ]
    for token in forged:
        assert not await organisation.lets_in(token), token
    assert await organisation.lets_in(f"{head}.{body}.{signature}")


async def test_no_public_key_is_a_secret(organisation: Organisation) -> None:
    public = RSA.private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = [
        pem,
        pem.strip(),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(RSA.jwk).encode(),
        RSA.jwk["n"].encode(),
        organisation.keys.body,
        b"",
    ]
    assert jwt.decode(signed_by_hand("HS256", b"s" * 32, "rsa"), b"s" * 32, ["HS256"], audience=AUDIENCE)
    for secret in secrets:
        for kid in ("rsa", None):
            assert not await organisation.lets_in(signed_by_hand("HS256", secret, kid)), secret
    for name in ("HS512", "none", "NONE", "", "HS256 ", "ES256K", "RS256, none", ["RS256"], {"alg": "RS256"}, None, 5):
        assert not await organisation.lets_in(signed_by_hand(name, pem, "rsa")), name
        assert not await organisation.lets_in(signed_by_hand(name, b"", "rsa", signature=b"")), name


def signed_by_hand(algorithm: Any, secret: bytes, kid: str | None, signature: bytes | None = None) -> str:
    """A token that no library would make; without a signature given, by HMAC with SHA-256."""
    said = {**claims(), "exp": int(in_seconds(3600).timestamp())}
    header = {"alg": algorithm} if kid is None else {"alg": algorithm, "kid": kid}
    start = b".".join(_part(json.dumps(one).encode()) for one in (header, said))
    if signature is None:
        made = hmac.HMAC(secret or b"\0", hashes.SHA256())
        made.update(start)
        signature = made.finalize()
    return (start + b"." + _part(signature)).decode()


def _part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


async def test_keys_change_while_the_server_runs(organisation: Organisation) -> None:
    before = RSA.token("RS256", claims())
    assert await organisation.lets_in(before)
    organisation.keys.publish(STRANGER)
    assert await organisation.lets_in(STRANGER.token("PS256", claims()))
    assert not await organisation.lets_in(before)


async def test_two_keys_of_one_name_and_one_of_none(organisation: Organisation) -> None:
    nameless = ed25519_key(None)
    organisation.keys.publish(SigningKey("rsa", STRANGER.private), RSA, nameless, ED25519)
    for token in (
        RSA.token("RS256", claims()),
        STRANGER.token("RS256", claims(), kid="rsa"),
        nameless.token("EdDSA", claims()),
        ED25519.token("EdDSA", claims(), kid=None),
    ):
        assert await organisation.lets_in(token)
    assert not await organisation.lets_in(nameless.token("EdDSA", claims(), kid="ed25519"))


async def test_a_flood_of_unknown_keys_is_no_flood_at_the_server_of_keys(organisation: Organisation) -> None:
    said = claims()
    flood = [STRANGER.token("RS256", said, kid=f"made up {number}") for number in range(60)]
    answers = await asyncio.gather(*(organisation.lets_in(token) for token in flood))
    assert not any(answers)
    assert organisation.keys.asked <= 2
    assert await organisation.lets_in(RSA.token("RS256", claims()))


async def test_without_any_keys_the_refusal_says_so_and_the_secret_still_signs_in(organisation: Organisation) -> None:
    organisation.keys.status = 503
    answer = await organisation.api.bearer(RSA.token("RS256", claims())).ask(VIEWER)
    assert codes(answer) == ["UNAUTHENTICATED"]
    assert "cannot be fetched now" in answer["errors"][0]["message"]
    user = await add_user(organisation.api.database)
    assert (await organisation.api.caller(user).data(VIEWER))["id"] == user.id


async def test_a_websocket_signs_in_and_every_operation_asks_again(organisation: Organisation) -> None:
    said = claims()
    good = {"Authorization": f"Bearer {RSA.token('RS256', said)}"}
    async with organisation.api.caller(None).connected() as wire:
        await hello(wire, good)
        assert await viewer_over(wire, "1") == said["sub"]
        organisation.keys.publish(STRANGER)
        newcomer = STRANGER.token("RS256", claims())
        assert await organisation.lets_in(newcomer)  # the set without the old key is known from now on
        assert await viewer_over(wire, "2") is None
    for token in (RSA.token("RS256", said), STRANGER.token("RS256", claims(exp=in_seconds(-60)))):
        async with asyncio.timeout(PATIENCE), organisation.api.caller(None).connected() as wire:
            first = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
            await wire.send(json.dumps(first))
            with pytest.raises(ConnectionClosed) as closed:
                await wire.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


async def viewer_over(wire: Any, number: str) -> str | None:
    """The viewer's id, or None for who is not let in any more."""
    await wire.send(json.dumps({"id": number, "type": "subscribe", "payload": {"query": VIEWER}}))
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = json.loads(await wire.recv())
            if answer["type"] in ("next", "error") and answer["id"] == number:
                break
    data = answer["payload"].get("data") if answer["type"] == "next" else None
    return data["viewer"]["id"] if data else None


@pytest.mark.parametrize(("secret", "lets_in"), [("", False), (SECRET, True)])
async def test_the_data_folder_s_secret_signs_nobody_in_beside_keys(tmp_path: Path, secret: str, lets_in: bool) -> None:
    """It goes on signing addresses of objects, and may lie there since the development sign-in."""
    async with KeyServer().running() as keys:
        keys.publish(RSA)
        settings = load_settings(
            host="0.0.0.0",
            data_dir=tmp_path,
            jwt_secret=secret,
            jwks_url=keys.url,
            jwt_issuer=ISSUER,
            jwt_audience=AUDIENCE,
        )
        assert not settings.development_sign_in
        signer = TokenSigner(settings.signing_secret())
        token = jwt.encode(claims(iss="any", aud=None), settings.signing_secret(), algorithm="HS256")
        async with open_token_reader(settings, signer) as reader:
            said = claims()
            assert (await reader.read(RSA.token("RS256", said))).user_id == said["sub"]
            try:
                await reader.read(token)
            except TokenRejectedError:
                assert not lets_in
            else:
                assert lets_in
