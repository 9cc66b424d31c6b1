"""Models that projects detect with, loaded before anybody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import structlog

from domain.models.detection import ServedModel
from domain.ports import Database
from domain.serving import servable, served
from workers.engine import Engine, needed_memory
from workers.gpu_room import GpuBusyError
from workers.gpu_turns import GpuTurns
from workers.inference import Inference
from workers.model_loader import ModelFaultError

_LOOK_SECONDS = 10.0
_LEFT_ALONE_SECONDS = 60.0
"""Who had the models unloaded wanted the memory: that long nobody but a detection brings them back."""
_MOST = 32
_log = structlog.get_logger(__name__)


class Preloading:
    """The first detection after a start, or after SAM3 or a training had the GPU, is as fast as the next. No model
    gives way for it, and nobody who has the GPU is disturbed."""

    def __init__(self, database: Database, engine: Engine, inference: Inference, turns: GpuTurns) -> None:
        self._database = database
        self._engine = engine
        self._inference = inference
        self._turns = turns
        self._faulty: set[str] = set()

    async def keep(self) -> NoReturn:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await self.load()
            await self.settle()

    async def load(self) -> None:
        """Loads what is lacking."""
        with _others_go_on():
            if await self._may():
                for model, memory in await self._wanted():
                    await self._load(model, memory)

    async def settle(self) -> None:
        """Gives what is loaded its fastest runtime."""
        with _others_go_on():
            if await self._may():
                for resident in self._engine.residents():
                    await self._inference.settle(resident)

    async def _may(self) -> bool:
        return self._inference.unloaded_seconds_ago >= _LEFT_ALONE_SECONDS and await self._turns.is_free()

    async def _wanted(self) -> list[tuple[ServedModel, int]]:
        """With the bytes of memory that each takes."""
        models = await self._database.read(lambda uow: uow.models.in_use(_MOST))
        ready = [(served(one), one.size_bytes or 0) for one in models if servable(one)]
        return [(one, needed_memory(weights, one.image_size)) for one, weights in ready]

    async def _load(self, model: ServedModel, memory: int) -> None:
        lacking = self._engine.resident(model) is None and model.weights_sha256 not in self._faulty
        if not lacking or not self._engine.has_room(memory):
            return
        try:
            await self._inference.load(model, 0)
        except ModelFaultError as error:
            # Once is enough to say so; a detection with it will say it again.
            self._faulty.add(model.weights_sha256)
            _log.error("preload_failed", model=model.id, reason=str(error))


@contextmanager
def _others_go_on() -> Iterator[None]:
    """Whatever is wrong with models that nobody asked for, the detections and trainings of this worker go on."""
    try:
        yield
    except GpuBusyError as error:
        _log.info("preload_put_off", reason=str(error))
    except Exception:
        _log.exception("preload_failed")
