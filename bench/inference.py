"""Detection on a running server against Ultralytics' `predict` in one process, with the same weights and runtime."""

from __future__ import annotations

import asyncio
import hashlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

from bench.roboflow_server import RoboflowServer, roboflow_server
from cli.client import Client
from cli.demo.dataset import LabelledImage
from cli.demo.ground import DRY_NOON
from cli.demo.project import make_project
from cli.demo.scenes import scene
from cli.demo.screen import Step
from cli.demo.server import Server
from cli.demo.upload import annotate, upload
from cli.demo.waiting import settled
from workers.engine import Engine, NetworkFile, RuntimeKind
from workers.engine.containment import contained_folder

IMAGES, EPOCHS, IMAGE_SIZE, BATCH = 24, 4, 640, 4
PAIRS, WARM, AT_ONCE, ROUNDS, BATCH_IMAGES = 60, 5, 32, 5, 200
THREADS = os.cpu_count() or 1
_CONFIDENCE, _IOU = 0.25, 0.45
_CREATE = """
mutation ($input: CreateVersionInput!) { createVersion(input: $input) { version { id } userErrors { message } } }
"""
_FROZEN = """
subscription ($versionId: ID!, $after: String) { versionProgress(versionId: $versionId, after: $after) { cursor } }
"""
_START = """
mutation ($input: StartTrainingInput!) { startTraining(input: $input) { job { id } userErrors { message } } }
"""
_TRAINING = """
subscription ($jobId: ID!, $after: String) { trainingProgress(jobId: $jobId, after: $after) { cursor } }
"""
_JOB = """
query ($id: ID!) { trainingJob(id: $id) { failureReason model { id classes weightsUrl files { name url } } } }
"""
_DEPLOY = """
mutation ($input: DeployModelInput!) { deployModel(input: $input) { deployment { id } userErrors { message } } }
"""
_DEPLOYED = "query ($id: ID!) { node(id: $id) { ... on ModelDeployment { status failureReason } } }"
_DETECT = """
mutation ($input: DetectInput!) {
  detect(input: $input) { result { queueMs inferenceMs detections { confidence } } userErrors { message } }
}
"""
_DETECT_ALL = """
mutation ($input: StartDetectionInput!) { startDetection(input: $input) { job { id } userErrors { message } } }
"""
_DETECTING = """
subscription ($jobId: ID!, $after: String) { detectionProgress(jobId: $jobId, after: $after) { cursor } }
"""
_DETECTED = "query ($id: ID!) { detectionJob(id: $id) { status done failed total failureReason } }"


@dataclass(frozen=True, slots=True)
class _Field:
    """What is measured with: a project whose active model is there as files, too, and its images on either side."""

    project_id: str
    assets: Sequence[str]
    files: Sequence[Path]
    weights: Path
    onnx: Path
    classes: Sequence[str]


async def measure_inference() -> None:
    """Prints what a detection takes beyond `predict`, what 32 at once take, batch detection's share of the raw rate,
    and the rates of the runtimes."""
    os.environ["THREADS"] = str(THREADS)
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        folder = Path(name)
        with Server(folder / "data", "127.0.0.1", None) as server:
            token = await asyncio.to_thread(server.token, "bench@example.org")
            async with Client(server.address, token) as client:
                field = await _field(client, folder)
                predict = await asyncio.to_thread(_predictor, field.onnx)
                await _one_by_one(client, field, predict)
                async with roboflow_server(field.onnx, field.classes, IMAGE_SIZE, folder / "roboflow") as theirs:
                    if theirs is not None:
                        await _beside(client, field, theirs)
                await _at_once(client, field)
                await _batch(client, field, predict)
        await asyncio.to_thread(_runtimes, field)
        await asyncio.to_thread(_on_cuda, field)


