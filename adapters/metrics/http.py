"""GET /metrics."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from adapters.metrics.registry import REGISTRY
from adapters.sign_in import TokenRejectedError, bearer


def metrics_route(token: str, refresh: Callable[[], Awaitable[None]]) -> Route:
    """The metrics of this process as Prometheus reads them, once `refresh` has brought them up to date; for those alone
    who send the token, where it is not empty."""

    async def scrape(request: Request) -> Response:
        if token and not _sent(request, token):
            text = "Send METRICS_TOKEN as `Authorization: Bearer <token>`.\n"
            return PlainTextResponse(text, 401, {"WWW-Authenticate": "Bearer"})
        await refresh()
        return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Route("/metrics", scrape, methods=["GET"])


def _sent(request: Request, token: str) -> bool:
    try:
        given = bearer(request.headers.get("authorization", ""))
    except TokenRejectedError:
        return False
    return hmac.compare_digest(given.encode("latin-1"), token.encode())
