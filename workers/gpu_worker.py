"""The GPU host's worker: training, evaluation, deployment, detection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arq.worker import Worker

from adapters.origins import Origins
from adapters.presence import DETECTIONS, gpu_host_presence
from adapters.queue import INFERENCE_QUEUE, TRAINING_QUEUE, gpu_host_queue
from adapters.settings import Settings
from workers.claims import ClaimLoops, Handler
from workers.deployment import Deployment
from workers.detection import Detection
from workers.device import device_name, resolve_device
from workers.engine import Engine
from workers.evaluation import Evaluation
from workers.gpu_gate import keep_gate
from workers.gpu_http import gpu_host_app
from workers.gpu_report import HostReport
from workers.gpu_sharing import GpuSharing, gpu_sharing
from workers.http_server import serve_http
from workers.inference import Inference
from workers.local_detection import LocalDetection
from workers.materials import Materials
from workers.metrics_face import metrics_face
from workers.model_loader import ModelLoader
from workers.preloading import Preloading
from workers.presence import stay_present
from workers.pretrained import Pretrained
from workers.process import Served, queue_worker, run_until_told, scratch_folder, wake_queue, worker_name
from workers.pulse import keep_pulse
from workers.renderer import open_renderer
from workers.services import Services, open_services
from workers.training import Training
from workers.training_run import TrainingHost
from workers.verdicts import Verdicts

_DETECTIONS_AT_ONCE = 8
_KEEP_ANSWER_SECONDS = 60
_DETECT_POLL_SECONDS, _TOLD_POLL_SECONDS = 0.01, 0.25
_CLOSING_SECONDS = 4
"""Of SHUTDOWN_SECONDS, for calls of the HTTP face that were cut off to give back what they hold."""


async def run_gpu_worker(settings: Settings) -> None:
    """Works until it is told to stop; a training is given back then, and what else is not done in SHUTDOWN_SECONDS."""
    device = await asyncio.to_thread(resolve_device, settings.device)
    async with open_services(settings) as services, open_renderer(settings) as renderer:
        with scratch_folder(settings.work_dir, "gpu") as folder:
            sharing = gpu_sharing(settings, device, services.database, services.redis)
            await sharing.gpu.free_left_over()
            name = await asyncio.to_thread(device_name, device)
            async with _open_host(settings, services, sharing, device, name, folder) as host:
                materials = Materials(services.store, renderer, settings.threads)
                pretrained = Pretrained(services.store, settings.pretrained_weights)
                database, store, gpu = services.database, services.store, sharing.gpu
                training = TrainingHost(database, store, services.doorbell, materials, device, pretrained, gpu)
                handlers: list[Handler] = [
                    Training(training, name, folder),
                    Evaluation(database, materials, gpu, _first(device), folder),
                    Deployment(database, host.inference),
                    Detection(database, store, LocalDetection(database, host.inference)),
                ]
                loops = ClaimLoops(database, worker_name("gpu"), handlers, Origins(services.redis))
                detections = host.detections()
                to_the_end = [keep_pulse(folder), *metrics_face(settings)]
                queues = [wake_queue(services.redis, TRAINING_QUEUE, loops), detections, host.told()]
                await run_until_told(loops, host.parts(detections), queues, settings.shutdown_seconds, to_the_end)


@dataclass(frozen=True, slots=True)
class _Host:
    """What this host answers at once, and what it says of itself."""

    services: Services
    sharing: GpuSharing
    inference: Inference
    preloading: Preloading
    report: HostReport

    def parts(self, detections: Worker) -> list[Coroutine[Any, Any, None]]:
        """What runs all the time; `detections` is the queue of the same name."""
        redis = self.services.redis
        parts: list[Coroutine[Any, Any, None]] = [
            self._be_present(),
            self.preloading.keep(),
            self.report.keep(),
            stay_present(redis, gpu_host_presence(self.sharing.host)),
        ]
        if self.sharing.exclusive:
            parts.append(keep_gate(detections, self.sharing.mutex))
        settings = self.services.settings
        if settings.gpu_http_port:
            secret = settings.gpu_http_secret.get_secret_value()
            database, store, lending = self.services.database, self.services.store, self.sharing.lending
            app = gpu_host_app(secret, database, store, self.inference, lending, self.report)
            place = settings.gpu_http_host, settings.gpu_http_port
            drain_seconds = max(settings.shutdown_seconds - _CLOSING_SECONDS, 0)
            parts.append(serve_http(app, *place, "GPU_HTTP_PORT", drain_seconds=drain_seconds))
        return parts

    def detections(self) -> Worker:
        """The queue that all GPU hosts share."""

        async def detect(_: dict[Any, Any], data: dict[str, Any], asked: float, seconds: float) -> dict[str, Any]:
            return await self.inference.answer(data, asked, seconds)

        served = [Served("detect", detect, _KEEP_ANSWER_SECONDS, _DETECTIONS_AT_ONCE)]
        return queue_worker(self.services.redis, INFERENCE_QUEUE, served, _DETECT_POLL_SECONDS)

    def told(self) -> Worker:
        """The queue of this host alone. What it has done shows at once."""

        async def load(_: dict[Any, Any], data: dict[str, Any]) -> dict[str, Any]:
            answer = await self.inference.answer_load(data)
            await self.report.tell()
            return answer

        async def unload(_: dict[Any, Any]) -> dict[str, Any]:
            answer = await self.inference.answer_unload()
            await self.report.tell()
            return answer

        served = [Served("load", load, _KEEP_ANSWER_SECONDS, 1), Served("unload", unload, _KEEP_ANSWER_SECONDS, 1)]
        return queue_worker(self.services.redis, gpu_host_queue(self.sharing.host), served, _TOLD_POLL_SECONDS)

    async def _be_present(self) -> None:
        """Lets the API know that somebody answers detections, from when the models in use are loaded."""
        await self.preloading.load()
        await stay_present(self.services.redis, DETECTIONS)


@asynccontextmanager
async def _open_host(
    settings: Settings, services: Services, sharing: GpuSharing, device: str, name: str, folder: Path
) -> AsyncIterator[_Host]:
    """With an engine of its own, which it leaves empty."""
    engine = Engine(_first(device), settings.threads)
    verdicts = Verdicts(settings.data_dir / "cache" / "runtimes")
    loader = ModelLoader(services.database, services.store, folder / "weights", verdicts)
    inference = Inference(engine, services.store, loader, sharing.turns)
    sharing.room.unload_ours = inference.unload
    preloading = Preloading(services.database, engine, inference, sharing.turns)
    report = HostReport(services.database, sharing.host, name, sharing.exclusive, sharing.room, inference.loaded)
    try:
        yield _Host(services, sharing, inference, preloading, report)
    finally:
        await sharing.turns.close()
        await report.end()
        engine.unload()


def _first(device: str) -> str:
    """Only trainings share their work among several GPUs."""
    return device.split(",")[0]
