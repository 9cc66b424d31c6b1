"""A web server that webhooks lead to: it keeps what comes, and fails in every way that it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto


class Fault(Enum):
    """What becomes of one request instead of an answer."""

    DROPPED = auto()  # the connection ends
    SILENT = auto()  # no answer until the client goes away
    ENDLESS = auto()  # a head, and a body that never ends
    GARBAGE = auto()  # no HTTP at all


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """A request that came."""

    line: str
    headers: Mapping[str, str]
    body: bytes


class WebhookReceiver:
    """`answers` are those of the next requests, first come first served; `every` is that of all later ones. It takes
    connections with `certificate` by TLS, and is then known by whatever name one calls it."""

    def __init__(self, certificate: ssl.SSLContext | None = None) -> None:
        self.answers: deque[Answer | Fault] = deque()
        self.every: Answer | Fault = Answer(204)
        self.received: list[Received] = []
        self.connections = 0
        self.port = 0
        self._certificate = certificate
        self._news = asyncio.Condition()
        self._serving: set[asyncio.Task[None]] = set()

    def url(self, host: str = "127.0.0.1", path: str = "/hooks?team=7") -> str:
        return f"{'https' if self._certificate else 'http'}://{host}:{self.port}{path}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[WebhookReceiver]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._certificate)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving)
            await server.wait_closed()

    async def got(self, number: int) -> list[Received]:
        """All requests, when so many have come."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.received) >= number)
        return self.received

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):  # either side has gone
            await self._one(reader, writer)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        answer = self.answers.popleft() if self.answers else self.every
        async with self._news:
            self.received.append(Received(first, headers, body))
            self._news.notify_all()
        match answer:
            case Answer():
                await _say(writer, answer)
            case Fault.SILENT:
                await reader.read()
            case Fault.GARBAGE:
                writer.write(b"\x00\x01 nothing that HTTP knows\r\n\r\n")
                await writer.drain()
            case Fault.ENDLESS:
                await _say(writer, Answer(200, {"Transfer-Encoding": "chunked"}))
                while True:
                    writer.write(b"4\r\nmore\r\n")
                    await writer.drain()
                    await asyncio.sleep(0.01)


async def _say(writer: asyncio.StreamWriter, answer: Answer) -> None:
    more = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    writer.write(f"HTTP/1.1 {answer.status} X\r\n{more}\r\n".encode())
    await writer.drain()
