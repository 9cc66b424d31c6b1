"""Detection over stored images by Roboflow's models."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog

from domain.jobs import JobKind
from domain.models.asset import Asset
from domain.models.detection import DetectionJob, FoundObjects
from domain.ports import ObjectStore, Roboflow, RoboflowError, RoboflowFault
from domain.roboflow_images import check_in_place, check_size
from workers.claims import PermanentError
from workers.detection import ImageNotReadError, Look

_PAUSES = (5.0, 10.0, 20.0, 40.0, 60.0)
_log = structlog.get_logger(__name__)


class RoboflowDetection:
    """Fulfils workers.detection.DetectionBackend. While Roboflow is away the job waits: after each of the `pauses`, in
    seconds, it is asked again, and then the job FAILS."""

    kind = JobKind.ROBOFLOW_DETECTION

    def __init__(self, store: ObjectStore, roboflow: Roboflow, pauses: Sequence[float] = _PAUSES) -> None:
        self._store = store
        self._roboflow = roboflow
        self._pauses = pauses

    async def ready(self, job: DetectionJob) -> Look:
        return partial(self._look, job, job.roboflow_model or "")

    async def _look(self, job: DetectionJob, model: str, image: Asset) -> FoundObjects:
        content = await self._content(image)
        for pause in self._pauses:
            try:
                return await self._ask(job, model, image, content)
            except RoboflowError as error:
                _log.warning("roboflow_away", job=job.id, pause=pause, reason=str(error))
            await asyncio.sleep(pause)
        try:
            return await self._ask(job, model, image, content)
        except RoboflowError as error:
            tries = len(self._pauses) + 1
            raise PermanentError(f"{error} It was asked {tries} times; detect again later, and it goes on.") from error

    async def _content(self, image: Asset) -> bytes:
        try:
            check_size(image.size_bytes)
            return await self._store.get(image.s3_key)
        except RoboflowError as error:
            raise ImageNotReadError(f"{image.filename}: {error}") from error
        except KeyError as error:
            raise ImageNotReadError(f"{image.filename} is missing from the object store.") from error

    async def _ask(self, job: DetectionJob, model: str, image: Asset, content: bytes) -> FoundObjects:
        """Raises RoboflowError for what may be mended by waiting."""
        try:
            found = await self._roboflow.detect(model, content, job.confidence, job.iou)
            check_in_place(found, image)
        except RoboflowError as error:
            if error.fault is RoboflowFault.IMAGE:
                raise ImageNotReadError(f"{image.filename}: {error}") from error
            if error.fault is RoboflowFault.MODEL:
                raise PermanentError(str(error)) from error
            raise
        return found
