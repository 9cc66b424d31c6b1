"""The local engine over the arq queue `inference`, which the GPU hosts share."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from arq.connections import ArqRedis

from adapters.presence import DETECTIONS
from adapters.queue import INFERENCE_QUEUE
from adapters.worker_call import WorkerService
from domain.models.config import preprocessing_from_json
from domain.models.detection import Detection, DetectRequest, FoundObjects, ServedModel
from domain.models.geometry import Box
from domain.models.model import ModelFile

_DETECTIONS = WorkerService(
    presence=DETECTIONS,
    queue=INFERENCE_QUEUE,
    function="detect",
    unstaffed="No worker that can detect is running; start one with `agridrone worker gpu`.",
)


class QueueDetector:
    """Fulfils domain.ports.Detector."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def detect(self, request: DetectRequest, seconds: float) -> FoundObjects:
        arguments = request_to_json(request), time.time(), seconds
        return found_from_json(await _DETECTIONS.answer(self._redis, seconds, *arguments))


def request_to_json(request: DetectRequest) -> dict[str, Any]:
    return asdict(request)


def request_from_json(data: dict[str, Any]) -> DetectRequest:
    return DetectRequest(**{**data, "model": model_from_json(data["model"])})


def model_from_json(data: dict[str, Any]) -> ServedModel:
    shaped = {
        "onnx": ModelFile(**data["onnx"]) if data["onnx"] else None,
        "classes": tuple(data["classes"]),
        "preprocessing": preprocessing_from_json(data["preprocessing"]),
    }
    return ServedModel(**{**data, **shaped})


def found_from_json(answer: dict[str, Any]) -> FoundObjects:
    detections = tuple(Detection(**{**one, "box": Box(**one["box"])}) for one in answer["detections"])
    return FoundObjects(**{**answer, "detections": detections})
