"""The GPU host's HTTP face under uvicorn, within the worker's own event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from adapters.settings import SettingsError

_DRAIN_SECONDS = 3


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to the worker."""
        yield


async def serve_gpu_host(app: Starlette, host: str, port: int) -> None:
    """Serves until it is cancelled; calls that are on their way then have a few seconds to end. Raises SettingsError
    when the address cannot be listened on."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[_listener(host, port)]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.wait([serving])
        if late := set(server.server_state.tasks):
            # They were cancelled, and give back what they hold.
            await asyncio.wait(late, timeout=_DRAIN_SECONDS)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
        # asyncio does this for sockets that it makes itself. Else the end of an answer waits 40 ms for the other side.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        text = f"GPU_HTTP_PORT: {host} port {port} cannot be listened on ({error.strerror})"
        raise SettingsError(text) from error
