"""Mutations that tell a GPU host what to do."""

from __future__ import annotations

import strawberry

from domain.gpus import load_model, unload_model
from domain.policies import Action
from resolvers.permissions import mutates
from schema.context import Info
from schema.gpus import GpuPayload, GpuStatus


@strawberry.type
class GpuMutations:
    @strawberry.mutation
    @mutates(Action.LOAD_MODEL, GpuPayload)
    async def load_model(self, info: Info, model_id: strawberry.ID, host: str | None = None) -> GpuPayload:
        context = info.context
        gpu = await load_model(
            context.database, context.backends.leases, context.gpu_hosts, context.principal, model_id, host
        )
        return GpuPayload(gpu=GpuStatus.of(gpu))

    @strawberry.mutation
    @mutates(Action.UNLOAD_MODEL, GpuPayload)
    async def unload_model(self, info: Info, host: str | None = None) -> GpuPayload:
        context = info.context
        gpu = await unload_model(context.database, context.backends.leases, context.gpu_hosts, context.principal, host)
        return GpuPayload(gpu=GpuStatus.of(gpu))
