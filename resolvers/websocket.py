"""The server's side of graphql-transport-ws (github.com/enisdenjo/graphql-ws, PROTOCOL.md), without trust in the other
side: what it sends may be anything, and it may read nothing of what it is sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message, SubscribeMessage

from domain.errors import ErrorCode
from schema.context import Context

if TYPE_CHECKING:
    from resolvers.endpoint import GraphQLEndpoint

_LONGEST_ID = 200
_log = structlog.get_logger(__name__)


class Socket(ASGIWebSocketAdapter):
    """Cuts a reader off that takes nothing for `send_seconds`, or little more."""

    def __init__(self, view: GraphQLEndpoint, request: WebSocket, response: WebSocket) -> None:
        super().__init__(view, request, response)  # type: ignore[arg-type]  # whose context is typed as None
        self.stalled = False
        self._seconds = view.limits.send_seconds
        self._connection = asyncio.current_task()
        self._sending: dict[int, float] = {}
        self._watch = asyncio.get_running_loop().call_later(self._seconds / 4, self._look)

    async def send_json(self, message: Mapping[str, object]) -> None:
        # No timeout around each of them, which would cost more than most messages do.
        self._sending[id(message)] = time.monotonic()
        try:
            await self.ws.send_text(self.view.encode_json_string(message))
        except (WebSocketDisconnect, RuntimeError) as gone:
            raise WebSocketDisconnected from gone
        finally:
            del self._sending[id(message)]

    async def close(self, code: int, reason: str) -> None:
        """A reason has at most 123 bytes. The server may have closed by itself, on text that is no UTF-8."""
        with suppress(WebSocketDisconnect, RuntimeError):
            await super().close(code, reason.encode()[:123].decode(errors="ignore"))

    def unwatch(self) -> None:
        """The connection is over."""
        self._watch.cancel()

    def _look(self) -> None:
        if any(time.monotonic() - since > self._seconds for since in self._sending.values()):
            self.stalled = True
            if self._connection is not None:
                self._connection.cancel()
        else:
            self._watch = asyncio.get_running_loop().call_later(self._seconds / 4, self._look)


class Connection(BaseGraphQLTransportWSHandler[Context, None]):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._numbers = count(1)

    async def handle(self) -> None:
        socket = cast("Socket", self.websocket)
        try:
            await super().handle()
        except asyncio.CancelledError:
            if not socket.stalled:
                raise
            _log.info("reader_cut_off")
        finally:
            socket.unwatch()

    async def handle_message(self, message: Message) -> None:
        fault = _fault(message)
        if fault is not None:
            await self.handle_invalid_message(fault)
        else:
            await super().handle_message(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Every operation of a connection is asked anew who calls."""
        if self.connection_acknowledged:
            await self.context.renew()
        most = self.max_subscriptions_per_connection
        if most is not None and len(self.operations) >= most and message["id"] not in self.operations:
            text = f"At most {most} operations run at once on one connection: complete one, or open another connection."
            error = {"message": text, "extensions": {"code": ErrorCode.RATE_LIMITED.value}}
            await self.websocket.send_json({"id": message["id"], "type": "error", "payload": [error]})
        else:
            await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        with cast("GraphQLEndpoint", self.view).operation_of_connection(next(self._numbers)):
            await super().run_operation(operation)

    async def handle_task_exception(self, error: Exception) -> None:
        """Who has gone away has done nothing wrong."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    def forget_id(self, id: str) -> None:  # noqa: A002 - the base class's name
        """The client may have completed the operation at the same moment."""
        self.operations.pop(id, None)


def _fault(message: object) -> str | None:
    """What is wrong with a message, if anything."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return "A message is an object with a type"
    if message["type"] in ("subscribe", "complete"):
        id_ = message.get("id")
        if not isinstance(id_, str) or not 0 < len(id_) <= _LONGEST_ID:
            return f"An id has 1 to {_LONGEST_ID} characters"
    return _fault_of_operation(message.get("payload")) if message["type"] == "subscribe" else None


def _fault_of_operation(payload: object) -> str | None:
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return "The payload of subscribe is an object with a query"
    if not isinstance(payload.get("operationName"), str | None):
        return "operationName is a string or null"
    if not isinstance(payload.get("variables"), dict | None):
        return "variables is an object or null"
    return None
