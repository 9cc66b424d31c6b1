"""Roboflow's open inference server beside ours, on the same ONNX file. It has an environment of its own:
ROBOFLOW_INFERENCE names a Python that has `inference-cpu[http]`. Where it is not named, it is not measured."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_SCRIPT = Path(__file__).with_name("roboflow_peer.py")
_START_SECONDS = 180


@dataclass(frozen=True, slots=True)
class RoboflowServer:
    http: httpx.AsyncClient

    async def detect(self, image: bytes, confidence: float, iou: float) -> int:
        """How many objects it finds on an image file."""
        body = {
            "model_id": "bench/1",
            "api_key": "none",
            "image": {"type": "base64", "value": base64.b64encode(image).decode()},
            "confidence": confidence,
            "iou_threshold": iou,
        }
        response = await self.http.post("/infer/object_detection", json=body)
        response.raise_for_status()
        return len(response.json()["predictions"])


@asynccontextmanager
async def roboflow_server(
    onnx: Path, classes: Sequence[str], side: int, folder: Path
) -> AsyncIterator[RoboflowServer | None]:
    """None where there is no Python for it."""
    python = os.environ.get("ROBOFLOW_INFERENCE")
    if python is None:
        yield None
        return
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [str(onnx), json.dumps(list(classes)), str(side), str(port), str(folder)]
    command = [python, "-P", str(_SCRIPT), *arguments]  # beside it lies another `inference`
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # noqa: S603, ASYNC220 - our own script
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            await _answers(http)
            yield RoboflowServer(http)
    finally:
        process.kill()
        process.wait()


async def _answers(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            try:
                await http.get("/info")
            except httpx.TransportError:
                await asyncio.sleep(0.5)
            else:
                return
