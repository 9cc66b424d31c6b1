"""The object store as an S3 bucket: AWS, or a server that speaks S3, such as MinIO."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import aioboto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.handlers import add_expect_header

from adapters.partial_file import partial_file
from adapters.s3_bodies import digest_of, spool
from adapters.s3_faults import CONDITION_FAILED, CONFLICT, status, told
from adapters.s3_writer import TRIES, S3Writer
from adapters.settings import Settings
from domain.ports import ObjectChangedError, PutAddress, StoredObject

GET_MINUTES, PUT_MINUTES = 15, 5

_CONNECTIONS = 32


@asynccontextmanager
async def open_s3_store(
    settings: Settings, connect_seconds: float = 5, read_seconds: float = 60
) -> AsyncIterator[S3Store]:
    """The bucket that the settings name, with one client kept open. `read_seconds` is the longest silence while an
    answer is awaited or read; a copy or the end of a large upload is silent while the server works."""
    session = aioboto3.Session(
        # None leaves it to botocore: environment, shared files, the role of a container or machine.
        aws_access_key_id=settings.s3_access_key_id.get_secret_value() or None,
        aws_secret_access_key=settings.s3_secret_access_key.get_secret_value() or None,
        region_name=settings.s3_region,
    )
    config = Config(
        signature_version="s3v4",
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        # We send a checksum of our own with every object: more is not asked of servers that speak S3 less well.
        request_checksum_calculation="when_required",
        # "virtual" addresses the bucket in its own region; "auto" would sign for AWS's global name, which redirects.
        s3={"addressing_style": "path" if settings.s3_endpoint_url else "virtual"},
    )
    async with AsyncExitStack() as stack:

        async def client(address: str) -> Any:
            opened = session.client("s3", endpoint_url=address.rstrip("/") or None, config=config)
            opened = await stack.enter_async_context(opened)
            # With "Expect: 100-continue" aiohttp would wait for ever for a server that does not know it.
            opened.meta.events.unregister("before-call.s3", add_expect_header)
            return opened

        reached = await client(settings.s3_endpoint_url)
        # An address is signed for its host: clients that reach the server by another name need it signed for that.
        signer = await client(settings.s3_public_url) if settings.s3_public_url else reached
        yield S3Store(reached, signer, settings, read_seconds)


class S3Store:
    """Fulfils domain.ports.ObjectStore. An object's tag is its ETag."""

    def __init__(self, client: Any, signer: Any, settings: Settings, read_seconds: float) -> None:
        self._client = client
        self._writer = S3Writer(client, settings.s3_bucket, read_seconds)
        self._signer = signer
        self._bucket = settings.s3_bucket
        self._region = settings.s3_region
        self._where = f"S3 bucket {settings.s3_bucket} at {settings.s3_endpoint_url or 'AWS'}"
        self._signing = asyncio.Lock()

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        with told(self._where, "write", key):
            await self._writer.put(key, data, content_type)

    async def put_new(self, key: str, data: bytes, content_type: str) -> bool:
        mark = uuid4().hex
        with told(self._where, "write", key):
            for _ in range(TRIES):
                try:
                    await self._writer.put(key, data, content_type, IfNoneMatch="*", Metadata={"write": mark})
                except ClientError as error:
                    if status(error) == CONDITION_FAILED:
                        return await self._bears(key, mark)
                    if status(error) != CONFLICT:  # S3's word for: another write is under way, try again
                        raise
                else:
                    return True
        raise OSError(f"{self._where}: cannot write {key}: others are writing it all the time; try again later.")

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        with told(self._where, "write", key):
            await self._writer.put_file(key, path, content_type)

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str) -> None:
        with told(self._where, "write", key):
            await self._writer.put_stream(key, chunks, content_type)

    async def get(self, key: str) -> bytes:
        with told(self._where, "read", key):
            body = (await self._client.get_object(Bucket=self._bucket, Key=key))["Body"]
            async with body:  # which would give the bare response: only `body` checks length and checksum
                data: bytes = await body.read()
        return data

    async def download(self, key: str, path: Path) -> str:
        with told(self._where, "read", key):
            answer = await self._client.get_object(Bucket=self._bucket, Key=key)
            async with answer["Body"]:
                with partial_file(path) as beside:
                    await spool(answer["Body"], beside)
        return str(answer["ETag"])

    async def lend(self, key: str, path: Path) -> None:
        await self.download(key, path)

    async def digest(self, key: str) -> str:
        with told(self._where, "read", key):
            answer = await self._client.get_object(Bucket=self._bucket, Key=key)
            async with answer["Body"] as response:  # the bare one, which compares no checksum
                digest, size = await digest_of(response)
        if size != answer["ContentLength"]:
            raise OSError(f"{self._where}: cannot read {key}: {size} of {answer['ContentLength']} bytes came.")
        return digest

    async def size(self, key: str) -> int | None:
        try:
            return int((await self._head(key))["ContentLength"])
        except KeyError:
            return None

    async def copy(self, source: str, target: str, tag: str | None = None) -> None:
        """Objects of at most 5 GiB, by S3's own limit."""
        condition = {} if tag is None else {"CopySourceIfMatch": tag}
        place = {"Bucket": self._bucket, "Key": source}
        with told(self._where, "copy", source):
            try:
                await self._client.copy_object(Bucket=self._bucket, Key=target, CopySource=place, **condition)
            except ClientError as error:
                if status(error) == CONDITION_FAILED:
                    raise ObjectChangedError(f"{source} was written anew since it was read.") from error
                raise

    async def delete(self, key: str) -> None:
        with told(self._where, "delete", key):
            await self._client.delete_object(Bucket=self._bucket, Key=key)

    async def under(self, prefix: str) -> AsyncIterator[StoredObject]:
        if not prefix.endswith("/"):
            raise ValueError(f"{prefix!r} ends with no slash, so it would also take in what only begins alike.")
        with told(self._where, "list", prefix):
            async for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            ):
                for one in page.get("Contents", []):
                    yield StoredObject(one["Key"], one["Size"], one["LastModified"])

    async def ready(self) -> None:
        with told(self._where, "reach"):
            answer = await self._client.head_bucket(Bucket=self._bucket)
        region = answer.get("BucketRegion", self._region)
        if region != self._region:  # botocore goes there by itself, but the addresses that we sign would be refused
            raise OSError(f"{self._where}: it lies in {region}, not in {self._region}; set S3_REGION={region}.")

    async def get_url(self, key: str, filename: str, content_type: str, now: datetime) -> str:
        """The file's name is given as RFC 6266 and RFC 8187 say."""
        disposition = f"inline; filename*=UTF-8''{quote(filename, safe='')}"
        parameters = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
        return await self._sign("get_object", key, parameters, now + timedelta(minutes=GET_MINUTES))

    async def put_url(self, key: str, size_bytes: int, sha256: str, now: datetime) -> PutAddress:
        """Length, checksum and type are signed headers, so that the address takes nothing else. The length is not
        among the headers given back: every client sends it by itself."""
        checksum = b64encode(bytes.fromhex(sha256)).decode()
        parameters = {
            "ContentLength": size_bytes,
            "ContentType": "application/octet-stream",
            "ChecksumAlgorithm": "SHA256",
            "ChecksumSHA256": checksum,
        }
        headers = {
            "Content-Type": "application/octet-stream",
            "x-amz-sdk-checksum-algorithm": "SHA256",
            "x-amz-checksum-sha256": checksum,
        }
        return PutAddress(
            await self._sign("put_object", key, parameters, now + timedelta(minutes=PUT_MINUTES)), headers
        )

    async def _sign(self, operation: str, key: str, parameters: Mapping[str, object], until: datetime) -> str:
        named = {"Bucket": self._bucket, "Key": key, **parameters}
        # One a turn of the event loop, which a page of several hundred addresses would hold for too long.
        async with self._signing:
            seconds = round((until - datetime.now(UTC)).total_seconds())
            with told(self._where, "sign an address of", key):
                url = await self._signer.generate_presigned_url(operation, Params=named, ExpiresIn=seconds)
            await asyncio.sleep(0)
        return str(url)

    async def _head(self, key: str) -> Mapping[str, Any]:
        with told(self._where, "look at", key):
            answer: Mapping[str, Any] = await self._client.head_object(Bucket=self._bucket, Key=key)
        return answer

    async def _bears(self, key: str, mark: str) -> bool:
        """Whether the object is of the write that bore this mark: a try whose answer was lost may have written it."""
        try:
            metadata: Mapping[str, str] = (await self._head(key))["Metadata"]
        except KeyError:
            return False
        return metadata.get("write") == mark
