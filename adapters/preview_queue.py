"""Previews over the arq queue of the io workers, which have the libraries that render."""

from __future__ import annotations

from typing import Any

from arq.connections import ArqRedis

from adapters.manifest import image_to_json
from adapters.presence import PREVIEWS
from adapters.queue import IO_QUEUE
from adapters.worker_call import WorkerService
from domain.models.geometry import Box
from domain.models.preview import PreviewBox, PreviewImage, PreviewRequest

FUNCTION = "preview"
_PREVIEWS = WorkerService(
    presence=PREVIEWS,
    queue=IO_QUEUE,
    function=FUNCTION,
    unstaffed="No worker that can render is running; start one with `agridrone worker io`.",
)


class QueuePreviewRenderer:
    """Fulfils domain.ports.PreviewRenderer."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def render(self, request: PreviewRequest, seconds: float) -> tuple[PreviewImage, ...]:
        return _images_from_json(await _PREVIEWS.answer(self._redis, seconds, _request_to_json(request)))


def _request_to_json(request: PreviewRequest) -> dict[str, Any]:
    """The arguments of workers.preview_task, but for the file."""
    return {"image": image_to_json(request.image), "config": request.config.to_json(), "copies": request.copies}


def _images_from_json(answer: dict[str, Any]) -> tuple[PreviewImage, ...]:
    return tuple(
        PreviewImage(
            data_url=one["dataUrl"],
            width=one["width"],
            height=one["height"],
            annotations=tuple(PreviewBox(label["weedType"], Box(**label["box"])) for label in one["annotations"]),
        )
        for one in answer["images"]
    )
