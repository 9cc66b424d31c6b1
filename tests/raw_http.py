"""HTTP/1.1 by hand, quick and without scruples: it sends what it is given, valid or not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

_LIMIT = 16 << 20


class HungUpError(Exception):
    """The server closed the connection before it answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Names are in lower case."""
    body: bytes


class RawConnection:
    """One connection, opened anew when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._wire: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes, *, head: bool = False, stream_seconds: float = 0.1) -> Answer:
        """The answer to a request, which is asked once more where a kept connection was closed meanwhile; of a stream
        of events what comes in so many seconds. Raises HungUpError."""
        kept = self._wire is not None
        try:
            return await self._ask(request, head, stream_seconds)
        except (HungUpError, ConnectionError):
            self.close()
            if not kept:
                raise
            return await self._ask(request, head, stream_seconds)

    async def _ask(self, request: bytes, head: bool, stream_seconds: float) -> Answer:
        if self._wire is None:
            self._wire = await asyncio.open_connection("127.0.0.1", self._port, limit=_LIMIT)
        reader, writer = self._wire
        writer.write(request)
        status, headers = await _head(reader)
        while 100 <= status < 200:
            status, headers = await _head(reader)
        if headers.get("content-type", "").startswith("text/event-stream"):
            body = await _beginning(reader, stream_seconds)
            self.close()
        elif head or status in (204, 304):
            body = b""
        else:
            body = await _body(reader, headers)
        if headers.get("connection") == "close":
            self.close()
        return Answer(status, headers, body)

    def close(self) -> None:
        if self._wire is not None:
            self._wire[1].close()
            self._wire = None


async def said_to(port: int, noise: bytes) -> bytes:
    """What the server says to this and to nothing more, until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_LIMIT)
    found = b""
    try:
        writer.write(noise)
        writer.write_eof()
        while chunk := await reader.read(1 << 16):
            found += chunk
    except ConnectionError:
        pass
    finally:
        writer.close()
    return found


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise HungUpError(error.partial) from error
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return int(first.split(" ")[1]), {name.lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") != "chunked":
        return await reader.read()
    chunks = []
    while size := int(await reader.readline(), 16):
        chunks.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(chunks)


async def _beginning(reader: asyncio.StreamReader, seconds: float) -> bytes:
    found = b""
    try:
        async with asyncio.timeout(seconds):
            while chunk := await reader.read(1 << 16):
                found += chunk
    except TimeoutError:
        pass
    return found
