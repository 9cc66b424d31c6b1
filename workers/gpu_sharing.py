"""How those who use this host's GPU share it, as GPU_SHARING says."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from redis.asyncio import Redis

from adapters.gpu_memory import NoMemory, NvmlMemory
from adapters.gpu_mutex import RedisGpuMutex
from adapters.sam3 import Sam3Client
from adapters.settings import Settings
from domain.ports import Database
from workers.gpu_lending import GpuLending
from workers.gpu_room import GpuRoom
from workers.gpu_turns import FreeTurns, GpuTurns, LeasedTurns
from workers.host_gpu import ExclusiveGpu, HostGpu, SharedGpu

_GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class GpuSharing:
    """One GPU host: `gpu` for trainings and evaluations, `turns` for detections, `lending` for SAM3. `exclusive` when
    they have it one after the other."""

    exclusive: bool
    mutex: RedisGpuMutex
    room: GpuRoom
    gpu: HostGpu
    turns: GpuTurns
    lending: GpuLending

    @property
    def host(self) -> str:
        return self.mutex.host


def gpu_sharing(settings: Settings, device: str, database: Database, redis: Redis) -> GpuSharing:
    """How holders share `device`, which is Ultralytics' name for it."""
    cuda = device not in ("cpu", "mps")
    exclusive = cuda or settings.gpu_sharing == "exclusive"
    memory = NvmlMemory([int(index) for index in device.split(",")]) if cuda else NoMemory()
    sam3 = Sam3Client(settings.sam3_url) if settings.sam3_url else None
    room = GpuRoom(memory, sam3, int(settings.sam3_memory_gb * _GB))
    mutex = RedisGpuMutex(redis, socket.gethostname())
    return GpuSharing(
        exclusive=exclusive,
        mutex=mutex,
        room=room,
        gpu=ExclusiveGpu(database, mutex, room) if exclusive else SharedGpu(),
        turns=LeasedTurns(database, mutex, room) if exclusive else FreeTurns(),
        lending=GpuLending(database, mutex, room),
    )
