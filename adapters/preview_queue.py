"""Previews over the arq queue of the io workers, which have the libraries that render."""

from __future__ import annotations

from typing import Any

from arq.connections import ArqRedis
from arq.jobs import ResultNotFound
from redis.exceptions import RedisError

from adapters.manifest import image_to_json
from adapters.presence import PREVIEWS, is_present
from adapters.queue import IO_QUEUE
from domain.errors import DomainError, ErrorCode
from domain.models.geometry import Box
from domain.models.preview import PreviewBox, PreviewImage, PreviewRequest
from domain.ports import PreviewUnavailableError

FUNCTION = "preview"
_POLL_SECONDS = 0.01


class QueuePreviewRenderer:
    """Fulfils domain.ports.PreviewRenderer."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def render(self, request: PreviewRequest, seconds: float) -> tuple[PreviewImage, ...]:
        try:
            if not await is_present(self._redis, PREVIEWS):
                text = "No worker that can render is running; start one with `agridrone worker io`."
                raise PreviewUnavailableError(text)
            job = await self._redis.enqueue_job(
                FUNCTION, _request_to_json(request), _queue_name=IO_QUEUE, _expires=seconds
            )
            if job is None:
                raise PreviewUnavailableError("The preview could not be queued; try again.")
            answer = await job.result(timeout=seconds, poll_delay=_POLL_SECONDS)
        except (TimeoutError, ResultNotFound) as error:
            raise PreviewUnavailableError(f"No worker answered within {seconds:g} seconds; try again.") from error
        except (RedisError, OSError) as error:
            raise PreviewUnavailableError("The queue of previews cannot be reached; try again.") from error
        return _images_from_json(answer)


def _request_to_json(request: PreviewRequest) -> dict[str, Any]:
    """The arguments of workers.preview_task, but for the file."""
    return {"image": image_to_json(request.image), "config": request.config.to_json(), "copies": request.copies}


def _images_from_json(answer: dict[str, Any]) -> tuple[PreviewImage, ...]:
    """The worker's answer; an `error` in it is what it refused, raised as a DomainError."""
    if "error" in answer:
        raise DomainError(ErrorCode(answer["error"]), answer["message"])
    return tuple(
        PreviewImage(
            data_url=one["dataUrl"],
            width=one["width"],
            height=one["height"],
            annotations=tuple(PreviewBox(label["weedType"], Box(**label["box"])) for label in one["annotations"]),
        )
        for one in answer["images"]
    )
