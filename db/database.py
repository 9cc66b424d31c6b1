"""The unit of work over one connection, and the database that runs pieces of work in transactions."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.annotation_calls import SqlAnnotationCalls
from db.annotations import SqlAnnotations
from db.api_tokens import SqlApiTokens
from db.assets import SqlAssets, SqlBatches
from db.audit import SqlAudit
from db.checks import SqlChecks
from db.claims import SqlClaims
from db.detections import SqlDetections
from db.engine import WRITES, reason_to_repeat
from db.events import Emitted, SqlEvents
from db.exports import SqlExports
from db.gpu_hosts import SqlGpuHosts
from db.imports import SqlFileUploads, SqlImportJobs, SqlSkippedItems
from db.invitations import SqlInvitations
from db.jobs import SqlJobs
from db.models import SqlDeployments, SqlEvaluations, SqlModels
from db.object_names import SqlObjectNames
from db.pending_annotations import SqlPendingAnnotations
from db.people import SqlPeople
from db.previews import SqlPreviews
from db.projects import SqlProjects
from db.uploads import SqlUploads
from db.version_assets import SqlVersionAssets
from db.versions import SqlVersions
from db.watched_originals import SqlWatchedOriginals
from db.webhooks import SqlWebhookDeliveries, SqlWebhooks
from domain.jobs import JobKind
from domain.ports import Bell, JobQueue, Ring, UnitOfWork

T = TypeVar("T")
_REPEATS = 8
_CLOSING_SECONDS = 5


class SqlUnitOfWork:
    """Fulfils domain.ports.UnitOfWork."""

    def __init__(self, connection: AsyncConnection, versions_enabled_everywhere: bool) -> None:
        self.versions_enabled_everywhere = versions_enabled_everywhere
        self.people = SqlPeople(connection)
        self.api_tokens = SqlApiTokens(connection)
        self.invitations = SqlInvitations(connection)
        self.projects = SqlProjects(connection)
        self.assets = SqlAssets(connection)
        self.batches = SqlBatches(connection)
        self.uploads = SqlUploads(connection)
        self.files = SqlFileUploads(connection)
        self.imports = SqlImportJobs(connection)
        self.skipped = SqlSkippedItems(connection)
        self.watched_originals = SqlWatchedOriginals(connection)
        self.object_names = SqlObjectNames(connection)
        self.annotations = SqlAnnotations(connection)
        self.pending = SqlPendingAnnotations(connection)
        self.annotation_calls = SqlAnnotationCalls(connection)
        self.versions = SqlVersions(connection)
        self.previews = SqlPreviews(connection)
        self.checks = SqlChecks(connection)
        self.exports = SqlExports(connection)
        self.version_assets = SqlVersionAssets(connection)
        self.jobs = SqlJobs(connection)
        self.models = SqlModels(connection)
        self.evaluations = SqlEvaluations(connection)
        self.deployments = SqlDeployments(connection)
        self.detections = SqlDetections(connection)
        self.webhooks = SqlWebhooks(connection)
        self.webhook_deliveries = SqlWebhookDeliveries(connection)
        self.events = SqlEvents(connection)
        self.gpu_hosts = SqlGpuHosts(connection)
        self.claims = SqlClaims(connection)
        self.audit = SqlAudit(connection)
        self.emitted: list[Emitted] = []
        self.wakes: dict[JobKind, list[str]] = {}

    def emit(self, stream: str, kind: str, payload: Mapping[str, Any]) -> None:
        self.emitted.append(Emitted(stream, kind, payload))

    def wake(self, kind: JobKind, *ids: str) -> None:
        self.wakes.setdefault(kind, []).extend(ids)


class SqlDatabase:
    """Fulfils domain.ports.Database. `on_repeat` hears why the database asks for a transaction again, in the words of
    db.engine."""

    def __init__(
        self,
        engine: AsyncEngine,
        bell: Bell,
        queue: JobQueue,
        versions_enabled_everywhere: bool = False,
        on_repeat: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.engine = engine
        self._bell = bell
        self._queue = queue
        self._versions_enabled_everywhere = versions_enabled_everywhere
        self._on_repeat = on_repeat
        self._users = 0
        self._closed = False
        self._unused = asyncio.Event()
        self._unused.set()

    async def write(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        for repeat in range(_REPEATS):
            try:
                return await self._write_once(work)
            except OperationalError as error:
                reason = reason_to_repeat(error)
                if reason is None or repeat == _REPEATS - 1:
                    raise
                self._on_repeat(reason)
                await asyncio.sleep(random.uniform(0.01, 0.05) * 2**repeat)  # noqa: S311 - spreads contenders
        raise AssertionError("unreachable")

    async def _write_once(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        async with self._in_use(), self.engine.connect() as raw:
            connection = await raw.execution_options(**{WRITES: True})
            async with connection.begin():
                uow = SqlUnitOfWork(connection, self._versions_enabled_everywhere)
                result = await work(uow)
                await uow.events.append(uow.emitted)
        for stream in dict.fromkeys(event.stream for event in uow.emitted):
            await self._bell.ring(Ring(stream))
        for kind, ids in uow.wakes.items():
            await self._queue.wake(kind, ids)
        return result

    async def read(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        try:
            return await self._read_once(work)
        except OperationalError as error:
            reason = reason_to_repeat(error)
            if reason is None:
                raise
            self._on_repeat(reason)
            return await self._read_once(work)

    async def _read_once(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        async with self._in_use(), self.engine.connect() as connection, connection.begin():
            return await work(SqlUnitOfWork(connection, self._versions_enabled_everywhere))

    async def ready(self) -> None:
        """Raises when the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Waits a moment for what is being read or written, and lets nothing new begin: a connection that comes back
        later, or is opened anew, would never be closed."""
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self._unused.wait()
        await self.engine.dispose()

    @asynccontextmanager
    async def _in_use(self) -> AsyncIterator[None]:
        if self._closed:
            raise RuntimeError("The database is closed.")
        self._users += 1
        self._unused.clear()
        try:
            yield
        finally:
            self._users -= 1
            if self._users == 0:
                self._unused.set()
