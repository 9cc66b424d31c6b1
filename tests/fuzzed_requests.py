"""HTTP requests and WebSocket frames made at random: GraphQL documents, envelopes that are none, and plain noise."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

from fuzzed_documents import NUMBERS, TEXTS, Documents, Operation
from spoiled_documents import spoiled

_JSON = "application/json"
_TYPES = (
    _JSON,
    "application/json; charset=utf-16",
    "application/json;charset=\xff",
    "application/graphql",
    "application/graphql-response+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "text/plain",
    "text/html",
    "image/jpeg",
    "application/octet-stream",
    "*/*",
    ";;;",
    "",
)
_ACCEPTS = (
    "*/*",
    _JSON,
    "application/graphql-response+json",
    "text/html",
    "text/event-stream",
    "multipart/mixed",
    "image/*;q=0",
    "a/b;q=NaN",
    ",,,",
)
_METHODS = ("POST", "POST", "POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND")
_PREFLIGHT = "GraphQL-Require-Preflight"
_SCALARS: tuple[Any, ...] = (None, True, 5, -1, 1e308, float("nan"), float("inf"), 10**40, "", "text", [], {}, [[]])


@dataclass(frozen=True, slots=True)
class FuzzedRequest:
    method: str
    path: str
    headers: dict[str, str]
    content: bytes

    def encoded(self, token: str | None) -> bytes:
        """As it goes over the wire, from the one who has that token."""
        headers = {"Host": "127.0.0.1", **self.headers, "Content-Length": str(len(self.content))}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.content

    def told(self) -> str:
        """In short, for a failure."""
        return f"{self.method} {self.path} {self.headers} {self.content[:2000]!r}"


def dumped(value: Any) -> bytes:
    """As JSON, NaN and halves of surrogate pairs too."""
    return json.dumps(value).encode()


@dataclass(slots=True)
class Requests:
    documents: Documents
    random: Random
    _known: deque[Operation] = field(init=False, default_factory=lambda: deque(maxlen=100))

    def request(self) -> FuzzedRequest:
        """The next one."""
        (make,) = self.random.choices(
            (self._operation, self._spoiled, self._envelope, self._multipart, self._noise), (20, 22, 32, 6, 20)
        )
        return make()

    def _headers(self, content_type: str = _JSON) -> dict[str, str]:
        headers = {"Content-Type": content_type}
        if self.random.random() < 0.25:
            headers["Accept"] = self.random.choice(_ACCEPTS)
        if self.random.random() < 0.03:
            headers["Host"] = self.random.choice(("evil.example", "localhost:1", "[::1", "a b", "x" * 300, ""))
        if self.random.random() < 0.1:
            headers["Origin"] = self.random.choice(("null", "http://evil.example", "://", "\xff"))
        return headers

    def _operation(self) -> FuzzedRequest:
        if self._known and self.random.random() < 0.6:
            operation = self.documents.again(self.random.choice(self._known))
        else:
            operation = self.documents.operation()
            self._known.append(operation)
        if operation.kind != "mutation" and self.random.random() < 0.1:
            return self._address(operation)
        return FuzzedRequest("POST", "/graphql", self._headers(), dumped(operation.payload()))

    def _address(self, operation: Operation) -> FuzzedRequest:
        variables = dumped(operation.variables).decode()
        if self.random.random() < 0.1:
            variables = self.random.choice(("NaN", "[1]", "{", "5", '"text"', "%ff"))
        given = urlencode({"query": operation.query, "variables": variables})
        return FuzzedRequest("GET", f"/graphql?{given}", {**self._headers(), _PREFLIGHT: "1"}, b"")

    def _spoiled(self) -> FuzzedRequest:
        operation = self.documents.operation()
        payload = {**operation.payload(), "query": spoiled(operation.query, self.random)}
        return FuzzedRequest("POST", "/graphql", self._headers(), dumped(payload))

    def envelope(self) -> Any:
        """What stands where an operation should."""
        payload: Any = self.documents.operation().payload()
        match self.random.randrange(6):
            case 0:
                return self._strange()
            case 1:
                return [payload] * self.random.choice((1, 2, 20))
            case 2:
                return {**payload, self.random.choice(("query", "variables", "operationName")): self._strange()}
            case 3:
                return {**payload, "extensions": self._strange()}
            case 4:
                return {**payload, "variables": {name: self._strange() for name in payload["variables"] or ("v0",)}}
        return {self.random.choice(("query", "Query", "", "id", "documentId")): self._strange()}

    def _strange(self) -> Any:
        return self.random.choice((*_SCALARS, *TEXTS, *NUMBERS, "\ud800", {"query": "{ __typename }"}, ["{ viewer }"]))

    def _envelope(self) -> FuzzedRequest:
        return FuzzedRequest("POST", "/graphql", self._headers(), dumped(self.envelope()))

    def _multipart(self) -> FuzzedRequest:
        operation = self.documents.operation().payload()
        operations = self.random.choice(
            (operation, operation, {**operation, "variables": {"v0": None}}, self._strange())
        )
        places = self.random.choice(
            ({}, {"0": ["variables.v0"]}, {"0": ["query"]}, {"0": [5]}, {"0": 5}, self._strange())
        )
        parts = [
            ("operations", None, dumped(operations)),
            ("map", None, dumped(places)),
            ("0", "a.jpg", b"\xff\xd8\xff"),
        ]
        if self.random.random() < 0.5:
            parts.pop(self.random.randrange(3))
        headers = self._headers("multipart/form-data; boundary=fuzz")
        if self.random.random() < 0.8:
            headers[_PREFLIGHT] = "1"
        content = _parts(parts)
        if self.random.random() < 0.2:
            content = content[: self.random.randrange(len(content) + 1)]
        return FuzzedRequest("POST", "/graphql", headers, content)

    def _noise(self) -> FuzzedRequest:
        path = self.random.choice(("/graphql",) * 8 + ("/graphql/", "/graphql?query={x}&%ff", "/", "/objects/x"))
        headers = self._headers(self.random.choice(_TYPES))
        if self.random.random() < 0.1:
            headers["Content-Encoding"] = self.random.choice(("gzip", "br", "identity"))
        return FuzzedRequest(self.random.choice(_METHODS), path, headers, self.noise())

    def noise(self) -> bytes:
        """Bytes, some of which begin as JSON does."""
        valid = dumped(self.documents.operation().payload())
        match self.random.randrange(7):
            case 0:
                return self.random.randbytes(self.random.choice((0, 1, 10, 1000, 60_000)))
            case 1:
                return valid[: self.random.randrange(len(valid) + 1)]
            case 2:
                return b"[" * self.random.choice((10, 1_000, 100_000))
            case 3:
                return b'{"query":' * self.random.choice((1, 500, 20_000))
            case 4:
                return (
                    b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * self.random.choice((30, 5_000)) + b"}}"
                )
            case 5:
                place = self.random.randrange(len(valid))
                return valid[:place] + self.random.randbytes(3) + valid[place:]
        return valid

    def no_http(self) -> bytes:
        """What a server of HTTP is sent by those who do not speak it."""
        request = self.request().encoded(None)
        match self.random.randrange(8):
            case 0:
                return self.random.randbytes(self.random.choice((1, 100, 10_000)))
            case 1:
                return request.replace(
                    b"Content-Length: ", self.random.choice((b"Content-Length: -", b"Content-Length: 9"))
                )
            case 2:
                return request.replace(b"Host:", b"Transfer-Encoding: chunked\r\nHost:")
            case 3:
                return request.replace(b"HTTP/1.1", self.random.choice((b"HTTP/2.0", b"HTTP/0.9", b"", b"SPDY")), 1)
            case 4:
                return request.replace(b"\r\n", b"\n" * self.random.choice((1, 3)), 1)
            case 5:
                return b"GET /" + b"a" * self.random.choice((100, 70_000)) + b" HTTP/1.1\r\nHost: x\r\n\r\n"
            case 6:
                return request[: self.random.randrange(len(request))]
        return b"POST /graphql HTTP/1.1\r\n" + b"X: y\r\n" * self.random.choice((500, 20_000)) + b"\r\n"

    def frame(self) -> str | bytes:
        """A WebSocket message; as text, unless it is no UTF-8."""
        operation = self.documents.operation()
        id_: Any = self.random.choice("123456")
        message: Any = {"type": "subscribe", "id": id_, "payload": operation.payload()}
        match self.random.randrange(24):
            case 0:
                return self.noise()
            case 1:
                message = self._strange()
            case 2:
                message["type"] = self._strange()
            case 3:
                message["id"] = self.random.choice(("", "x" * 2_000, *_SCALARS))
            case 4:
                message["payload"] = self.envelope()
            case 5:
                del message[self.random.choice(("type", "id", "payload"))]
            case 6:
                message = {"type": self.random.choice(("next", "error", "connection_init")), "id": id_}
            case 7 | 8:
                message = {"type": self.random.choice(("ping", "pong")), "payload": self._strange()}
            case 9 | 10 | 11 | 12:
                message = {"type": "complete", "id": id_}
            case 13 | 14 | 15:
                message["payload"]["query"] = spoiled(operation.query, self.random)
        return dumped(message).decode()


def _parts(parts: list[tuple[str, str | None, bytes]]) -> bytes:
    lines = []
    for name, filename, content in parts:
        file = f'; filename="{filename}"' if filename else ""
        lines += [b"--fuzz", f'Content-Disposition: form-data; name="{name}"{file}'.encode(), b"", content]
    return b"\r\n".join([*lines, b"--fuzz--", b""])
