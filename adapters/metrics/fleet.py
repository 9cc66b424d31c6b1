"""What there is to be done and who is there to do it, for the whole fleet. Each API process looks by itself, so several
tell the same: take the greatest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import structlog
from arq.connections import ArqRedis
from prometheus_client import Gauge

from adapters.metrics.registry import REGISTRY
from adapters.presence import DETECTIONS, PREVIEWS, is_present
from domain.jobs import Backlog
from domain.models.gpu import GpuHolder, GpuHost
from domain.ports import Database, GpuLeases, ObjectStore, UnitOfWork

_KEPT_SECONDS = 5.0
_PATIENCE_SECONDS = 2.0

_up = Gauge("agridrone_up", "Whether a part answers.", ["part"], registry=REGISTRY)
_waiting = Gauge("agridrone_queue_waiting", "Jobs that nobody is at.", ["kind"], registry=REGISTRY)
_running = Gauge("agridrone_queue_running", "Jobs that a worker is at.", ["kind"], registry=REGISTRY)
_oldest = Gauge(
    "agridrone_queue_oldest_seconds", "For how long the first waiting job waits.", ["kind"], registry=REGISTRY
)
_present = Gauge("agridrone_worker_present", "Whether a worker of the kind answers.", ["worker"], registry=REGISTRY)
_host_up = Gauge("agridrone_gpu_host_up", "Whether the host's GPU worker was heard of.", ["host"], registry=REGISTRY)
_memory = Gauge("agridrone_gpu_memory_bytes", "Memory of the host's GPUs.", ["host"], registry=REGISTRY)
_used = Gauge("agridrone_gpu_memory_used_bytes", "Used memory of the host's GPUs.", ["host"], registry=REGISTRY)
_held = Gauge(
    "agridrone_gpu_held_seconds",
    "For how long the holder has had the host's GPU, 0 for those who do not have it.",
    ["host", "holder"],
    registry=REGISTRY,
)

_OF_DATABASE = (_waiting, _running, _oldest, _host_up, _memory, _used)
_OF_REDIS = (_present, _held)
_log = structlog.get_logger(__name__)


class FleetMetrics:
    """Looks when somebody asks, but not more often than every few seconds, and at each part for two seconds at most.
    What does not answer has no series, but `agridrone_up` 0."""

    def __init__(self, database: Database, store: ObjectStore, redis: ArqRedis, leases: GpuLeases) -> None:
        self._database = database
        self._store = store
        self._redis = redis
        self._leases = leases
        self._hosts: Sequence[GpuHost] = ()
        self._looked_at = -_KEPT_SECONDS
        self._looking = asyncio.Lock()

    async def refresh(self) -> None:
        """Brings the metrics up to date."""
        async with self._looking:
            if time.monotonic() - self._looked_at < _KEPT_SECONDS:
                return
            await asyncio.gather(self._look(), self._tried("objects", self._store.ready, ()))
            self._looked_at = time.monotonic()

    async def _look(self) -> None:
        await self._tried("database", self._look_at_database, _OF_DATABASE)
        await self._tried("redis", self._look_at_redis, _OF_REDIS)  # by the hosts that the database knows

    async def _tried(self, part: str, look: Callable[[], Awaitable[None]], gauges: Sequence[Gauge]) -> None:
        try:
            await asyncio.wait_for(look(), _PATIENCE_SECONDS)
        except Exception as error:
            _log.warning("part_not_seen", part=part, error=type(error).__name__)
            for gauge in gauges:
                gauge.clear()
            _up.labels(part).set(0)
        else:
            _up.labels(part).set(1)

    async def _look_at_database(self) -> None:
        backlogs, self._hosts = await self._database.read(_backlogs_and_hosts)
        for backlog in backlogs:
            _waiting.labels(backlog.kind.value).set(backlog.waiting)
            _running.labels(backlog.kind.value).set(backlog.running)
            _oldest.labels(backlog.kind.value).set(backlog.oldest_seconds)
        for host in self._hosts:
            _host_up.labels(host.host).set(host.alive)
            if host.memory_total is not None and host.memory_used is not None:
                _memory.labels(host.host).set(host.memory_total)
                _used.labels(host.host).set(host.memory_used)

    async def _look_at_redis(self) -> None:
        for worker, service in (("io", PREVIEWS), ("gpu", DETECTIONS)):
            _present.labels(worker).set(await is_present(self._redis, service))
        exclusive = [host.host for host in self._hosts if host.exclusive]
        leases = await self._leases.of_hosts(exclusive)
        now = datetime.now(UTC)
        for host in exclusive:
            lease = leases.get(host)
            for holder in GpuHolder:
                seconds = (now - lease.since).total_seconds() if lease and lease.holder is holder else 0
                _held.labels(host, holder.value).set(max(seconds, 0))


async def _backlogs_and_hosts(uow: UnitOfWork) -> tuple[Sequence[Backlog], Sequence[GpuHost]]:
    return await uow.claims.backlog(), await uow.gpu_hosts.all()
