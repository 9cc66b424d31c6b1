"""The ASGI application and the command line's entry: where everything is put together, and nothing else."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from structlog.contextvars import bind_contextvars

from adapters.annotation_file import TemporaryAnnotationFiles
from adapters.detector import QueueDetector
from adapters.gpu_host_calls import QueueGpuHostCalls
from adapters.gpu_leases import RedisGpuLeases
from adapters.local_files import LocalFiles
from adapters.local_manifests import LocalManifests
from adapters.local_store import LocalStore
from adapters.local_store_http import object_routes
from adapters.metrics.fleet import FleetMetrics
from adapters.metrics.http import metrics_route
from adapters.metrics.registry import watch_disk
from adapters.operation_log import OperationLog
from adapters.preview_queue import QueuePreviewRenderer
from adapters.rate_limit import RedisRateLimiter
from adapters.requests import REQUEST_ID_HEADER, TRACE_HEADER, Requests, operation_of_connection
from adapters.settings import Settings
from adapters.sign_in import TokenRejectedError, bearer
from adapters.sign_in_http import sign_in_routes
from adapters.version_diffs import StoredDiffs
from domain.api_tokens import digest_of_secret, is_api_token, note_use, principal_by_token
from domain.detection import Backends
from domain.errors import DomainError
from domain.event_feeds import EventFeeds
from domain.models.people import Principal
from domain.ports import Observer
from domain.sign_in import admit
from resolvers.drain import Drain
from resolvers.endpoint import GraphQLEndpoint
from resolvers.graphql import create_schema
from resolvers.http_request import PREFLIGHT
from resolvers.limits import Limits
from resolvers.loaders import loader_factory
from schema.context import Context
from web.pages import page_routes
from workers.process import scratch_folder
from workers.services import Services, open_services

_PROBE_SECONDS = 5
_OBJECTS_BETWEEN_COLLECTIONS = 10_000
_PREFLIGHT_SECONDS = 3600


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[Starlette]:
    """The application with its services open around it."""
    async with open_services(settings) as services:
        await services.doorbell.open()
        # What is imported by now is there to stay: collections of garbage that go through all of it hold the event loop
        # for a quarter of a second.
        gc.collect()
        gc.freeze()
        # An answer is thousands of objects, none of them garbage before it is sent: to look for some 700 by 700 took a
        # fifth of the time.
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        with scratch_folder(settings.work_dir, "api") as folder:
            yield create_app(services, folder)


def create_app(services: Services, folder: Path) -> Starlette:
    """The application over services that are open; what it keeps on disk for a while goes to `folder`. Its
    `state.drain` is to be begun when the process is told to stop."""
    limits, drain, observer = create_limits(services.settings), Drain(), OperationLog()
    endpoint = GraphQLEndpoint(
        create_schema(
            limits,
            RedisRateLimiter(services.redis, limits.operations_per_minute),
            observer,
            exploring=services.settings.serves_graphiql,
        ),
        surroundings(services, folder, observer),
        _admission(services),
        limits,
        services.settings.origins,
        drain,
        operation_of_connection,
    )

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> Response:
        if drain.begun:
            return JSONResponse({"status": "shutting down"}, status_code=503)
        report = await _readiness(services)
        fine = all(state == "ok" for state in report.values())
        return JSONResponse(report, status_code=200 if fine else 503)

    fleet = FleetMetrics(services.database, services.store, services.redis, RedisGpuLeases(services.redis))
    metrics = metrics_route(services.settings.metrics_token.get_secret_value(), fleet.refresh)
    watch_disk(services.settings.data_dir)
    app = Starlette(
        middleware=[
            Middleware(Requests),
            *([_for_pages_elsewhere(origins)] if (origins := services.settings.origins) else ()),
        ],
        routes=[
            Route("/healthz", alive),
            Route("/readyz", ready),
            *([metrics] if services.settings.serves_metrics else ()),
            Route("/graphql", endpoint),
            WebSocketRoute("/graphql", endpoint),
            *(object_routes(services.store) if isinstance(services.store, LocalStore) else ()),
            *sign_in_routes(services.settings, services.signer, services.database),
            *page_routes(services.settings, services.store),
        ],
    )
    app.state.drain = drain
    return app


def surroundings(services: Services, folder: Path, observer: Observer) -> Callable[[bool], Context]:
    """What makes the surroundings of one operation, or of a connection that lasts. Connections share their loaders:
    look-ups of one moment are one look-up, whoever makes them."""
    local = LocalFiles(folder / "cache")
    manifests, files = LocalManifests(services.store, local), TemporaryAnnotationFiles(folder)
    diffs = StoredDiffs(services.store, manifests, local)
    backends = Backends(
        local=QueueDetector(services.redis),
        roboflow=services.roboflow,
        leases=RedisGpuLeases(services.redis),
    )
    feeds = EventFeeds(services.database, services.doorbell, observer)
    create_loaders = loader_factory(services.database)
    loaders = create_loaders()
    previews, gpu_hosts = QueuePreviewRenderer(services.redis), QueueGpuHostCalls(services.redis)

    def create(lasting: bool) -> Context:
        return Context(
            database=services.database,
            store=services.store,
            backends=backends,
            gpu_hosts=gpu_hosts,
            previews=previews,
            feeds=feeds,
            observer=observer,
            manifests=manifests,
            diffs=diffs,
            annotation_files=files,
            versions_enabled_everywhere=services.settings.enable_dataset_versions,
            private_webhook_targets=services.settings.webhook_private_targets,
            loaders=loaders if lasting else create_loaders(),
            lasting=lasting,
        )

    return create


def _for_pages_elsewhere(origins: Sequence[str]) -> Middleware:
    """Lets pages of those origins ask the API. They bring a token, and no cookie."""
    return Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", PREFLIGHT, REQUEST_ID_HEADER, TRACE_HEADER],
        expose_headers=[REQUEST_ID_HEADER],
        max_age=_PREFLIGHT_SECONDS,
    )


def create_limits(settings: Settings) -> Limits:
    """The limits of the API, as they are set."""
    return Limits(**{limit.name: getattr(settings, f"api_{limit.name}") for limit in fields(Limits)})


def _admission(services: Services) -> Callable[[Context, str | None], Awaitable[None]]:
    async def fill_in(context: Context, authorization: str | None) -> None:
        if authorization is None:
            return
        try:
            token = bearer(authorization)
            context.caller = await (_by_api_token if is_api_token(token) else by_identity)(context, token)
            bind_contextvars(user_id=context.caller.user_id)
        except (TokenRejectedError, DomainError) as error:
            context.caller, context.refusal = None, str(error)

    async def by_identity(context: Context, token: str) -> Principal:
        identity = await services.tokens.read(token)
        user = await context.loaders.user.load(identity.user_id)
        if user is None:
            return await admit(services.database, identity)
        return Principal(user.id, identity.email)

    return fill_in


async def _by_api_token(context: Context, secret: str) -> Principal:
    now, loaders = datetime.now(UTC), context.loaders
    token = await loaders.token_by_digest.load(digest_of_secret(secret))
    principal = principal_by_token(token, await loaders.user.load(token.user_id) if token else None, now)
    if token is not None:
        await note_use(context.database, token, now)
    return principal


async def _readiness(services: Services) -> dict[str, str]:
    """What answers and what does not, each within a few seconds."""

    async def state(probe: Awaitable[object]) -> str:
        try:
            await asyncio.wait_for(probe, _PROBE_SECONDS)
        except Exception as error:
            return f"unreachable ({type(error).__name__})"
        return "ok"

    names = ("database", "redis", "objects")
    probes = (services.database.ready(), services.redis.ping(), services.store.ready())
    return dict(zip(names, await asyncio.gather(*(state(probe) for probe in probes)), strict=True))


if __name__ == "__main__":
    from cli.app import run

    run()
