"""The GPU for SAM3, which takes it, renews it and gives it back over the GPU host's HTTP face."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from redis.exceptions import RedisError
from starlette.requests import ClientDisconnect, Request

from domain.models.gpu import GpuLease
from workers.gpu_http.bodies import TokenFields, WaitFields, fields_of
from workers.gpu_http.refusals import RefusedError
from workers.gpu_lending import GpuLending

_log = structlog.get_logger(__name__)


class LeaseCalls:
    """Each call takes a request and gives the JSON of its answer."""

    def __init__(self, lending: GpuLending) -> None:
        self._lending = lending

    async def acquire(self, request: Request) -> dict[str, Any]:
        fields = await fields_of(request, WaitFields)
        lease = await self._taken(request, fields.wait_seconds)
        return self._terms(lease.token)

    async def renew(self, request: Request) -> dict[str, Any]:
        fields = await fields_of(request, TokenFields)
        if not await self._lending.renew(fields.token):
            raise _lost("The GPU was lent to somebody else, or freed by an operator: stop using it, and take it anew.")
        return self._terms(fields.token)

    async def release(self, request: Request) -> dict[str, Any]:
        fields = await fields_of(request, TokenFields)
        if not await self._lending.release(fields.token):
            raise _lost("The GPU was not held under this token any more.")
        return {}

    def _terms(self, token: int) -> dict[str, Any]:
        return {"token": token, "ttlSeconds": self._lending.ttl_seconds, "renewSeconds": self._lending.renew_seconds}

    async def _taken(self, request: Request, wait_seconds: float) -> GpuLease:
        """A lease whose holder is there to hear of it: one that left meanwhile would hold the GPU to the lease's end.
        Raises GpuBusyError, ClientDisconnect."""
        taking = asyncio.create_task(self._lending.acquire(wait_seconds))
        leaving = asyncio.create_task(_left(request))
        told = False
        try:
            await asyncio.wait((taking, leaving), return_when=asyncio.FIRST_COMPLETED)
            told = not leaving.done()
            if not told:
                raise ClientDisconnect
            return taking.result()
        finally:
            leaving.cancel()
            if not told:
                await asyncio.shield(self._undo(taking))

    async def _undo(self, taking: asyncio.Task[GpuLease]) -> None:
        taking.cancel()
        await asyncio.wait([taking])
        if taking.cancelled() or taking.exception() is not None:
            return
        try:
            await self._lending.release(taking.result().token)
        except (RedisError, OSError) as error:
            _log.warning("gpu_not_given_back", token=taking.result().token, error=repr(error))


async def _left(request: Request) -> None:
    """Returns when the client is gone. The request's body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _lost(message: str) -> RefusedError:
    return RefusedError(409, "GPU_LOST", message)
