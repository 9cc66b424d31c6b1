"""The application of the GPU host's HTTP face."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.sign_in import TokenRejectedError, bearer
from domain.errors import ErrorCode
from domain.ports import Database, ObjectStore
from workers.gpu_http.leases import LeaseCalls
from workers.gpu_http.refusals import refusal_of, refused
from workers.gpu_http.yolo import YoloCalls
from workers.gpu_lending import GpuLending
from workers.gpu_report import HostReport
from workers.inference import Inference

Call = Callable[[Request], Awaitable[dict[str, Any]]]


def gpu_host_app(
    secret: str, database: Database, store: ObjectStore, inference: Inference, lending: GpuLending, report: HostReport
) -> Starlette:
    """The application; who does not send `secret` as the bearer token is told nothing, not even what there is."""
    yolo = YoloCalls(database, store, inference, lending, report)
    leases = LeaseCalls(lending)
    calls: list[tuple[str, str, Call]] = [
        ("POST", "/api/v1/yolo/detect", yolo.detect),
        ("POST", "/api/v1/yolo/load", yolo.load),
        ("POST", "/api/v1/yolo/unload", yolo.unload),
        ("GET", "/api/v1/yolo/status", yolo.status),
        ("POST", "/api/v1/gpu/acquire", leases.acquire),
        ("POST", "/api/v1/gpu/renew", leases.renew),
        ("POST", "/api/v1/gpu/release", leases.release),
    ]

    def endpoint(call: Call) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                return JSONResponse(await call(request))
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it
            except Exception as error:
                return (await refusal_of(error, database)).response()

        return answer

    async def no_such_call(_: Request, error: Exception) -> Response:
        return (await refusal_of(error, database)).response()

    return Starlette(
        routes=[Route(path, endpoint(call), methods=[method]) for method, path, call in calls],
        middleware=[Middleware(_Lock, secret=secret)],
        exception_handlers={HTTPException: no_such_call},
    )


class _Lock:
    """Lets only those in who know the secret."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        self._app = app
        self._secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            given = bearer(Headers(scope=scope).get("authorization", ""))
            known = hmac.compare_digest(given.encode("latin-1"), self._secret)
        except TokenRejectedError:
            known = False
        if known:
            await self._app(scope, receive, send)
            return
        text = "Send the GPU host's secret (GPU_HTTP_SECRET) as `Authorization: Bearer <secret>`."
        await refused(ErrorCode.UNAUTHENTICATED, text).response()(scope, receive, send)
