"""An S3 server on this machine: MiniStack, in a process of its own."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aioboto3
import httpx
import pytest

from adapters.settings import Settings, load_settings
from secret_watch import keep_out_of_logs

START_SECONDS = 60
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class S3Server:
    """Where the server listens, and the credentials that it knows."""

    url: str
    access_key_id: str
    secret_access_key: str

    def settings(self, bucket: str, **chosen: object) -> Settings:
        """The product's settings for a bucket of this server; what is chosen besides wins."""
        return load_settings(**{**self.words(bucket), **chosen})

    def words(self, bucket: str) -> dict[str, Any]:
        """The settings by name."""
        return {
            "s3_bucket": bucket,
            "s3_endpoint_url": self.url,
            "s3_access_key_id": self.access_key_id,
            "s3_secret_access_key": self.secret_access_key,
        }

    async def new_bucket(self, region: str = "us-east-1") -> str:
        """Makes an empty bucket; the answer is its name."""
        name = f"agridrone-test-{secrets.token_hex(6)}"
        session = aioboto3.Session(self.access_key_id, self.secret_access_key, region_name=region)
        elsewhere = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        async with session.client("s3", endpoint_url=self.url) as client:
            await client.create_bucket(Bucket=name, **elsewhere)
        return name


@contextmanager
def refusal(*words: str) -> Iterator[None]:
    """The block ends with an OSError whose sentence has these words in it."""
    with pytest.raises(OSError) as refused:  # noqa: PT011
        yield
    assert [word for word in words if word not in str(refused.value)] == [], str(refused.value)


@contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    """Starts the server with its data and its log in `folder`, and ends it with all that it started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = S3Server(
        f"http://127.0.0.1:{port}", "tests", keep_out_of_logs(secrets.token_hex(16), "S3_SECRET_ACCESS_KEY")
    )
    environment = {
        **os.environ,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": "s3",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "data"),
        "AWS_SECRET_ACCESS_KEY": server.secret_access_key,
        "TMPDIR": str(folder),
    }
    log = folder / "s3.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_answer(server, process, log)
        yield server
    finally:
        _end(process)


def _await_answer(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    over = time.monotonic() + START_SECONDS
    while time.monotonic() < over and process.poll() is None:
        try:
            if httpx.get(f"{server.url}/_localstack/health", timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"MiniStack did not answer at {server.url}:\n{log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """The process group too, in case the server started others."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
