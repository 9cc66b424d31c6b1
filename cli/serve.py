"""The API under uvicorn."""

from __future__ import annotations

import asyncio
import socket

import uvicorn

from adapters.settings import Settings
from main import open_app
from workers.process import orphaned

_DRAIN_SECONDS = 3
_STALLED_MILLISECONDS = 40_000


class _Server(uvicorn.Server):
    """Its connections end when the other side takes nothing: to close one is not enough, that waits for the rest to be
    sent."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            for listener in (one for server in self.servers for one in server.sockets):
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_MILLISECONDS)


async def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM, or until the `up` that started this is gone."""
    async with open_app(settings) as app:
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=settings.api_body_bytes,
            ws_per_message_deflate=False,  # costs each connection memory, and each event to each more than it saves
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        server = _Server(config)
        alone = asyncio.create_task(_end_when_orphaned(server))
        try:
            await server.serve()
        finally:
            alone.cancel()


async def _end_when_orphaned(server: uvicorn.Server) -> None:
    await orphaned()
    server.should_exit = True
