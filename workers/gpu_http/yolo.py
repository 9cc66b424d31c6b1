"""What the GPU host's HTTP face answers about models of ours: detections, what is loaded, and what is let go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from redis.exceptions import RedisError
from starlette.datastructures import UploadFile
from starlette.requests import Request

from domain.errors import ErrorCode, not_found
from domain.ids import new_id
from domain.keys import probe_key
from domain.models.detection import Detection, DetectRequest, FoundObjects, ServedModel
from domain.models.gpu import GpuHolder
from domain.ports import Database, ObjectStore
from domain.serving import served
from workers.gpu_http.bodies import DetectFields, ModelFields, NoFields, StoredImageFields, fields_of, image_form
from workers.gpu_http.refusals import refused
from workers.gpu_lending import GpuLending
from workers.gpu_report import HostReport
from workers.inference import Inference

_WAIT_SECONDS = 8.0
_READ_BYTES = 1 << 20
_log = structlog.get_logger(__name__)


class YoloCalls:
    """Each call takes a request and gives the JSON of its answer."""

    def __init__(
        self, database: Database, store: ObjectStore, inference: Inference, lending: GpuLending, report: HostReport
    ) -> None:
        self._database = database
        self._store = store
        self._inference = inference
        self._lending = lending
        self._report = report

    async def detect(self, request: Request) -> dict[str, Any]:
        """On an image of the model's own team: one in the object store, or one that is sent along."""
        if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            async with image_form(request) as (fields, image):
                model = await self._model(fields.model_id)
                async with self._probe(model.team_id, image) as key:
                    return await self._found(model, key, fields)
        stored = await fields_of(request, StoredImageFields)
        model = await self._model(stored.model_id)
        return await self._found(model, await self._stored_key(model, stored.image_key), stored)

    async def load(self, request: Request) -> dict[str, Any]:
        fields = await fields_of(request, ModelFields)
        await self._inference.load(await self._model(fields.model_id), await self._patience())
        return await self._loaded()

    async def unload(self, request: Request) -> dict[str, Any]:
        await fields_of(request, NoFields)
        await self._inference.unload()
        return await self._loaded()

    async def status(self, _: Request) -> dict[str, Any]:
        facts, lease = self._report.facts(), await self._lending.look()
        return {
            "host": facts.host,
            "device": facts.device,
            "exclusive": facts.exclusive,
            "memoryTotal": facts.memory_total,
            "memoryUsed": facts.memory_used,
            "loadedModelIds": facts.loaded_model_ids,
            "sam3Loaded": facts.sam3_loaded,
            "holder": lease.holder.value if lease else None,
            "heldSince": lease.since.isoformat() if lease else None,
        }

    async def _loaded(self) -> dict[str, Any]:
        await self._report.tell()  # so that it shows at once
        return {"loadedModelIds": self._inference.loaded()}

    async def _model(self, model_id: str) -> ServedModel:
        model = await self._database.read(lambda uow: uow.models.get(model_id))
        if model is None:
            raise not_found("model")
        return served(model)

    async def _found(self, model: ServedModel, key: str, fields: DetectFields) -> dict[str, Any]:
        request = DetectRequest(model, key, fields.confidence, fields.iou)
        return _found_json(model, await self._inference.detect(request, await self._patience()))

    async def _patience(self) -> float:
        """Seconds that the call waits for the GPU: none for a training's, which may be hours."""
        try:
            lease = await self._lending.look()
        except (RedisError, OSError) as error:
            _log.warning("gpu_unknown", error=repr(error))
            return _WAIT_SECONDS
        return 0.0 if lease is not None and lease.holder is GpuHolder.TRAINING else _WAIT_SECONDS

    async def _stored_key(self, model: ServedModel, key: str) -> str:
        """The key, of an object that is there. Another team's is as if it were not."""
        if "\\" in key or not key.isprintable() or any(part in ("", ".", "..") for part in key.split("/")):
            raise refused(ErrorCode.INVALID, "imageKey must be an object's key, as teams/<teamId>/originals/….")
        if not key.startswith(f"teams/{model.team_id}/") or await self._store.size(key) is None:
            raise not_found("image")
        return key

    @asynccontextmanager
    async def _probe(self, team_id: str, image: UploadFile) -> AsyncIterator[str]:
        """The key of the image in the object store, where it is while within."""
        key = probe_key(team_id, new_id())
        try:
            await self._store.put_stream(key, _chunks(image), "application/octet-stream")
            yield key
        finally:
            try:
                await self._store.delete(key)
            except OSError as error:
                # The collection deletes it a day later.
                _log.warning("probe_left", key=key, error=repr(error))


async def _chunks(image: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await image.read(_READ_BYTES):
        yield chunk


def _found_json(model: ServedModel, found: FoundObjects) -> dict[str, Any]:
    return {
        "modelId": model.id,
        "detections": [_detection_json(one) for one in found.detections],
        "imageWidth": found.image_width,
        "imageHeight": found.image_height,
        "queueMs": found.queue_ms,
        "inferenceMs": found.inference_ms,
    }


def _detection_json(one: Detection) -> dict[str, Any]:
    box = {"x": one.box.x, "y": one.box.y, "width": one.box.width, "height": one.box.height}
    return {"weedType": one.weed_type, "confidence": one.confidence, "box": box}
