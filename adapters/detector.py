"""The local engine over the arq queue `inference`, which the GPU hosts share."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from arq.connections import ArqRedis
from arq.jobs import ResultNotFound
from redis.exceptions import RedisError

from adapters.presence import DETECTIONS, is_present
from adapters.queue import INFERENCE_QUEUE
from domain.errors import DomainError, ErrorCode
from domain.models.config import preprocessing_from_json
from domain.models.detection import Detection, DetectionResult, DetectRequest
from domain.models.geometry import Box
from domain.ports import DetectorUnavailableError

_POLL_SECONDS = 0.01


class QueueDetector:
    """Fulfils domain.ports.Detector."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def detect(self, request: DetectRequest, seconds: float) -> DetectionResult:
        try:
            if not await is_present(self._redis, DETECTIONS):
                text = "No worker that can detect is running; start one with `agridrone worker gpu`."
                raise DetectorUnavailableError(text)
            asked = time.time()
            job = await self._redis.enqueue_job(
                "detect", request_to_json(request), asked, _queue_name=INFERENCE_QUEUE, _expires=seconds
            )
            if job is None:
                raise DetectorUnavailableError("The detection could not be queued; try again.")
            answer = await job.result(timeout=seconds, poll_delay=_POLL_SECONDS)
        except (TimeoutError, ResultNotFound) as error:
            raise DetectorUnavailableError(f"No worker answered within {seconds:g} seconds; try again.") from error
        except (RedisError, OSError) as error:
            raise DetectorUnavailableError("The queue of detections cannot be reached; try again.") from error
        return result_from_json(answer)


def request_to_json(request: DetectRequest) -> dict[str, Any]:
    return asdict(request)


def request_from_json(data: dict[str, Any]) -> DetectRequest:
    return DetectRequest(**{**data, "preprocessing": preprocessing_from_json(data["preprocessing"])})


def result_from_json(answer: dict[str, Any]) -> DetectionResult:
    """The worker's answer; an `error` in it is what the engine refused, raised as a DomainError."""
    if "error" in answer:
        raise DomainError(ErrorCode(answer["error"]), answer["message"])
    detections = tuple(Detection(**{**one, "box": Box(**one["box"])}) for one in answer["detections"])
    return DetectionResult(**{**answer, "detections": detections})
