"""An organisation's sign-in: keys that sign tokens, and a server that publishes them, with every way it can fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import AllowedPrivateKeys, ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from domain.ids import new_id

ISSUER = "https://login.example.org/farm"
AUDIENCE = "agridrone"


@dataclass(frozen=True)
class SigningKey:
    """A key pair, whose public half `jwk` is."""

    kid: str | None
    private: AllowedPrivateKeys

    @property
    def jwk(self) -> dict[str, Any]:
        public = self.private.public_key()
        match public:
            case rsa.RSAPublicKey():
                made: dict[str, Any] = RSAAlgorithm.to_jwk(public, True)
            case ec.EllipticCurvePublicKey():
                made = ECAlgorithm.to_jwk(public, True)
            case _:
                made = OKPAlgorithm.to_jwk(public, True)
        return made if self.kid is None else {**made, "kid": self.kid}

    def token(self, algorithm: str, claims: Mapping[str, Any], **header: Any) -> str:
        """Signed; the header names the key unless told otherwise. A header or claim of None is left out."""
        named = {name: value for name, value in {"kid": self.kid, **header}.items() if value is not None}
        said = {name: _number(value) for name, value in claims.items() if value is not None}
        # Not by jwt.encode, which makes no token that is wrong.
        return jwt.PyJWS().encode(json.dumps(said).encode(), self.private, algorithm, headers=named)


def _number(value: Any) -> Any:
    return int(value.timestamp()) if isinstance(value, datetime) else value


def rsa_key(kid: str | None = "rsa", number: int = 0) -> SigningKey:
    """Keys of equal numbers are equal: to make one takes a while."""
    return SigningKey(kid, _rsa(number))


@cache
def _rsa(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def ec_key(kid: str | None, curve: ec.EllipticCurve) -> SigningKey:
    return SigningKey(kid, ec.generate_private_key(curve))


def ed25519_key(kid: str | None = "ed25519") -> SigningKey:
    return SigningKey(kid, ed25519.Ed25519PrivateKey.generate())


def claims(**changes: Any) -> dict[str, Any]:
    """What the token of somebody new says."""
    id_ = new_id()
    said = {"iss": ISSUER, "aud": AUDIENCE, "sub": id_, "email": f"{id_}@example.org", "name": "Rosa"}
    return {**said, "exp": in_seconds(3600), **changes}


def in_seconds(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


@dataclass
class KeyServer:
    """Answers every request with `status`, `headers` and `body`; with nothing at all while it is `silent`."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    asked: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    def publish(self, *members: SigningKey | Mapping[str, Any]) -> None:
        """The set from now on."""
        self.body = key_set(*members)
        self.status, self.headers, self.silent = 200, {}, False

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[KeyServer]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
        try:
            yield self
        finally:
            server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)
            await server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # the client has gone
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            self.came.set()
            if self.silent:
                await reader.read()
            else:
                named = {"Connection": "close", **self.headers}
                lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
                writer.write(f"HTTP/1.1 {self.status} X\r\n{lines}\r\n".encode() + self.body)
                await writer.drain()
        writer.close()


def key_set(*members: SigningKey | Mapping[str, Any]) -> bytes:
    """As a sign-in publishes them."""
    return json.dumps({"keys": [one.jwk if isinstance(one, SigningKey) else dict(one) for one in members]}).encode()
