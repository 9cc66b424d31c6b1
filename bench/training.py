"""A whole training job on a running server against `yolo detect train` with the same arguments on the same pictures."""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from rich.progress import Progress

from cli.client import Client
from cli.demo.dataset import LabelledImage
from cli.demo.ground import DRY_NOON
from cli.demo.project import make_project
from cli.demo.scenes import scene
from cli.demo.screen import Step
from cli.demo.server import Server
from cli.demo.upload import annotate, upload
from workers.child.environment import contained_environment

PAIRS, EPOCHS, IMAGES, IMAGE_SIZE, BATCH = 5, 25, 40, 160, 8
# One thread for both: Ultralytics leaves one of two cores alone when it is asked for none.
THREADS = 1
_ROOT = Path(__file__).resolve().parents[1]
_NOT_ARGUMENTS = ("recipe", "bn_momentum", "exist_ok")
_LOOK_SECONDS = 0.005
_IDLE_SECONDS = 10.0
_CREATE = """
mutation ($input: CreateVersionInput!) { createVersion(input: $input) { version { id } userErrors { message } } }
"""
_FROZEN = """
subscription ($versionId: ID!, $after: String) { versionProgress(versionId: $versionId, after: $after) { cursor } }
"""
_EXPORT = """
mutation ($id: ID!) { exportVersion(id: $id, format: YOLO) { export { id } userErrors { message } } }
"""
_EXPORTING = """
subscription ($exportId: ID!, $after: String) { exportProgress(exportId: $exportId, after: $after) { cursor } }
"""
_EXPORTED = "query ($id: ID!) { node(id: $id) { ... on VersionExport { status url } } }"
_START = """
mutation ($input: StartTrainingInput!) { startTraining(input: $input) { job { id } userErrors { message } } }
"""
_JOB = "query ($id: ID!) { trainingJob(id: $id) { status failureReason config { effective } } }"
_PROGRESS = """
subscription ($jobId: ID!, $after: String) {
  trainingProgress(jobId: $jobId, after: $after) { cursor kind status epoch }
}
"""


@dataclass
class _Cost:
    """Of one training: seconds of the clock, and of the processor for the child and for its worker."""

    rendering: float = 0.0
    wall: float = 0.0
    child: float = 0.0
    worker: float = 0.0
    heard_after: list[float] = field(default_factory=list)
    effective: Mapping[str, Any] = field(default_factory=dict)


async def measure_training() -> None:
    """Prints the ratios of the clock and of the processor, the worker's share, and how late a subscriber hears."""
    os.environ["THREADS"] = str(THREADS)
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        folder = Path(name)
        with Server(folder / "data", "127.0.0.1", None) as server:
            token = await asyncio.to_thread(server.token, "bench@example.org")
            async with Client(server.address, token) as client:
                await _measure(client, folder)


async def _measure(client: Client, folder: Path) -> None:
    version_id = await _version(client)
    data = await _exported(client, version_id, folder)
    idle = await _idle_share()
    ours, theirs = [], []
    for number in range(PAIRS):
        ours.append(await _train(client, version_id, folder / "data" / "work"))
        theirs.append(await asyncio.to_thread(_peer, data, ours[-1].effective, folder / f"peer-{number}"))
    wall = statistics.median(one.wall / peer.wall for one, peer in zip(ours, theirs, strict=True))
    # What the worker takes anyway, looking for detections, is no cost of the training.
    own = [max(one.worker - idle * one.wall, 0.0) for one in ours]
    pairs = zip(ours, own, theirs, strict=True)
    processor = statistics.median((one.child + worker) / peer.child for one, worker, peer in pairs)
    share = statistics.median(worker / one.child for one, worker in zip(ours, own, strict=True))
    heard = sorted(seconds for one in ours for seconds in one.heard_after)
    percentile = heard[min(int(len(heard) * 0.99), len(heard) - 1)]
    _say(
        f"a training job of {EPOCHS} epochs, yolo11n at {IMAGE_SIZE} px, {PAIRS} pairs with yolo detect train, medians:"
    )
    _say(
        f"  wall {_median(one.wall for one in ours):.1f} s, {wall:.3f} x (yolo {_median(p.wall for p in theirs):.1f} s)"
    )
    _say(f"  processor {_median(one.child for one in ours):.1f} s of the child's, with the worker's {processor:.3f} x")
    cached = _median(one.rendering for one in ours[1:])
    _say(f"  rendering before it {ours[0].rendering:.1f} s, from the cache {cached:.1f} s")
    _say(f"  the worker's own: {share:.2%} of the child's, beside {idle:.1%} of a core that it takes when idle")
    _say(
        f"  {len(heard)} epochs heard after p50 {heard[len(heard) // 2] * 1000:.0f} ms, p99 {percentile * 1000:.0f} ms"
    )


