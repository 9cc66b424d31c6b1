"""An S3 server for one measurement: MiniStack, in a process of its own, with an empty bucket."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aioboto3
import httpx

from bench.servers import free_port, running

_START_SECONDS = 60.0
_BUCKET = "agridrone-bench"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the bucket is, and who may use it."""

    url: str
    key_id: str
    secret: str

    def environment(self, reached_at: str) -> dict[str, str]:
        """Settings of a process that reaches the server at `reached_at`; clients reach it directly."""
        return {
            "S3_BUCKET": _BUCKET,
            "S3_ENDPOINT_URL": reached_at,
            "S3_PUBLIC_URL": self.url,
            "S3_ACCESS_KEY_ID": self.key_id,
            "S3_SECRET_ACCESS_KEY": self.secret,
        }


@asynccontextmanager
async def s3_bucket(folder: Path) -> AsyncIterator[Bucket]:
    """The server keeps its data and its log in `folder`."""
    port = free_port()
    bucket = Bucket(f"http://127.0.0.1:{port}", "bench", secrets.token_hex(16))
    environment = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": "s3",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "AWS_SECRET_ACCESS_KEY": bucket.secret,
        "TMPDIR": str(folder),
    }
    with running([sys.executable, "-m", "ministack"], folder / "s3.log", environment):
        await _answers(bucket.url)
        session = aioboto3.Session(bucket.key_id, bucket.secret, region_name="us-east-1")
        async with session.client("s3", endpoint_url=bucket.url) as client:
            await client.create_bucket(Bucket=_BUCKET)
        yield bucket


async def _answers(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http, asyncio.timeout(_START_SECONDS):
        while True:
            try:
                if (await http.get("/_localstack/health")).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
