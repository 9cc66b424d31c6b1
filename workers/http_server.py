"""A worker's HTTP faces under uvicorn, within its own event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from adapters.settings import SettingsError

_CLOSING_SECONDS = 3


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to the worker."""
        yield


async def serve_http(app: Starlette, host: str, port: int, variable: str, *, drain_seconds: int = 3) -> None:
    """Serves until it is cancelled; calls that are on their way then have so many seconds to end. Raises SettingsError
    when the address cannot be listened on; it names `variable`, that the port is set by."""
    config = uvicorn.Config(
        app,
        log_config=None,  # its lines go the way of all others
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=drain_seconds,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[_listener(host, port, variable)]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.wait([serving])
        if late := set(server.server_state.tasks):
            # They were cancelled, and give back what they hold.
            await asyncio.wait(late, timeout=_CLOSING_SECONDS)


def _listener(host: str, port: int, variable: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
        # asyncio does this for sockets that it makes itself. Else the end of an answer waits 40 ms for the other side.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        text = f"{variable}: {host} port {port} cannot be listened on ({error.strerror})"
        raise SettingsError(text) from error
