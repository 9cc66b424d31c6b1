"""Models from the object store to the engine, with the fastest runtime that answers as torch does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import structlog

from domain.models.detection import ServedModel
from domain.ports import Database, ObjectStore
from workers.claims import PermanentError
from workers.engine import Engine, NetworkFile, Resident, RuntimeKind
from workers.engine.memory import return_memory
from workers.engine.parity import TOLERANCE, Verdict, compared
from workers.engine.runtime import Runtime
from workers.parity_pictures import image_keys, pictures_of, stored_images
from workers.seeing_through import seen_through
from workers.verdicts import Verdicts, verdict_key
from workers.weights import WeightsCorrupt
from workers.weights_file import weights_file

_log = structlog.get_logger(__name__)


class ModelFaultError(PermanentError):
    """The model cannot be loaded: its weights are missing, changed, or something else than a detector."""


class ModelLoader:
    """A model is first opened with torch. `settle` tries the runtime that is faster on this host, and puts it in its
    place if the answers are the same; that is remembered, and from then on the weights need not be unpickled at all."""

    def __init__(self, database: Database, store: ObjectStore, weights_dir: Path, verdicts: Verdicts) -> None:
        self._database = database
        self._store = store
        self._weights_dir = weights_dir
        self._verdicts = verdicts

    async def load(self, engine: Engine, model: ServedModel) -> Resident:
        """The model in the engine. Raises ModelFaultError."""
        fast = _candidate(engine, model)
        verdict = self._verdicts.get(_key(engine, model, fast)) if fast else None
        if fast and verdict and verdict.same:
            try:
                return await self._loaded(engine, model, fast)
            except ModelFaultError as error:
                self._refuse(engine, model, fast, str(error))
        return await self._loaded(engine, model, RuntimeKind.TORCH)

    def settled(self, engine: Engine, resident: Resident) -> bool:
        """Whether there is nothing faster left to try."""
        fast = _candidate(engine, resident.model)
        if fast is None or resident.runtime.kind is fast:
            return True
        known = self._verdicts.get(_key(engine, resident.model, fast))
        return known is not None and not known.same

    async def settle(self, engine: Engine, resident: Resident) -> None:
        """Has the faster runtime take over, unless it answers differently. The model goes on answering meanwhile."""
        model, fast = resident.model, _candidate(engine, resident.model)
        if fast is None or resident.runtime.kind is fast:
            return
        key = _key(engine, model, fast)
        known = self._verdicts.get(key)
        if known is not None and not known.same:
            return
        try:
            file = await self._file(model, fast)
            with _faults_sorted(file):
                runtime = await seen_through(engine.open, file)
        except ModelFaultError as error:
            self._refuse(engine, model, fast, str(error))
            return
        verdict = known or await self._compared(engine, resident, runtime)
        if verdict is None:
            self._refuse(engine, model, fast, "there is nothing to be seen on the model's images")
            return
        await asyncio.to_thread(self._verdicts.put, key, verdict)
        if verdict.same:
            resident.runtime = runtime
            _log.info("runtime_chosen", model=model.id, runtime=fast)
        else:
            _log.warning("runtime_refused", model=model.id, runtime=fast, reason=verdict.reason)
        del runtime
        await asyncio.to_thread(return_memory)

    async def _compared(self, engine: Engine, resident: Resident, runtime: Runtime) -> Verdict | None:
        keys = await self._database.read(lambda uow: image_keys(uow, resident.model.id))
        images = await stored_images(self._store, keys)
        return await seen_through(_compared, engine, resident, runtime, images)

    async def _loaded(self, engine: Engine, model: ServedModel, kind: RuntimeKind) -> Resident:
        file = await self._file(model, kind)
        with _faults_sorted(file):
            return await seen_through(engine.load, model, file)

    async def _file(self, model: ServedModel, kind: RuntimeKind) -> NetworkFile:
        key, sha256, suffix = model.weights_key, model.weights_sha256, ".pt"
        if kind is RuntimeKind.ONNX and model.onnx is not None:
            key, sha256, suffix = model.onnx.key, model.onnx.sha256, ".onnx"
        try:
            path = await weights_file(self._store, key, sha256, self._weights_dir, suffix)
        except PermanentError as error:
            raise ModelFaultError(str(error)) from error
        return NetworkFile(kind, path, sha256, model.classes, model.image_size)

    def _refuse(self, engine: Engine, model: ServedModel, kind: RuntimeKind, reason: str) -> None:
        """Until the next start: what stood in the way may be gone by then."""
        self._verdicts.put_for_now(_key(engine, model, kind), Verdict(False, reason))
        _log.warning("runtime_refused", model=model.id, runtime=kind, reason=reason)


def _candidate(engine: Engine, model: ServedModel) -> RuntimeKind | None:
    fast = engine.fast_runtime
    return None if fast is RuntimeKind.ONNX and model.onnx is None else fast


def _key(engine: Engine, model: ServedModel, kind: RuntimeKind) -> str:
    onnx = model.onnx.sha256 if model.onnx and kind is RuntimeKind.ONNX else ""
    return verdict_key(kind, engine.device, model.weights_sha256, onnx, model.image_size)


def _compared(engine: Engine, resident: Resident, runtime: Runtime, images: Sequence[bytes]) -> Verdict | None:
    """Picture by picture, so that detections have their turns in between."""
    pictures = pictures_of(images, resident.model.preprocessing)
    reference = partial(engine.find, resident.runtime)
    return compared(reference, partial(engine.find, runtime), pictures, TOLERANCE[runtime.kind])


@contextmanager
def _faults_sorted(file: NetworkFile) -> Iterator[None]:
    try:
        yield
    except WeightsCorrupt as error:
        file.path.unlink(missing_ok=True)
        raise ModelFaultError(str(error)) from error
