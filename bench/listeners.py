"""Many WebSocket connections of one process that listen and do nothing else: reading costs little, so that what is
measured is the server."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

_HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
)
_TEXT, _PING, _PONG = 1, 9, 10


class Listener(asyncio.Protocol):
    """One connection (RFC 6455); `heard` is called with each text that comes."""

    def __init__(self, address: str, protocol: str, heard: Callable[[bytes], None]) -> None:
        self._address = urlsplit(address)
        self._protocol = protocol
        self._heard = heard
        self._buffer = b""
        self._transport = asyncio.Transport()
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        handshake = _HANDSHAKE.format(
            path=self._address.path, host=self._address.netloc, key=key, protocol=self._protocol
        )
        self._transport.write(handshake.encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.open.done():
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                self.open.set_exception(ConnectionError(head.decode("latin-1")))
                return
            self._buffer = rest
            self.open.set_result(None)
        self._take_frames()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.open.done():
            self.open.set_exception(exc or ConnectionError("The connection was closed."))

    def send(self, text: bytes) -> None:
        """One text frame, at most 65,535 bytes."""
        self._write(_TEXT, text)

    def close(self) -> None:
        """Without a word: the server must bear that."""
        self._transport.abort()

    def _take_frames(self) -> None:
        while len(self._buffer) >= 2:
            opcode, length, start = self._buffer[0] & 15, self._buffer[1] & 127, 2
            if length >= 126:
                start = 4 if length == 126 else 10
                if len(self._buffer) < start:
                    return
                length = int.from_bytes(self._buffer[2:start])
            if len(self._buffer) < start + length:
                return
            payload, self._buffer = self._buffer[start : start + length], self._buffer[start + length :]
            if opcode == _TEXT:
                self._heard(payload)
            elif opcode == _PING:
                self._write(_PONG, payload)

    def _write(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        head = bytes([128 | opcode, 128 | size]) if size < 126 else struct.pack("!BBH", 128 | opcode, 254, size)
        self._transport.write(head + bytes(4) + payload)  # masked with zeroes, which change nothing


async def listen(address: str, protocol: str, heard: Callable[[bytes], None]) -> Listener:
    """A connection to that http:// address, once it is open."""
    parts = urlsplit(address)
    _, listener = await asyncio.get_running_loop().create_connection(
        lambda: Listener(address, protocol, heard), parts.hostname or "", parts.port or 80
    )
    await listener.open
    return listener
