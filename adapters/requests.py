"""Every request has an id, which its answer, its log lines and its span bear, in whatever process they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from adapters.tracing import span, within

REQUEST_ID_HEADER, TRACE_HEADER = "X-Request-Id", "traceparent"
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_TRACE = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_GRAPHQL = "/graphql"
_BEGINNINGS = frozenset({"http.response.start", "websocket.accept"})


class Requests:
    """ASGI middleware: takes the id from X-Request-Id where that is well formed, else from `traceparent`, else makes
    one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _id_of(headers)
        # A connection's next request may have been begun by the one before.
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        answer = partial(_answer, send, request_id)
        with within(headers.get(TRACE_HEADER)):
            if scope["type"] == "http" and scope["path"] == _GRAPHQL:
                with span("graphql", request_id=request_id):
                    await self._app(scope, receive, answer)
            else:
                await self._app(scope, receive, answer)


@contextmanager
def operation_of_connection(number: int) -> Iterator[None]:
    """Around one of the operations of a WebSocket connection, in a task of its own: a request by itself, whose id is
    the connection's with a number."""
    request_id = f"{get_contextvars().get('request_id')}.{number}"
    bind_contextvars(request_id=request_id)
    with span("graphql", request_id=request_id):
        yield


async def _answer(send: Send, request_id: str, message: Message) -> None:
    if message["type"] in _BEGINNINGS:
        message.setdefault("headers", [])
        MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
    await send(message)


def _id_of(headers: Headers) -> str:
    given = headers.get(REQUEST_ID_HEADER, "")
    if _ID.fullmatch(given):
        return given
    trace = _TRACE.fullmatch(headers.get(TRACE_HEADER, ""))
    return trace[1] if trace else uuid4().hex
