"""A server in front of another one, that mishandles the requests it is told to and hands on the rest."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from urllib.parse import urlsplit


class Fault(Enum):
    """What becomes of one request."""

    BUSY = auto()  # 503, and the request is not handed on
    CONFLICT = auto()  # 409, likewise
    FORBIDDEN = auto()  # 403, likewise
    UNREAD = auto()  # nothing of its body is taken, and the connection stays
    DROPPED = auto()  # the connection ends, and the request is not handed on
    SILENT = auto()  # no answer until the client goes away
    LOST = auto()  # handed on, and the answer is lost
    CUT = auto()  # the end of the answer is lost
    STALLED = auto()  # the end of the answer is never sent, and the connection stays
    CHANGED_REQUEST = auto()  # the last byte of the request is another one
    CHANGED_ANSWER = auto()  # the last byte of the answer is another one
    SLOW = auto()  # handed on after a while


_REFUSALS = {
    Fault.BUSY: (503, "SlowDown"),
    Fault.CONFLICT: (409, "ConditionalRequestConflict"),
    Fault.FORBIDDEN: (403, "SignatureDoesNotMatch"),
}
_CUT_BYTES = 1000
_SLOW_SECONDS = 1.5


class FaultyServer:
    """`faults` are those of the next requests, first come first served, None for one that is handed on; `every` is that
    of all later ones, unless `choose` chooses it for each; `seen` are the first lines of all requests."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self.url = ""
        self.faults: deque[Fault | None] = deque()
        self.every: Fault | None = None
        self.choose: Callable[[], Fault | None] | None = None
        self.seen: list[str] = []
        self._news = asyncio.Condition()
        self._serving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FaultyServer]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 20)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield self
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving)

    async def saw(self, number: int) -> None:
        """Returns when so many requests have come."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.seen) >= number)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):  # either side has gone
            await self._handle(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        async with self._news:
            self.seen.append(head.partition(b"\r\n")[0].decode())
            self._news.notify_all()
        fault = self._next_fault()
        if fault is Fault.UNREAD:
            await asyncio.Event().wait()
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if fault is Fault.SILENT:
            await reader.read()
        if fault is Fault.SLOW:
            await asyncio.sleep(_SLOW_SECONDS)
        if fault in (Fault.SILENT, Fault.DROPPED):
            return
        writer.write(await self._answer(head, body, fault))
        await writer.drain()
        if fault is Fault.STALLED:
            await reader.read()

    def _next_fault(self) -> Fault | None:
        if self.faults:
            return self.faults.popleft()
        return self.choose() if self.choose else self.every

    async def _answer(self, head: bytes, body: bytes, fault: Fault | None) -> bytes:
        if fault in _REFUSALS:
            refusal = _refusal(*_REFUSALS[fault])
            return refusal.partition(b"<")[0] if head.startswith(b"HEAD") else refusal
        if fault is Fault.CHANGED_REQUEST:
            body = body[:-1] + bytes([body[-1] ^ 1])
        answer = await self._hand_on(head, body)
        if fault is Fault.LOST:
            return b""
        if fault in (Fault.CUT, Fault.STALLED):
            return answer[:-_CUT_BYTES]
        if fault is Fault.CHANGED_ANSWER:
            return answer[:-1] + bytes([answer[-1] ^ 1])
        return answer

    async def _hand_on(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        lines = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
        try:
            writer.write(lines[:-2] + b"Connection: close\r\n\r\n" + body)
            return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()


def _refusal(status: int, code: str) -> bytes:
    body = f"<Error><Code>{code}</Code><Message>a message</Message></Error>".encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