async def _one_by_one(client: Client, field: _Field, predict: Callable[[Path], None]) -> None:
    """In turn, so that both have the same machine."""
    ours, theirs, inference = [], [], []
    for number in range(WARM + PAIRS):
        index = number % len(field.files)
        asked = time.perf_counter()
        answer = await _detect(client, field, index)
        took = _since(asked)
        asked = time.perf_counter()
        await asyncio.to_thread(predict, field.files[index])
        if number >= WARM:
            ours.append(took)
            theirs.append(_since(asked))
            inference.append(answer["inferenceMs"])
    overhead = statistics.median(ours) - statistics.median(theirs)
    _say(f"detect by GraphQL of a stored image, yolo11n at {IMAGE_SIZE} px, {PAIRS} pairs, p50:")
    _say(f"  {statistics.median(ours):.1f} ms, of which {statistics.median(inference):.1f} ms from bytes to boxes")
    _say(f"  predict in one process {statistics.median(theirs):.1f} ms: {overhead:+.1f} ms")


async def _beside(client: Client, field: _Field, server: RoboflowServer) -> None:
    images = [path.read_bytes() for path in field.files[:WARM]]
    ours, theirs = [], []
    for number in range(WARM + PAIRS):
        index = number % len(images)
        took = await _timed(client, field, index)
        asked = time.perf_counter()
        await server.detect(images[index], _CONFIDENCE, _IOU)
        if number >= WARM:
            ours.append(took)
            theirs.append(_since(asked))
    p50, their_p50 = statistics.median(ours), statistics.median(theirs)
    _say(f"Roboflow's open server on the same file, p50 {their_p50:.1f} ms, ours {p50:.1f} ms: {p50 / their_p50:.2f} x")


async def _at_once(client: Client, field: _Field) -> None:
    single = statistics.median([await _timed(client, field, number) for number in range(20)])
    taken: list[float] = []
    for _ in range(ROUNDS):
        taken += await asyncio.gather(*(_timed(client, field, number) for number in range(AT_ONCE)))
    longest = sorted(taken)[int(len(taken) * 0.99)]
    _say(f"{AT_ONCE} detections at once, {ROUNDS} rounds, none lost:")
    share = longest / (AT_ONCE * single)
    _say(f"  p99 {longest:.0f} ms, {share:.2f} x {AT_ONCE} x the single one's {single:.1f} ms")


async def _batch(client: Client, field: _Field, predict: Callable[[Path], None]) -> None:
    began = time.perf_counter()
    for number in range(BATCH_IMAGES):
        await asyncio.to_thread(predict, field.files[number % len(field.files)])
    raw = BATCH_IMAGES / (time.perf_counter() - began)
    began = time.perf_counter()
    order = {"projectId": field.project_id, "backend": "LOCAL", "confidence": _CONFIDENCE, "iou": _IOU}
    job_id = (await client.call(_DETECT_ALL, input=order))["job"]["id"]
    async for _ in client.follow(_DETECTING, jobId=job_id):
        pass
    seconds = time.perf_counter() - began
    job = await client.call(_DETECTED, id=job_id)
    if (job["status"], job["failed"], job["done"]) != ("COMPLETED", 0, len(field.assets)):
        raise RuntimeError(f"The detection is {job}.")
    rate = job["done"] / seconds
    _say(f"batch detection, {job['done']} images: {rate:.1f} images/s, {rate / raw:.2f} x raw predict's {raw:.1f}")


def _runtimes(field: _Field) -> None:
    by_torch, by_onnx = _predictor(field.weights), _predictor(field.onnx)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM + PAIRS):
        for predict, taken in zip((by_torch, by_onnx), times, strict=True):
            began = time.perf_counter()
            predict(field.files[number % len(field.files)])
            taken.append(_since(began))
    torch, onnx = (statistics.median(taken[WARM:]) for taken in times)
    _say(f"predict in one process: torch {torch:.1f} ms, ONNX Runtime {onnx:.1f} ms, {torch / onnx:.2f} x as fast")


