"""Whether what an image installs runs: started from an empty folder by the environment's own Python, on servers that
it brings along. Says what does not, with exit code 1."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from arq.connections import ArqRedis

from adapters.presence import PREVIEWS, gpu_host_presence, is_present
from adapters.queue import connect_queue
from cli.embedded_redis import embedded_redis

_HEAVY = ("torch", "ultralytics", "cv2", "onnxruntime", "pyvips")
_START_SECONDS = 120
_STOP_SECONDS = 60
_LOOK_SECONDS = 0.2
_COMMAND = Path(sys.executable).with_name("agridrone")


class CheckError(Exception):
    """What an image lacks."""


async def check(target: str) -> None:
    """Raises CheckError when the environment is not what the target promises."""
    _check_libraries(target)
    schema = await _said("schema")
    _expect("type Query" in schema, "`agridrone schema` does not print the schema")
    _expect("migrate" in await _said("--help"), "`agridrone --help` does not name its commands")
    folder = Path.cwd()
    async with embedded_redis(folder) as redis_url:
        environment = {**os.environ, "REDIS_URL": redis_url, "AGRIDRONE_DATA_DIR": str(folder / "data")}
        _expect(await (await _start(environment, "migrate")).wait() == 0, "`agridrone migrate` failed")
        await _check_api(environment)
        if target != "api":
            redis = await connect_queue(redis_url)
            await _check_worker(environment, redis, "io", PREVIEWS)
            host = gpu_host_presence(socket.gethostname())
            await _check_worker({**environment, "DEVICE": "cpu"}, redis, "gpu", host)
            await redis.aclose()


def _check_libraries(target: str) -> None:
    """The server does without torch, the workers do not; for CUDA it is the build that knows CUDA."""
    for name in _HEAVY:
        there = importlib.util.find_spec(name) is not None
        _expect(there == (target != "api"), f"{name} is {'' if there else 'not '}installed")
    if target == "api":
        return
    for name in _HEAVY:
        importlib.import_module(name)  # a system library that is missing shows here
    if target == "worker-cuda":
        torch = importlib.import_module("torch")
        _expect(torch.version.cuda is not None, "torch is a build without CUDA: the index that pip asked has no other")


async def _check_api(environment: Mapping[str, str]) -> None:
    """It answers, is ready, and sends the pages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    async with _running(environment, "api", "--port", str(port)) as api, httpx.AsyncClient(base_url=address) as client:
        await _until(api, lambda: _listens(port), "the API to listen")
        _expect((await client.get("/healthz")).status_code == 200, "/healthz does not answer 200")
        ready = await client.get("/readyz")
        _expect(ready.status_code == 200, f"the API is not ready: {ready.text}")
        page = await client.get("/")
        _expect('<script type="module"' in page.text, "the pages are not in the package")


async def _check_worker(environment: Mapping[str, str], redis: ArqRedis, kind: str, service: str) -> None:
    """It starts, and says that it is there to answer."""
    async with _running(environment, "worker", kind) as worker:
        await _until(worker, lambda: is_present(redis, service), f"worker {kind} to say that it is there")


@asynccontextmanager
async def _running(environment: Mapping[str, str], *arguments: str) -> AsyncIterator[Process]:
    """A part, which has to end in order when it is told to."""
    process = await _start(environment, *arguments)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        _expect(code == 0, f"`agridrone {' '.join(arguments)}` ended with {code} at SIGTERM")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _until(process: Process, seen: Callable[[], Awaitable[bool]], what: str) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while not await seen():
            _expect(process.returncode is None, f"waited for {what}: it ended with {process.returncode}")
            await asyncio.sleep(_LOOK_SECONDS)


async def _start(environment: Mapping[str, str], *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(_COMMAND, *arguments, env=environment)


async def _said(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(_COMMAND, *arguments, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    _expect(process.returncode == 0, f"`agridrone {' '.join(arguments)}` ended with {process.returncode}")
    return said.decode()


async def _listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def _expect(true: bool, otherwise: str) -> None:
    if not true:
        raise CheckError(otherwise)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)
        try:
            asyncio.run(check(sys.argv[1]))
        except (CheckError, TimeoutError, ImportError, OSError) as error:
            sys.exit(f"The {sys.argv[1]} image: {error or type(error).__name__}.")