def _median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


async def _version(client: Client) -> str:
    project_id, _ = await make_project(client)
    progress = Progress(disable=True)
    step = Step(progress, progress.add_task(""))
    views = [scene(seed, DRY_NOON) for seed in range(IMAGES)]
    images = [LabelledImage(f"field-{view.seed}.jpg", view.boxes, view.jpeg) for view in views]
    assets = await upload(client, project_id, "bench", images, step)
    await annotate(client, project_id, images, assets, step)
    order = {
        "projectId": project_id,
        "splits": {"train": 0.8, "val": 0.2, "test": 0},
        "preprocessing": {"resize": {"width": IMAGE_SIZE, "height": IMAGE_SIZE}},
    }
    version_id: str = (await client.call(_CREATE, input=order))["version"]["id"]
    async for _ in client.follow(_FROZEN, versionId=version_id):
        pass
    return version_id


async def _exported(client: Client, version_id: str, folder: Path) -> Path:
    """The version's pictures as a YOLO folder; its data.yaml."""
    export_id = (await client.call(_EXPORT, id=version_id))["export"]["id"]
    async for _ in client.follow(_EXPORTING, exportId=export_id):
        pass
    export = await client.call(_EXPORTED, id=export_id)
    archive = folder / "version.zip"
    archive.write_bytes(await client.download(export["url"]))
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder / "yolo")
    (data,) = (folder / "yolo").rglob("data.yaml")
    return data


async def _idle_share() -> float:
    """Processor seconds a second that the worker takes without work."""
    before = _worker().cpu_times()
    await asyncio.sleep(_IDLE_SECONDS)
    after = _worker().cpu_times()
    return (after.user + after.system - before.user - before.system) / _IDLE_SECONDS


def _worker() -> psutil.Process:
    ours = psutil.Process().children(recursive=True)
    return next(one for one in ours if one.cmdline()[-2:] == ["worker", "gpu"])


async def _train(client: Client, version_id: str, work: Path) -> _Cost:
    config = {"baseModel": "YOLO11N", "epochs": EPOCHS, "batchSize": BATCH, "imageSize": IMAGE_SIZE, "patience": 0}
    order = {"datasetVersionId": version_id, "config": config, "fromScratch": True}
    worker = _worker()
    cost, asked = _Cost(), time.perf_counter()
    job_id = (await client.call(_START, input=order))["job"]["id"]
    async with _states_watched(work) as written:
        async for event in client.follow(_PROGRESS, jobId=job_id):
            now = time.time()
            if event["kind"] == "STATUS" and event["status"] == "RUNNING":
                cost.rendering = time.perf_counter() - asked
                before, began = worker.cpu_times(), time.perf_counter()
            elif event["kind"] == "EPOCH" and event["epoch"] in written:
                cost.heard_after.append(now - written[event["epoch"]])
    after = worker.cpu_times()
    cost.wall = time.perf_counter() - began
    cost.worker = after.user + after.system - before.user - before.system
    cost.child = after.children_user + after.children_system - before.children_user - before.children_system
    job = await client.call(_JOB, id=job_id)
    if job["status"] != "COMPLETED":
        raise RuntimeError(f"The training is {job['status']}: {job['failureReason']}")
    cost.effective = job["config"]["effective"]
    return cost


@asynccontextmanager
async def _states_watched(work: Path) -> AsyncIterator[dict[int, float]]:
    """When the child had each epoch's state on the disk, which it does just before it reports the epoch: by the clock
    of the file system."""
    written: dict[int, float] = {}

    async def look() -> None:
        while True:
            for path in work.glob("gpu-*/training-*/run-1/states/last-*.pt"):
                epoch = int(path.stem.removeprefix("last-"))
                if epoch not in written:
                    try:
                        written[epoch] = path.stat().st_ctime
                    except FileNotFoundError:
                        continue
            await asyncio.sleep(_LOOK_SECONDS)

    looking = asyncio.create_task(look())
    try:
        yield written
    finally:
        looking.cancel()


def _peer(data: Path, effective: Mapping[str, Any], folder: Path) -> _Cost:
    """The same arguments, and pictures of the results, which ours draws at the end too."""
    folder.mkdir()
    arguments = {name: value for name, value in effective.items() if name not in _NOT_ARGUMENTS and value is not None}
    arguments |= {"data": data, "model": "yolo11n.yaml", "pretrained": False, "plots": True, "project": folder}
    words = [f"{name}={value}" for name, value in arguments.items()]
    environment = os.environ | contained_environment(folder / "config", THREADS) | {"PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-m", "bench.training_peer", str(THREADS), "detect", "train", *words]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)  # noqa: S603 - our own
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Cost(wall=time.perf_counter() - began, child=used)
