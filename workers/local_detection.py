"""Detection over stored images on the GPU host."""

from __future__ import annotations

from functools import partial

from domain.jobs import JobKind
from domain.models.asset import Asset
from domain.models.detection import DetectionJob, DetectRequest, FoundObjects, ServedModel
from domain.ports import Database
from domain.serving import served
from workers.claims import PermanentError, PostponedError
from workers.detection import ImageNotReadError, Look
from workers.gpu_room import GpuBusyError
from workers.inference import ImageFaultError, Inference

_TURN_SECONDS = 20.0
"""For the GPU. After that the job waits in its row, so that another host can take it up."""


class LocalDetection:
    """Fulfils workers.detection.DetectionBackend."""

    kind = JobKind.DETECTION

    def __init__(self, database: Database, inference: Inference) -> None:
        self._database = database
        self._inference = inference

    async def ready(self, job: DetectionJob) -> Look:
        model = await self._database.read(lambda uow: uow.models.get(job.model_id or ""))
        if model is None:
            raise PermanentError("Its model is gone.")
        return partial(self._look, job, served(model))

    async def _look(self, job: DetectionJob, model: ServedModel, image: Asset) -> FoundObjects:
        request = DetectRequest(model, image.s3_key, job.confidence, job.iou)
        try:
            return await self._inference.detect(request, _TURN_SECONDS)
        except ImageFaultError as error:
            raise ImageNotReadError(f"{image.filename}: {error}") from error
        except GpuBusyError as error:
            raise PostponedError(str(error)) from error
