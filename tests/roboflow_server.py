"""Roboflow's hosted detection, as its documentation describes it, on this machine; and every way in which it can fail.

It reads the multipart form, applies EXIF orientation, holds the key against its own and the model against those it has,
refuses images over 20 MB, and tells of each box its centre.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from PIL import Image, ImageOps
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser

from domain.models.detection import Detection
from secret_watch import keep_out_of_logs

KEY = keep_out_of_logs("rf_hJ3kZ9q0TsecretOfTheTests", "ROBOFLOW_API_KEY")
MODEL = "pine-sapling-hqp-test/6"
MAX_BYTES = 20 << 20


class Fault(Enum):
    """What becomes of one request."""

    DROPPED = auto()  # the connection ends without an answer
    SILENT = auto()  # no answer until the client goes away
    HALF = auto()  # the second half of the answer is lost
    HUGE = auto()  # 11 MB of blanks before the answer


@dataclass(frozen=True)
class Canned:
    """An answer that is given whatever was asked."""

    status: int
    body: bytes = b'{"message": "a message that names the key ' + KEY.encode() + b'"}'
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    image: bytes


class RoboflowServer:
    """`models` are those it has, by name, with what each finds on every image, in upright pixels. `faults` are those of
    the next requests, first come first served, None for one that is answered; `every` is that of all later ones."""

    def __init__(self, models: Mapping[str, Sequence[Detection]]) -> None:
        self.models = dict(models)
        self.faults: deque[Fault | Canned | None] = deque()
        self.every: Fault | Canned | None = None
        self.asked: list[Asked] = []
        self.turns_images = True
        self.url = ""
        self._serving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[RoboflowServer]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 20)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            await self.hang_up()
            await server.wait_closed()

    async def hang_up(self) -> None:
        """Ends every connection; whoever waits for an answer has none."""
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):  # either side has gone
                while await self._one(reader, writer):
                    pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers a request; False when the connection ends with it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        image = await _file(headers["content-type"], body)
        target = urlsplit(first.split(" ")[1])
        asked = Asked(target.path, dict(parse_qsl(target.query)), headers, image)
        self.asked.append(asked)
        fault = self.faults.popleft() if self.faults else self.every
        if fault is Fault.SILENT:
            await reader.read()
        if fault in (Fault.SILENT, Fault.DROPPED):
            return False
        answer = fault if isinstance(fault, Canned) else await asyncio.to_thread(self._answer, asked)
        content = b" " * (11 << 20) + answer.body if fault is Fault.HUGE else answer.body
        more = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        start = f"HTTP/1.1 {answer.status} X\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        writer.write(
            (start + more + "\r\n").encode() + (content[: len(content) // 2] if fault is Fault.HALF else content)
        )
        await writer.drain()
        return fault is not Fault.HALF

    def _answer(self, asked: Asked) -> Canned:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return _json(403, {"message": "Forbidden"})
        if asked.path.removeprefix("/") not in self.models:
            return _json(404, {"message": "Dataset or version not found"})
        if len(asked.image) > MAX_BYTES:
            return _json(413, {"message": "Request Entity Too Large"})
        try:
            with Image.open(io.BytesIO(asked.image)) as opened:
                width, height = (ImageOps.exif_transpose(opened) if self.turns_images else opened).size
        except OSError:
            return _json(400, {"message": "Could not load input image."})
        least = _share(asked.query["confidence"])
        found = [one for one in self.models[asked.path.removeprefix("/")] if one.confidence >= least]
        return _json(200, answer(found, width, height))


def answer(found: Sequence[Detection], width: int, height: int) -> dict[str, Any]:
    """What Roboflow says of an image of that size."""
    return {
        "inference_id": "6c1d5a86-5a5c-4dd4-a5e5-6f5f3a9d9a1e",
        "time": 0.0432,
        "image": {"width": str(width), "height": height},
        "predictions": [prediction(one, number) for number, one in enumerate(found)],
    }


def prediction(one: Detection, number: int = 0) -> dict[str, Any]:
    box = one.box
    return {
        "x": box.x + box.width / 2,
        "y": box.y + box.height / 2,
        "width": box.width,
        "height": box.height,
        "confidence": one.confidence,
        "class": one.weed_type,
        "class_id": number,
        "detection_id": f"3f1d8c0e-0000-4000-8000-{number:012d}",
    }


def _json(status: int, document: dict[str, Any]) -> Canned:
    return Canned(status, json.dumps(document).encode())


def _share(number: str) -> float:
    """As Roboflow reads it: from 1 on it is a percentage."""
    value = float(number)
    return value / 100 if value >= 1 else value


async def _file(content_type: str, body: bytes) -> bytes:
    """The part `file` of a multipart form."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    form = await MultiPartParser(Headers({"content-type": content_type}), stream()).parse()
    try:
        part = form["file"]
        assert isinstance(part, UploadFile)
        return await part.read()
    finally:
        await form.close()
