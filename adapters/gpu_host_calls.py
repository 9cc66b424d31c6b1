"""What a certain GPU host is told to do, over an arq queue of its own."""

from __future__ import annotations

from dataclasses import asdict

from arq.connections import ArqRedis

from adapters.presence import gpu_host_presence
from adapters.queue import gpu_host_queue
from adapters.worker_call import WorkerService
from domain.models.detection import ServedModel


class QueueGpuHostCalls:
    """Fulfils domain.ports.GpuHostCalls."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def load(self, host: str, model: ServedModel, seconds: float) -> None:
        await _service(host, "load").answer(self._redis, seconds, asdict(model))

    async def unload(self, host: str, seconds: float) -> None:
        await _service(host, "unload").answer(self._redis, seconds)


def _service(host: str, function: str) -> WorkerService:
    return WorkerService(
        presence=gpu_host_presence(host),
        queue=gpu_host_queue(host),
        function=function,
        unstaffed=f"No GPU worker is running on {host}; start one with `agridrone worker gpu`.",
    )
