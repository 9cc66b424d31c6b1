"""The endpoint that serves the schema over HTTP and graphql-transport-ws."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage

from resolvers.graphql import Schema
from resolvers.limits import Limits
from schema.context import Context

_INIT_SECONDS = 10
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _Connection(BaseGraphQLTransportWSHandler[Context, None]):
    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Every operation of a connection is asked anew who calls."""
        if self.connection_acknowledged:
            await self.context.renew()
        await super().handle_subscribe(message)


class GraphQLEndpoint(GraphQL[Context, None]):
    """`create` makes the surroundings of one operation, and `admit` fills in who an Authorization value stands for."""

    graphql_transport_ws_handler_class = _Connection

    def __init__(
        self,
        schema: Schema,
        create: Callable[[], Context],
        admit: Callable[[Context, str | None], Awaitable[None]],
        limits: Limits,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=_INIT_SECONDS),
            multipart_uploads_enabled=True,
            max_subscriptions_per_connection=limits.subscriptions,
        )
        self._create = create
        self._admit = admit

    def decode_json(self, data: str | bytes) -> object:
        """Half of a surrogate pair is JSON by its grammar, and no text that can be stored or sent: it is refused like
        what is no JSON."""
        decoded = super().decode_json(data)
        text = data if isinstance(data, str) else data.decode()
        if _SURROGATE.search(text):
            try:
                json.dumps(decoded, ensure_ascii=False).encode()
            except UnicodeEncodeError as error:
                raise json.JSONDecodeError("A lone surrogate is no character", text, 0) from error
        return decoded

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        context = self._create()
        if isinstance(request, Request):
            await self._sign_in(context, request.headers.get("authorization"))
        return context

    async def on_ws_connect(self, context: Context) -> Any:
        params = context.connection_params or {}
        given = next((value for name, value in params.items() if name.lower() == "authorization"), None)
        await self._sign_in(context, given if isinstance(given, str) else None)
        if context.caller is None:
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)

    async def _sign_in(self, context: Context, authorization: str | None) -> None:
        context.renew = partial(self._admit, context, authorization)
        await context.renew()
