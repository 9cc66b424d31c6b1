"""A way to a server on which every request takes its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

_PIECE = 1 << 16


@asynccontextmanager
async def delayed(url: str, seconds: float) -> AsyncIterator[str]:
    """The address of a server that hands on what comes to the one at `url`, each request `seconds` after it began."""
    target = urlsplit(url)
    serving: set[asyncio.Task[None]] = set()

    # Not a coroutine function: streams of Python 3.11 complain of a handler's task that is cancelled.
    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(target.hostname, target.port)
        await _Line(seconds).run(reader, back, there, writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


class _Line:
    """One connection. HTTP/1.1 answers a request before the next one: what comes after an answer begins a request."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._answered = True

    async def run(
        self,
        client: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
    ) -> None:
        """Until both sides have hung up."""
        await asyncio.gather(
            _until_closed(self._ask(client, to_server), to_server),
            _until_closed(self._answer(server, to_client), to_client),
        )

    async def _ask(self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        while piece := await client.read(_PIECE):
            if self._answered:
                self._answered = False
                await asyncio.sleep(self._seconds)
            to_server.write(piece)
            await to_server.drain()

    async def _answer(self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        while piece := await server.read(_PIECE):
            self._answered = True
            to_client.write(piece)
            await to_client.drain()


async def _until_closed(pump: Coroutine[Any, Any, None], writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(ConnectionError):
            await pump
    finally:
        writer.close()
