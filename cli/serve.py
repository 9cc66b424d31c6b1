"""The API under uvicorn."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from adapters.settings import Settings
from main import open_app
from resolvers.drain import Drain
from workers.process import PARENT_VARIABLE, told_to_stop

_STALLED_MILLISECONDS = 40_000
_TURNED_AWAY_SECONDS = 5


class _Server(uvicorn.Server):
    """Its connections end when the other side takes nothing: to close one is not enough, that waits for the rest to be
    sent."""

    def __init__(self, config: uvicorn.Config, drain: Drain) -> None:
        super().__init__(config)
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            for listener in (one for server in self.servers for one in server.sockets):
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_MILLISECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """WebSockets are closed with 1012, streams cut off, and what is being answered is awaited."""
        self._drain.cut_off()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to `told_to_stop`: by uvicorn's own ways the process ends by the signal in the end."""
        yield


async def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM, or until the `up` that started this is gone. Then `/readyz` says so at once; a
    moment later nobody is let in any more, and what is being answered has the rest of SHUTDOWN_SECONDS to end."""
    async with open_app(settings) as app:
        turned_away = _turned_away_seconds(settings)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,  # its lines go the way of all others
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=settings.api_body_bytes,
            ws_per_message_deflate=False,  # costs each connection memory, and each event to each more than it saves
            timeout_graceful_shutdown=settings.shutdown_seconds - turned_away,
        )
        server = _Server(config, app.state.drain)
        leaving = asyncio.create_task(_leave(server, app.state.drain, turned_away))
        try:
            await server.serve()
        finally:
            leaving.cancel()


def _turned_away_seconds(settings: Settings) -> int:
    """How long a balancer has to see that this API is going, while calls that it still sends here are answered. The API
    that `up` keeps is the only one: there is nobody else to send them to."""
    return 0 if PARENT_VARIABLE in os.environ else min(_TURNED_AWAY_SECONDS, settings.shutdown_seconds // 4)


async def _leave(server: _Server, drain: Drain, seconds: int) -> None:
    await told_to_stop()
    drain.begun = True
    await asyncio.sleep(seconds)
    server.should_exit = True
