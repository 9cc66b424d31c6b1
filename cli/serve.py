"""The API under uvicorn."""

from __future__ import annotations

import asyncio

import uvicorn

from adapters.settings import Settings
from main import open_app
from workers.process import orphaned

_DRAIN_SECONDS = 3


async def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM, or until the `up` that started this is gone."""
    async with open_app(settings) as app:
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_level="warning",
                access_log=False,
                lifespan="off",
                ws="websockets-sansio",
                timeout_graceful_shutdown=_DRAIN_SECONDS,
            )
        )
        alone = asyncio.create_task(_end_when_orphaned(server))
        try:
            await server.serve()
        finally:
            alone.cancel()


async def _end_when_orphaned(server: uvicorn.Server) -> None:
    await orphaned()
    server.should_exit = True
