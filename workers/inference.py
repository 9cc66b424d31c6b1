"""Detection on the GPU host: the engine fed from the object store, and the queue `inference` that asks it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from adapters.detector import request_from_json
from domain.errors import ErrorCode
from domain.models.detection import DetectRequest, FoundObjects, ServedModel
from domain.ports import Database, ObjectStore
from domain.serving import servable, served
from rendering.decode import ImageUnreadable
from workers.claims import PermanentError
from workers.engine import Engine, EngineResult, ModelNotLoaded
from workers.materials import Materials
from workers.weights import WeightsCorrupt

_log = structlog.get_logger(__name__)


class Inference:
    """Loads what is asked for and answers; models stay resident in the engine."""

    def __init__(self, engine: Engine, store: ObjectStore, materials: Materials, weights_dir: Path) -> None:
        self._engine = engine
        self._store = store
        self._materials = materials
        self._weights_dir = weights_dir

    async def detect(self, request: DetectRequest) -> FoundObjects:
        """What the model finds.

        Raises PermanentError for an image or weights that are missing, changed or unreadable.
        """
        try:
            image = await self._store.get(request.image_key)
        except KeyError as error:
            raise PermanentError("The image is missing from the object store.") from error
        while True:
            await self._load(request.model)
            started = time.perf_counter()
            try:
                found = await asyncio.to_thread(self._find, request, image)
            except ModelNotLoaded:
                continue  # others asked for so many models meanwhile that this one gave way
            except ImageUnreadable as error:
                raise PermanentError(str(error)) from error
            milliseconds = (time.perf_counter() - started) * 1000
            return FoundObjects(found.detections, found.width, found.height, 0.0, milliseconds)

    async def preload(self, database: Database) -> None:
        """Loads what projects detect with, so that the first detection after a start is as fast as the next."""
        for model in await database.read(lambda uow: uow.models.in_use(self._engine.max_models)):
            if not servable(model):
                continue
            try:
                await self._load(served(model))
            except Exception:
                # Whatever is wrong with one model, the others and the trainings go on.
                _log.exception("preload_failed", model=model.id)

    def _find(self, request: DetectRequest, image: bytes) -> EngineResult:
        return self._engine.detect(
            request.model.id,
            image,
            request.model.preprocessing,
            request.model.image_size,
            request.confidence,
            request.iou,
        )

    async def answer(self, data: dict[str, Any], asked: float) -> dict[str, Any]:
        """One message of the queue, as adapters.detector wrote it; the answer is what it reads."""
        request = request_from_json(data)
        queue_ms = max(time.time() - asked, 0.0) * 1000
        try:
            return {**asdict(await self.detect(request)), "queue_ms": queue_ms}
        except PermanentError as error:
            return {"error": ErrorCode.UNSUPPORTED.value, "message": str(error)}
        except Exception:
            _log.exception("detection_failed", model=request.model.id)
            return {"error": ErrorCode.UNAVAILABLE.value, "message": "The detection failed on its host; see its log."}

    async def _load(self, model: ServedModel) -> None:
        path = await self._materials.weights_file(model.weights_key, model.weights_sha256, self._weights_dir)
        try:
            await asyncio.to_thread(self._engine.load, model.id, path, model.weights_sha256)
        except WeightsCorrupt as error:
            path.unlink(missing_ok=True)
            raise PermanentError(str(error)) from error
