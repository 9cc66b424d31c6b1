"""The ASGI application and the command line's entry: where everything is put together, and nothing else."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from adapters.annotation_file import TemporaryAnnotationFiles
from adapters.detector import QueueDetector
from adapters.gpu_host_calls import QueueGpuHostCalls
from adapters.gpu_leases import RedisGpuLeases
from adapters.local_files import LocalFiles
from adapters.local_manifests import LocalManifests
from adapters.local_store import LocalStore
from adapters.local_store_http import object_routes
from adapters.preview_queue import QueuePreviewRenderer
from adapters.settings import Settings
from adapters.sign_in import TokenRejectedError, bearer
from adapters.sign_in_http import sign_in_routes
from adapters.version_diffs import StoredDiffs
from domain.api_tokens import admit_by_token, is_api_token
from domain.detection import Backends
from domain.errors import DomainError
from domain.sign_in import admit
from resolvers.endpoint import GraphQLEndpoint
from resolvers.graphql import create_schema
from resolvers.limits import Limits
from resolvers.loaders import create_loaders
from schema.context import Context
from web.pages import page_routes
from workers.process import scratch_folder
from workers.services import Services, open_services

_PROBE_SECONDS = 5


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[Starlette]:
    """The application with its services open around it."""
    async with open_services(settings) as services:
        await services.doorbell.open()
        # What is imported by now is there to stay: collections of garbage that go through all of it hold the event loop
        # for a quarter of a second.
        gc.collect()
        gc.freeze()
        with scratch_folder(settings.work_dir, "api") as folder:
            yield create_app(services, folder)


def create_app(services: Services, folder: Path) -> Starlette:
    """The application over services that are open; what it keeps on disk for a while goes to `folder`."""
    local = LocalFiles(folder / "cache")
    manifests, files = LocalManifests(services.store, local), TemporaryAnnotationFiles(folder)
    diffs = StoredDiffs(services.store, manifests, local)
    backends = Backends(
        local=QueueDetector(services.redis),
        roboflow=services.roboflow,
        leases=RedisGpuLeases(services.redis),
    )
    limits = create_limits(services.settings)
    endpoint = GraphQLEndpoint(
        create_schema(limits, exploring=services.settings.serves_graphiql),
        lambda: create_context(services, backends, manifests, diffs, files),
        _admission(services),
        limits,
    )

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> Response:
        report = await _readiness(services)
        fine = all(state == "ok" for state in report.values())
        return JSONResponse(report, status_code=200 if fine else 503)

    return Starlette(
        routes=[
            Route("/healthz", alive),
            Route("/readyz", ready),
            Route("/graphql", endpoint, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", endpoint),
            *(object_routes(services.store) if isinstance(services.store, LocalStore) else ()),
            *sign_in_routes(services.settings, services.signer, services.database),
            *page_routes(services.settings, services.store),
        ]
    )


def create_context(
    services: Services,
    backends: Backends,
    manifests: LocalManifests,
    diffs: StoredDiffs,
    files: TemporaryAnnotationFiles,
) -> Context:
    """Fresh surroundings for one operation or one WebSocket connection."""
    return Context(
        database=services.database,
        store=services.store,
        backends=backends,
        gpu_hosts=QueueGpuHostCalls(services.redis),
        previews=QueuePreviewRenderer(services.redis),
        doorbell=services.doorbell,
        manifests=manifests,
        diffs=diffs,
        annotation_files=files,
        versions_enabled_everywhere=services.settings.enable_dataset_versions,
        loaders=create_loaders(services.database),
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
            if is_api_token(token):
                context.caller = await admit_by_token(services.database, token)
            else:
                context.caller = await admit(services.database, services.signer.read(token))
        except (TokenRejectedError, DomainError) as error:
            context.caller, context.refusal = None, str(error)

    return fill_in


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
