"""The GPU host's worker: training, evaluation, deployment, detection."""

from __future__ import annotations

import asyncio
from typing import Any

from adapters.presence import DETECTIONS
from adapters.queue import INFERENCE_QUEUE, TRAINING_QUEUE
from adapters.settings import Settings
from workers.claims import ClaimLoops, Handler
from workers.deployment import Deployment
from workers.device import device_name, resolve_device
from workers.engine import Engine
from workers.evaluation import Evaluation
from workers.host_gpu import host_gpu
from workers.inference import Inference
from workers.materials import Materials
from workers.presence import stay_present
from workers.pretrained import Pretrained
from workers.process import Served, queue_worker, run_until_told, scratch_folder, wake_queue, worker_name
from workers.renderer import open_renderer
from workers.services import Services, open_services
from workers.training import Training
from workers.training_run import TrainingHost

_DETECTIONS_AT_ONCE = 8
_KEEP_ANSWER_SECONDS = 60
_DETECT_POLL_SECONDS = 0.01


async def run_gpu_worker(settings: Settings) -> None:
    """Works until it is told to stop; what it holds then is given back."""
    device = await asyncio.to_thread(resolve_device, settings.device)
    async with open_services(settings) as services, open_renderer(settings) as renderer:
        with scratch_folder(settings.work_dir, "gpu") as folder:
            materials = Materials(services.store, renderer, settings.threads)
            gpu = host_gpu(settings, device, services.database, services.redis)
            await gpu.free_left_over()
            # Only trainings share their work among several GPUs.
            first_device = device.split(",")[0]
            engine = Engine(first_device, settings.threads)
            inference = Inference(engine, services.store, materials, folder / "weights")
            host = TrainingHost(
                services.database,
                services.store,
                services.doorbell,
                materials,
                device,
                Pretrained(services.store, settings.pretrained_weights),
                gpu,
            )
            handlers: list[Handler] = [
                Training(host, await asyncio.to_thread(device_name, device), folder),
                Evaluation(services.database, materials, gpu, first_device, folder),
                Deployment(services.database, inference),
            ]
            loops = ClaimLoops(services.database, worker_name("gpu"), handlers)

            async def detect(_: dict[Any, Any], data: dict[str, Any], asked: float) -> dict[str, Any]:
                return await inference.answer(data, asked)

            queues = [
                wake_queue(services.redis, TRAINING_QUEUE, loops),
                queue_worker(
                    services.redis,
                    INFERENCE_QUEUE,
                    [Served("detect", detect, _KEEP_ANSWER_SECONDS, _DETECTIONS_AT_ONCE)],
                    _DETECT_POLL_SECONDS,
                ),
            ]
            try:
                await run_until_told([loops.run(), _be_present(services, inference)], queues)
            finally:
                engine.close()


async def _be_present(services: Services, inference: Inference) -> None:
    """Lets the API know that somebody answers detections, from when the models in use are loaded."""
    await inference.preload(services.database)
    await stay_present(services.redis, DETECTIONS)