def _on_cuda(field: _Field) -> None:
    """Our own runtime, from pictures to boxes, where there is a GPU."""
    import torch

    if not torch.cuda.is_available():
        return
    sha256 = hashlib.sha256(field.weights.read_bytes()).hexdigest()
    engine = Engine("0", THREADS)
    runtime = engine.open(NetworkFile(RuntimeKind.TORCH_HALF, field.weights, sha256, (), IMAGE_SIZE))
    for batch in (1, 16):
        pictures, taken = [np.full((IMAGE_SIZE, IMAGE_SIZE, 3), 90, np.uint8)] * batch, []
        for _ in range(WARM + PAIRS):
            began = time.perf_counter()
            engine.find(runtime, pictures, _CONFIDENCE, _IOU)
            taken.append(_since(began) / batch)
        name = torch.cuda.get_device_name()
        _say(f"torch in 16 bits on {name}, {batch} at once: {statistics.median(taken[WARM:]):.2f} ms an image")


def _predictor(weights: Path) -> Callable[[Path], None]:
    contained_folder(THREADS)
    from ultralytics import YOLO

    model: Any = YOLO(str(weights), task="detect")

    def predict(image: Path) -> None:
        model.predict(str(image), imgsz=IMAGE_SIZE, conf=_CONFIDENCE, iou=_IOU, device="cpu", verbose=False)

    return predict


async def _timed(client: Client, field: _Field, number: int) -> float:
    asked = time.perf_counter()
    await _detect(client, field, number % len(field.assets))
    return _since(asked)


async def _detect(client: Client, field: _Field, index: int) -> dict[str, Any]:
    order = {
        "projectId": field.project_id,
        "source": {"assetId": field.assets[index]},
        "backend": "LOCAL",
        "confidence": _CONFIDENCE,
        "iou": _IOU,
    }
    result: dict[str, Any] = (await client.call(_DETECT, input=order))["result"]
    return result


async def _field(client: Client, folder: Path) -> _Field:
    """More images than the model was trained on, so that batch detection has something to do."""
    project_id, _ = await make_project(client)
    progress = Progress(disable=True)
    step = Step(progress, progress.add_task(""))
    views = [scene(seed, DRY_NOON) for seed in range(BATCH_IMAGES)]
    images = [LabelledImage(f"field-{view.seed}.jpg", view.boxes, view.jpeg) for view in views]
    assets = await upload(client, project_id, "bench", images, step)
    await annotate(client, project_id, images[:IMAGES], assets[:IMAGES], step)
    model = await _trained(client, project_id, step)
    (onnx_url,) = (file["url"] for file in model["files"] if file["name"] == "model.onnx")
    paths = {"weights.pt": model["weightsUrl"], "model.onnx": onnx_url}
    for name, url in paths.items():
        (folder / name).write_bytes(await client.download(url))
    files = [folder / image.filename for image in images]
    for path, image in zip(files, images, strict=True):
        path.write_bytes(image.read())
    return _Field(project_id, assets, files, folder / "weights.pt", folder / "model.onnx", model["classes"])


async def _trained(client: Client, project_id: str, step: Step) -> dict[str, Any]:
    """A model that is deployed, so that it answers with the host's fastest runtime."""
    order = {
        "projectId": project_id,
        "splits": {"train": 0.8, "val": 0.2, "test": 0},
        "preprocessing": {"resize": {"width": IMAGE_SIZE, "height": IMAGE_SIZE}},
    }
    version_id: str = (await client.call(_CREATE, input=order))["version"]["id"]
    async for _ in client.follow(_FROZEN, versionId=version_id):
        pass
    config = {"baseModel": "YOLO11N", "epochs": EPOCHS, "batchSize": BATCH, "imageSize": IMAGE_SIZE}
    training = {"datasetVersionId": version_id, "config": config, "fromScratch": True}
    job_id = (await client.call(_START, input=training))["job"]["id"]
    async for _ in client.follow(_TRAINING, jobId=job_id):
        pass
    job = await client.call(_JOB, id=job_id)
    if job["model"] is None:
        raise RuntimeError(f"The training came to nothing: {job['failureReason']}")
    deploy = {"projectId": project_id, "model": {"modelId": job["model"]["id"]}}
    deployment_id = (await client.call(_DEPLOY, input=deploy))["deployment"]["id"]
    deployed = await settled(client, _DEPLOYED, deployment_id, step)
    if deployed["status"] != "ACTIVE":
        raise RuntimeError(f"The deployment failed: {deployed['failureReason']}")
    model: dict[str, Any] = job["model"]
    return model


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
