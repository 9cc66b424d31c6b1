"""The endpoint that serves the schema: over HTTP, as server-sent events, and over graphql-transport-ws.

Over HTTP it follows the GraphQL over HTTP draft. A subscription streams where the answer may be `text/event-stream`, in
the distinct connections form of graphql-sse (github.com/enisdenjo/graphql-sse, PROTOCOL.md).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import timedelta
from functools import partial
from typing import Any, cast

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, process_result
from strawberry.http.streaming import SSETransport
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult, SubscriptionExecutionResult
from strawberry.types.graphql import OperationType

from domain.ports import OperationStatus
from resolvers.drain import CutOffError, Drain
from resolvers.graphql import Schema
from resolvers.http_request import Asked, RefusedRequestError, read_request
from resolvers.limits import Limits
from resolvers.observing import UNKNOWN
from resolvers.request_id import request_id
from resolvers.websocket import Connection, Socket
from schema.context import Context

_INIT_SECONDS = 10
_LAST_WORDS_SECONDS = 1
_RESPONSE, _JSON, _EVENTS = "application/graphql-response+json", "application/json", "text/event-stream"
_ANY = {"*/*": _JSON, "application/*": _JSON}
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_log = structlog.get_logger(__name__)


class GraphQLEndpoint(GraphQL[Context, None]):
    """`create` makes the surroundings of one operation, or of a connection, which lasts; `admit` fills in who an
    Authorization value stands for. Pages of `origins` may connect, beside those of the server's own. Streams end with
    `drain`. Each operation of a WebSocket connection runs within `operation_of_connection` of its number."""

    graphql_transport_ws_handler_class = Connection
    websocket_adapter_class = Socket  # type: ignore[assignment]

    def __init__(
        self,
        schema: Schema,
        create: Callable[[bool], Context],
        admit: Callable[[Context, str | None], Awaitable[None]],
        limits: Limits,
        origins: Sequence[str],
        drain: Drain,
        operation_of_connection: Callable[[int], AbstractContextManager[None]],
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=_INIT_SECONDS),
            max_subscriptions_per_connection=limits.subscriptions,
            allowed_origins=origins,
        )
        self.limits = limits
        self._create = create
        self._admit = admit
        self._events = SSETransport()
        self._observer = schema.observer
        self._drain = drain
        self.operation_of_connection = operation_of_connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        kind = _answered_with(request.headers.get("accept", ""))
        try:
            async with read_request(request, self.limits) as asked:
                response = await self._answer(request, asked, kind)
                async with self._drain.lasting() if kind == _EVENTS else nullcontext():
                    await response(scope, receive, partial(_send_in_time, send, self.limits.send_seconds))
        except RefusedRequestError as refused:
            response = _refusal(kind, refused.status, refused.message, {"code": refused.code.value})
            await response(scope, receive, send)
        except _StalledError:
            _log.info("reader_cut_off")
        except CutOffError:
            # The answer is whole, but nobody said `complete`: by that a reader knows that its stream goes on elsewhere.
            with suppress(_StalledError):
                end = {"type": "http.response.body", "body": b"", "more_body": False}
                await _send_in_time(send, _LAST_WORDS_SECONDS, end)
        except ClientDisconnect:
            _log.debug("caller_gone")

    async def _answer(self, request: Request, asked: Asked, kind: str) -> Response:
        began = time.perf_counter()
        try:
            context = self._create(kind == _EVENTS)
            await self._sign_in(context, request.headers.get("authorization"))
            if kind == _EVENTS:
                return await self._stream(request, asked, context)
            allowed = OperationType.from_http(request.method) - {OperationType.SUBSCRIPTION}  # type: ignore[arg-type]
            result = await self._execute(asked, context, allowed)
            answer = _encoded(self._told(result))
        except RefusedRequestError:
            raise
        except Exception:
            id_ = request_id()
            _log.exception("internal_error", request_id=id_)
            if self._observer is not None:
                self._observer.answered(UNKNOWN, UNKNOWN, OperationStatus.ERROR, time.perf_counter() - began)
            text = f"Something went wrong on the server (request {id_})."
            return _refusal(kind, 500, text, {"code": "INTERNAL", "requestId": id_})
        status = 400 if kind == _RESPONSE and _never_ran(result) else 200
        return Response(answer, status, _HEADERS, media_type=kind)

    async def _execute(self, asked: Asked, context: Context, allowed: set[OperationType]) -> ExecutionResult:
        try:
            return await self.schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                operation_extensions=asked.extensions,
                allowed_operation_types=allowed,
            )
        except InvalidOperationTypeError as error:
            raise _misplaced(error) from error

    async def _stream(self, request: Request, asked: Asked, context: Context) -> Response:
        result = await self.schema.stream(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            operation_extensions=asked.extensions,
            allowed_operation_types=set(OperationType) if request.method == "POST" else {OperationType.QUERY},
        )
        stream = self._stream_result(request, cast("SubscriptionExecutionResult", result), self._events)
        return StreamingResponse(stream(), headers={**_HEADERS, **self._events.headers})

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        return self._told(result)

    def _told(self, result: ExecutionResult) -> GraphQLHTTPResponse:
        """What never ran has no data, not even null data."""
        told = process_result(result)
        if _never_ran(result):
            del told["data"]
        return told

    def encode_json(self, data: object) -> str:
        return _encoded(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise json.JSONDecodeError(error.msg, error.doc, error.pos) from error

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        return self._create(True)

    async def on_ws_connect(self, context: Context) -> Any:
        params = context.connection_params or {}
        given = next((value for name, value in params.items() if name.lower() == "authorization"), None)
        await self._sign_in(context, given if isinstance(given, str) else None)
        if context.caller is None:
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)

    async def _sign_in(self, context: Context, authorization: str | None) -> None:
        context.authorization = authorization
        context.renew = partial(self._admit, context, authorization)
        await context.renew()


class _StalledError(Exception):
    """Who asked takes nothing of the answer."""


async def _send_in_time(send: Send, seconds: float, message: Message) -> None:
    try:
        async with asyncio.timeout(seconds):
            await send(message)
    except TimeoutError as error:
        raise _StalledError from error


def _answered_with(accept: str) -> str:
    """The media type of the answer: the best that is accepted, JSON where none of ours is."""
    weighed = []
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        kind = _ANY.get(name, name)
        if kind in (_RESPONSE, _JSON, _EVENTS):
            weight = next((_weight(one[2:]) for one in parameters if one.startswith("q=")), 1.0)
            weighed.append((weight, kind))
    return max(weighed, key=lambda one: one[0], default=(1.0, _JSON))[1]


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _never_ran(result: ExecutionResult) -> bool:
    """Whether the request was at fault: an error of execution has a path."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


def _misplaced(error: InvalidOperationTypeError) -> RefusedRequestError:
    if error.operation_type is OperationType.SUBSCRIPTION:
        text = "A subscription needs Accept: text/event-stream, or the WebSocket protocol graphql-transport-ws."
        return RefusedRequestError(400, text)
    return RefusedRequestError(405, "A GET request is for queries; send mutations by POST.")


def _refusal(kind: str, status: int, message: str, extensions: Mapping[str, str]) -> Response:
    body = _encoded({"errors": [{"message": message, "extensions": extensions}]})
    headers = {**_HEADERS, "Allow": "GET, POST"} if status == 405 else _HEADERS
    return Response(body, status, headers, media_type=_JSON if kind == _EVENTS else kind)


def _encoded(data: object) -> bytes:
    try:
        return orjson.dumps(data)
    except TypeError:  # a number of more than 64 bits in a JSON scalar
        return json.dumps(data, separators=(",", ":")).encode()
