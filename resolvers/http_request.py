"""What a GraphQL request over HTTP asks for, read with limits and without trust.

The GraphQL over HTTP draft (graphql.github.io/graphql-over-http) and the GraphQL multipart request specification
(github.com/jaydenseric/graphql-multipart-request-spec). A request that a foreign page could send without asking first
(GET, multipart) needs the header that makes the browser ask.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive
from strawberry.file_uploads.utils import replace_placeholders_with_files
from strawberry.http.parse_content_type import parse_content_type

from domain.errors import ErrorCode
from resolvers.limits import Limits

PREFLIGHT = "graphql-require-preflight"
"""Its presence is enough: no page of another origin can send it unless we say so."""
_MAX_FILES = 10


class RefusedRequestError(Exception):
    """It is no GraphQL request that this server takes; `status` is the HTTP status of the answer."""

    def __init__(self, status: int, message: str, code: ErrorCode = ErrorCode.BAD_USER_INPUT) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


@asynccontextmanager
async def read_request(request: Request, limits: Limits) -> AsyncIterator[Asked]:
    """The operation that is asked for; files that came with it are there while this is open. Raises
    RefusedRequestError."""
    if request.method == "GET":
        _require_preflight(request, "A GET request")
        yield _asked(_from_address(request))
        return
    if request.method != "POST":
        raise RefusedRequestError(405, "GraphQL takes POST, and GET for queries.")
    kind, parameters = parse_content_type(request.headers.get("content-type", ""))
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise RefusedRequestError(415, "The body must be UTF-8.")
    if kind == "application/json":
        yield _asked(_json(await _body(request, limits.body_bytes)))
    elif kind == "multipart/form-data":
        _require_preflight(request, "A multipart request")
        async with _multipart(request, limits) as operations:
            yield _asked(operations)
    else:
        raise RefusedRequestError(415, "Send JSON with Content-Type: application/json, files as multipart/form-data.")


def _require_preflight(request: Request, what: str) -> None:
    if PREFLIGHT not in request.headers:
        raise RefusedRequestError(400, f"{what} needs the header GraphQL-Require-Preflight: 1.")


def _asked(given: object) -> Asked:
    """Raises RefusedRequestError for parameters of the wrong types."""
    if isinstance(given, list):
        raise RefusedRequestError(400, "One operation a request: batches are not taken.")
    if not isinstance(given, dict):
        raise RefusedRequestError(400, 'A request is a JSON object, as {"query": "{ viewer { name } }"}.')
    query, name = given.get("query"), given.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise RefusedRequestError(400, "query must be the text of an operation.")
    if not isinstance(name, str | None):
        raise RefusedRequestError(400, "operationName must be a string or null.")
    for field in ("variables", "extensions"):
        if not isinstance(given.get(field), dict | None):
            raise RefusedRequestError(400, f"{field} must be an object or null.")
    return Asked(query, given.get("variables"), name or None, given.get("extensions"))


def _from_address(request: Request) -> dict[str, object]:
    given: dict[str, object] = dict(request.query_params)
    for field in ("variables", "extensions"):
        if given.get(field):
            given[field] = _json(str(given[field]).encode())
        else:
            given.pop(field, None)
    return given


def _json(text: bytes) -> object:
    """Half a surrogate pair, NaN and nesting without end are no JSON to orjson."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RefusedRequestError(400, f"That is no JSON: {error}.") from error


async def _body(request: Request, limit: int) -> bytes:
    whole = bytearray()
    async for chunk in limited(request, limit).stream():
        whole += chunk
    return bytes(whole)


@asynccontextmanager
async def _multipart(request: Request, limits: Limits) -> AsyncIterator[object]:
    """The operations, with each file where the map puts it."""
    form = limited(request, limits.upload_bytes).form(
        max_files=_MAX_FILES, max_fields=_MAX_FILES, max_part_size=limits.body_bytes
    )
    try:
        async with form as parts:
            fields = {name: part for name, part in parts.items() if isinstance(part, str)}
            files = {name: part for name, part in parts.items() if not isinstance(part, str)}
            operations = _json(fields.get("operations", "").encode())
            yield _with_files(operations, _json(fields.get("map", "{}").encode()), files)
    except HTTPException as error:
        raise RefusedRequestError(400, f"The multipart body cannot be read: {error.detail}") from error


def _with_files(operations: object, places: object, files: Mapping[str, object]) -> object:
    if not isinstance(operations, dict):
        return operations
    try:
        return replace_placeholders_with_files(operations, places, files)  # type: ignore[arg-type]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RefusedRequestError(400, "map must name, for each file, the null in operations that it takes.") from error


def limited(request: Request, limit: int) -> Request:
    """The request, which ends with RefusedRequestError where its body is longer than `limit` bytes."""
    text = f"A request has at most {limit:,} bytes; images go by requestUploads."
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > limit:
        raise RefusedRequestError(413, text)
    return Request(request.scope, _limited(request.receive, limit, text))


def _limited(receive: Receive, limit: int, text: str) -> Receive:
    taken = 0

    async def receive_and_count() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise RefusedRequestError(413, text)
        return message

    return receive_and_count
