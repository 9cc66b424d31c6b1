"""Detection on the GPU host: the engine fed from the object store, in turn with others, and the queues that ask it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, TypeVar

import structlog

from adapters.detector import model_from_json, request_from_json
from domain.errors import ErrorCode
from domain.models.detection import DetectRequest, FoundObjects, ServedModel
from domain.ports import ObjectStore
from rendering.decode import ImageUnreadable
from workers.claims import PermanentError
from workers.engine import Engine, EngineResult, Resident, is_out_of_memory
from workers.gpu_room import GpuBusyError
from workers.gpu_turns import GpuTurns
from workers.model_loader import ModelFaultError, ModelLoader
from workers.seeing_through import seen_through

_DETECTION_SECONDS = 2.0
"""Of the caller's patience, what is kept for the detection itself when the GPU has to be waited for."""
_AT_WORK = 3
"""Detections in threads: one computes while the next ones' images are decoded. The others wait in the order in which
they came, and leave the threads to those who read files."""
_LOAD_SECONDS, _CHECK_SECONDS = 8.0, 1.0
_CHECK_CONFIDENCE, _CHECK_IOU = 0.25, 0.45
_log = structlog.get_logger(__name__)
T = TypeVar("T")


class ImageFaultError(PermanentError):
    """The image is missing from the object store, or unreadable."""


