"""GPU hosts."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.gpus import Gpu
from domain.models.gpu import GpuHolder
from schema.models import TrainedModel
from schema.payload import Payload
from schema.scalars import BigInt
from schema.training import TrainingJob

strawberry.enum(GpuHolder)


@strawberry.type
class GpuStatus:
    host: str
    device: str
    memory_total: BigInt | None
    memory_used: BigInt | None
    holder: GpuHolder | None
    fencing_token: BigInt | None = strawberry.field(
        description="Grows with every change of holder; what an older holder still tries to write is refused."
    )
    held_since: datetime | None
    training_job: TrainingJob | None
    loaded_model: TrainedModel | None
    sam3_loaded: bool | None = strawberry.field(name="sam3Loaded")
    worker_alive: bool

    @classmethod
    def of(cls, gpu: Gpu) -> GpuStatus:
        host, lease = gpu.host, gpu.lease
        return cls(
            host=host.host,
            device=host.device,
            memory_total=BigInt(host.memory_total) if host.memory_total is not None else None,
            memory_used=BigInt(host.memory_used) if host.memory_used is not None else None,
            holder=lease.holder if lease else None,
            fencing_token=BigInt(lease.token) if lease else None,
            held_since=lease.since if lease else None,
            training_job=TrainingJob.of(gpu.training_job) if gpu.training_job else None,
            loaded_model=TrainedModel.of(gpu.loaded_model) if gpu.loaded_model else None,
            sam3_loaded=host.sam3_loaded,
            worker_alive=host.alive,
        )


@strawberry.type
class GpuPayload(Payload):
    gpu: GpuStatus | None = None
