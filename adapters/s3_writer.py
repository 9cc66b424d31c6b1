"""Bytes on their way into a bucket, each with its SHA-256: an object in one request, or in parts."""

from __future__ import annotations

import asyncio
import errno
import hashlib
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from botocore.exceptions import BotoCoreError, ClientError

TRIES = 3
PART_BYTES = 8 << 20
"""Of a file; a larger file than 78 GiB has larger parts."""
STREAM_PART_BYTES = 32 << 20
"""Of a stream, whose length nobody knows before: 312 GiB at most."""
SLOWEST_BYTES_A_SECOND = 64 << 10
"""What takes bytes more slowly is given up."""

_MOST_PARTS = 10_000  # of one object, by S3's own limit
_PARTS_AT_ONCE, _STREAM_PARTS_AT_ONCE = 4, 2
_BETWEEN_TRIES_SECONDS = 3  # at most 1 before the second and 2 before the third, by botocore's standard mode
_ABORT_SECONDS = 1.5  # who is told to stop has two

_log = structlog.get_logger(__name__)


class S3Writer:
    """Writes to one bucket. Raises what botocore and aiohttp raise, and TimeoutError."""

    def __init__(self, client: Any, bucket: str, read_seconds: float) -> None:
        self._client = client
        self._bucket = bucket
        self._read_seconds = read_seconds

    async def put(self, key: str, data: bytes, content_type: str, **more: object) -> None:
        """In one request. `more` are further parameters of PutObject."""
        await self._send(self._client.put_object, data, Key=key, ContentType=content_type, **more)

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        """In parts when it is larger than one."""
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        if size <= PART_BYTES:
            await self.put(key, await asyncio.to_thread(path.read_bytes), content_type)
            return
        async with aclosing(_parts_of_file(path, max(PART_BYTES, -(-size // _MOST_PARTS)))) as parts:
            await self._put_parts(key, parts, content_type, _PARTS_AT_ONCE)

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str) -> None:
        """In parts when it is as long as one. Raises what `chunks` raises too, and OSError (EFBIG) for what is longer
        than an object can be."""
        async with aclosing(_parts_of_stream(chunks, STREAM_PART_BYTES)) as parts:
            first = await anext(parts, b"")
            if len(first) < STREAM_PART_BYTES:
                await self.put(key, first, content_type)
                return
            async with aclosing(_beginning_with(first, parts)) as every:
                del first  # or it would lie in memory to the end
                await self._put_parts(key, every, content_type, _STREAM_PARTS_AT_ONCE)

    async def _send(self, request: Callable[..., Awaitable[Any]], data: bytes, **more: object) -> Mapping[str, Any]:
        """Sends bytes with their checksum. aiohttp has no time-out for a server that stops taking them."""
        checksum = b64encode((await asyncio.to_thread(hashlib.sha256, data)).digest()).decode()
        seconds = TRIES * (self._read_seconds + len(data) / SLOWEST_BYTES_A_SECOND) + _BETWEEN_TRIES_SECONDS
        async with asyncio.timeout(seconds):
            answer: Mapping[str, Any] = await request(
                Bucket=self._bucket, Body=data, ChecksumAlgorithm="SHA256", ChecksumSHA256=checksum, **more
            )
        return {"ChecksumSHA256": checksum, "ETag": answer["ETag"]}

    async def _put_parts(self, key: str, parts: AsyncGenerator[bytes, None], content_type: str, at_once: int) -> None:
        """Nothing is seen of the parts before the last call, which makes them the object."""
        begun = await self._client.create_multipart_upload(
            Bucket=self._bucket, Key=key, ContentType=content_type, ChecksumAlgorithm="SHA256"
        )
        place = {"Key": key, "UploadId": begun["UploadId"]}
        try:
            sent = {"Parts": await self._send_parts(place, parts, at_once)}
            await self._client.complete_multipart_upload(Bucket=self._bucket, **place, MultipartUpload=sent)
        except BaseException:
            await self._abort(place)
            raise

    async def _send_parts(
        self, place: Mapping[str, str], parts: AsyncGenerator[bytes, None], at_once: int
    ) -> list[dict[str, Any]]:
        """A part is asked for when fewer than `at_once` are in memory, so that it is not made before it can be sent."""
        slots = asyncio.Semaphore(at_once)
        tasks: list[asyncio.Task[dict[str, Any]]] = []
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await slots.acquire()
                    data = await anext(parts, None)
                    if data is None:
                        break
                    if len(tasks) == _MOST_PARTS:
                        raise OSError(errno.EFBIG, f"{place['Key']} is larger than {_MOST_PARTS:,} parts of S3")
                    tasks.append(group.create_task(self._send_part(place, data, len(tasks) + 1)))
                    tasks[-1].add_done_callback(lambda _: slots.release())
                    del data
        except ExceptionGroup as failed:  # the others were cancelled; the first says why
            raise failed.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _send_part(self, place: Mapping[str, str], data: bytes, number: int) -> dict[str, Any]:
        return {"PartNumber": number, **await self._send(self._client.upload_part, data, **place, PartNumber=number)}

    async def _abort(self, place: Mapping[str, str]) -> None:
        """Has the parts removed. Where that fails too, the bucket's lifecycle rule removes them (docs)."""
        try:
            async with asyncio.timeout(_ABORT_SECONDS):
                await self._client.abort_multipart_upload(Bucket=self._bucket, **place)
        except (BotoCoreError, ClientError, aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("parts of an upload are left behind", key=place["Key"], reason=reason)


async def _parts_of_file(path: Path, length: int) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as file:
        while part := await asyncio.to_thread(file.read, length):
            yield part


async def _parts_of_stream(chunks: AsyncIterator[bytes], length: int) -> AsyncGenerator[bytes, None]:
    """Parts of exactly that length, and a shorter one at the end if there is a rest."""
    part: list[memoryview] = []
    lacking = length
    async for chunk in chunks:
        rest = memoryview(chunk)
        while len(rest):
            part.append(rest[:lacking])
            lacking -= len(part[-1])
            rest = rest[len(part[-1]) :]
            if not lacking:
                whole, part, lacking = b"".join(part), [], length
                yield whole
                del whole  # or it would lie in memory while the next one is gathered
    if part:
        yield b"".join(part)


async def _beginning_with(first: bytes, others: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    part = first
    del first
    while part:
        yield part
        part = b""
        part = await anext(others, b"")