class Inference:
    """Loads what is asked for and answers; models stay resident in the engine."""

    def __init__(self, engine: Engine, store: ObjectStore, loader: ModelLoader, turns: GpuTurns) -> None:
        self._engine = engine
        self._store = store
        self._loader = loader
        self._turns = turns
        self._loading = asyncio.Lock()
        self._at_work = asyncio.Semaphore(_AT_WORK)
        self._unloaded_at = -math.inf

    async def detect(self, request: DetectRequest, wait_seconds: float) -> FoundObjects:
        """What the model finds; for the GPU it waits so long.

        Raises ImageFaultError, ModelFaultError, and GpuBusyError when others have the GPU, or all its memory.
        """
        began = time.perf_counter()
        image = await self._image(request.image_key)

        async def attempt() -> FoundObjects:
            resident = await self._resident(request.model)
            return await self._found(resident, request, image, began)

        async with self._turns.turn(wait_seconds):
            return await self._with_room(attempt)

    async def load(self, model: ServedModel, wait_seconds: float) -> None:
        """Has the model loaded. Raises ModelFaultError, and GpuBusyError as `detect` does."""
        async with self._turns.turn(wait_seconds):
            await self._with_room(lambda: self._resident(model))

    async def settle(self, resident: Resident) -> None:
        """Has the fastest runtime take over that answers as torch does (ModelLoader.settle). Raises GpuBusyError."""
        if self._loader.settled(self._engine, resident):
            return
        async with self._turns.turn(0):
            await self._with_room(lambda: self._loader.settle(self._engine, resident))

    async def unload(self) -> None:
        """Lets all models go, and gives their memory back."""
        self._unloaded_at = time.monotonic()
        await seen_through(self._engine.unload)

    def loaded(self) -> tuple[str, ...]:
        """The ids of the models that are loaded, the most recently used first."""
        return tuple(resident.model.id for resident in self._engine.residents())

    @property
    def unloaded_seconds_ago(self) -> float:
        """Since somebody wanted the memory."""
        return time.monotonic() - self._unloaded_at

    async def check(self, model: ServedModel, image_key: str) -> None:
        """Loads the model for good, and has it answer on an image; on the CPU while the GPU is somebody else's.

        Raises ImageFaultError, ModelFaultError.
        """
        image = await self._image(image_key)
        request = DetectRequest(model, image_key, _CHECK_CONFIDENCE, _CHECK_IOU)

        async def attempt() -> None:
            resident = await self._resident(model)
            await self._loader.settle(self._engine, resident)
            await self._found(resident, request, image, time.perf_counter())

        try:
            async with self._turns.turn(_CHECK_SECONDS):
                await self._with_room(attempt)
        except GpuBusyError as error:
            _log.info("checked_on_cpu", model=model.id, reason=str(error))
            await self._checked_beside(model, request, image)

    async def _checked_beside(self, model: ServedModel, request: DetectRequest, image: bytes) -> None:
        engine = Engine("cpu", self._engine.threads)
        try:
            resident = await self._loader.load(engine, model)
            await self._detected(engine, resident, request, image)
        finally:
            await seen_through(engine.unload)

    async def answer(self, data: dict[str, Any], asked: float, seconds: float) -> dict[str, Any]:
        """One message of the queue, as adapters.detector wrote it: `asked` is when, in seconds since 1970, and
        `seconds` how long the caller waits. The answer is what it reads."""
        request = request_from_json(data)
        queued = max(time.time() - asked, 0.0)

        async def found() -> dict[str, Any]:
            objects = await self.detect(request, max(seconds - queued - _DETECTION_SECONDS, 0.0))
            return {**asdict(objects), "queue_ms": objects.queue_ms + queued * 1000}

        return await _told(found, request.model.id)

    async def answer_load(self, data: dict[str, Any]) -> dict[str, Any]:
        """A message of the host's own queue, as adapters.gpu_host_calls wrote it."""
        model = model_from_json(data)

        async def loaded() -> dict[str, Any]:
            await self.load(model, _LOAD_SECONDS)
            return {}

        return await _told(loaded, model.id)

    async def answer_unload(self) -> dict[str, Any]:
        """As `answer_load`."""
        await self.unload()
        return {}

    async def _image(self, key: str) -> bytes:
        try:
            return await self._store.get(key)
        except KeyError as error:
            raise ImageFaultError("The image is missing from the object store.") from error

    async def _resident(self, model: ServedModel) -> Resident:
        present = self._engine.resident(model)
        if present is not None:
            return present
        async with self._loading:
            return self._engine.resident(model) or await self._loader.load(self._engine, model)

    async def _found(self, resident: Resident, request: DetectRequest, image: bytes, began: float) -> FoundObjects:
        async with self._at_work:
            started = time.perf_counter()
            found = await self._detected(self._engine, resident, request, image)
            milliseconds = (time.perf_counter() - started) * 1000 - found.waited_ms
        queued = (started - began) * 1000 + found.waited_ms
        return FoundObjects(found.detections, found.width, found.height, queued, milliseconds)

    async def _detected(self, engine: Engine, resident: Resident, request: DetectRequest, image: bytes) -> EngineResult:
        try:
            return await seen_through(engine.detect, resident, image, request.confidence, request.iou)
        except ImageUnreadable as error:
            raise ImageFaultError(str(error)) from error

    async def _with_room(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """The attempt; once more without any model loaded where there was no memory for it. Raises GpuBusyError when
        there is none even then."""
        for _ in range(2):
            try:
                return await attempt()
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                _log.warning("out_of_memory", error=str(error))
            # Not while the error is held: with it goes all that the failed attempt had.
            await seen_through(self._engine.unload)
        text = f"There is no memory left on {self._engine.device} for the model; others have it. Try again later."
        raise GpuBusyError(text)


async def _told(attempt: Callable[[], Awaitable[dict[str, Any]]], model_id: str) -> dict[str, Any]:
    """The attempt's answer, or its error as adapters.worker_call reads it."""
    try:
        return await attempt()
    except ImageFaultError as error:
        return {"error": ErrorCode.UNSUPPORTED.value, "message": str(error)}
    except ModelFaultError as error:
        return {"error": ErrorCode.NOT_READY.value, "message": str(error)}
    except GpuBusyError as error:
        return {"error": ErrorCode.GPU_BUSY.value, "message": str(error)}
    except Exception:
        _log.exception("detection_failed", model=model_id)
        return {"error": ErrorCode.UNAVAILABLE.value, "message": "The detection failed on its host; see its log."}
