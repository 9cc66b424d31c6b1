"""Detection over stored images: one after the other, and written down in small groups, so that little is lost when the
worker goes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Protocol

import structlog

from domain.detection_progress import (
    LookedAt,
    detection_begun,
    detection_completed,
    detection_failed,
    images_looked_at,
)
from domain.jobs import Claim, JobKind
from domain.models.asset import Asset
from domain.models.detection import DetectionJob, FoundObjects
from domain.ports import Database, ObjectStore, UnitOfWork
from workers.claims import CrashedError, PostponedError

_AT_ONCE = 2
"""While the network looks at one image, the next is read and decoded."""
_PAGE = 256
_GROUP, _GROUP_SECONDS = 16, 2.0
_log = structlog.get_logger(__name__)

Look = Callable[[Asset], Awaitable[FoundObjects]]


class ImageNotReadError(Exception):
    """This image cannot be looked at, others can; the message is a sentence that says why."""


class DetectionBackend(Protocol):
    """What looks at the images of one kind of detection job."""

    kind: JobKind

    async def ready(self, job: DetectionJob) -> Look:
        """Looks at an image by the job's model and thresholds. It raises ImageNotReadError for the image's own fault;
        and, as a handler's run does, PermanentError and PostponedError for what holds for all images; OSError."""


class Detection:
    """Fulfils workers.claims.Handler."""

    slots = 1

    def __init__(self, database: Database, store: ObjectStore, backend: DetectionBackend) -> None:
        self.kind = backend.kind
        self._database = database
        self._store = store
        self._backend = backend

    async def run(self, claim: Claim) -> None:
        job = await self._database.write(detection_begun(claim))
        look = await self._backend.ready(job)
        findings = _Findings(self._database, claim, job)
        try:
            async with aclosing(self._looked_at(job, look)) as images:
                async for one in images:
                    await findings.add(one)
        finally:
            await findings.close()  # whatever ended it, what was found by then is not looked for again
        await self._database.write(detection_completed(claim))

    async def fail(self, claim: Claim, reason: str) -> None:
        await self._database.write(detection_failed(claim, reason))

    async def _looked_at(self, job: DetectionJob, look: Look) -> AsyncGenerator[LookedAt, None]:
        """The images in their order."""
        ahead: deque[asyncio.Task[LookedAt]] = deque()
        try:
            async for image in self._images(job):
                ahead.append(asyncio.create_task(self._look(look, image)))
                if len(ahead) > _AT_ONCE - 1:
                    yield await ahead.popleft()
            while ahead:
                yield await ahead.popleft()
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    async def _images(self, job: DetectionJob) -> AsyncIterator[Asset]:
        last = job.last_asset_id
        while True:
            page = await self._database.read(partial(_page, job=job, after=last))
            for image in page:
                yield image
            if len(page) < _PAGE:
                return
            last = page[-1].id

    async def _look(self, look: Look, image: Asset) -> LookedAt:
        try:
            return LookedAt(image.id, await look(image))
        except ImageNotReadError as error:
            return LookedAt(image.id, None, str(error))
        except OSError as error:
            _log.warning("image_not_read", asset=image.id, error=type(error).__name__)
            return await self._not_read(image, error)

    async def _not_read(self, image: Asset, error: OSError) -> LookedAt:
        """Finds out whether the store is away, the one image's object is damaged, or something else was wrong."""
        try:
            await self._store.ready()
        except OSError:
            raise PostponedError("The object store is away.") from error
        try:
            await self._store.get(image.s3_key)
        except (KeyError, OSError):
            return LookedAt(image.id, None, f"{image.filename} cannot be read from the object store.")
        text = "The object store or the worker's disk failed for a moment; see the worker's log."
        raise CrashedError(text) from error


class _Findings:
    """What was found and is not written down yet. One group is being written while the next is found."""

    def __init__(self, database: Database, claim: Claim, job: DetectionJob) -> None:
        self._database = database
        self._claim = claim
        self._project_id = job.project_id
        self._after = job.last_asset_id
        self._images: list[LookedAt] = []
        self._begun_at = time.monotonic()
        self._writing: asyncio.Task[None] | None = None

    async def add(self, image: LookedAt) -> None:
        """Raises what went wrong with a group before."""
        self._images.append(image)
        if self._writing is not None and self._writing.done():
            await self._written()
        if len(self._images) >= _GROUP or time.monotonic() - self._begun_at >= _GROUP_SECONDS:
            await self._written()
            self._write()

    async def close(self) -> None:
        """Writes what is left."""
        await self._written()
        if self._images:
            self._write()
            await self._written()

    def _write(self) -> None:
        work = images_looked_at(self._claim, self._project_id, self._after, self._images)
        self._writing = asyncio.create_task(self._database.write(work))
        self._after = self._images[-1].asset_id
        self._images = []
        self._begun_at = time.monotonic()

    async def _written(self) -> None:
        """Whoever is cancelled while it waits leaves the group to be written all the same."""
        if self._writing is not None:
            await asyncio.shield(self._writing)
            self._writing = None


async def _page(uow: UnitOfWork, job: DetectionJob, after: str) -> list[Asset]:
    return list(await uow.detections.images(job, after, _PAGE))
