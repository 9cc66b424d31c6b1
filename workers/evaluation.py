"""Evaluations on the GPU host: a model measured on one split of a version, in a child process."""

from __future__ import annotations

import errno
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.errors import not_found
from domain.evaluation_notices import lacking_classes, notices_of
from domain.evaluations import evaluation_completed, evaluation_failed, evaluation_running, seen_images
from domain.jobs import Claim, JobKind
from domain.lineage import Lineage, lineage_of
from domain.models.gpu import GpuHolder
from domain.models.model import ModelEvaluation, TrainedModel
from domain.models.version import DatasetVersion
from domain.ports import Database, UnitOfWork
from workers.child.protocol import ChildResult, EvaluateSpec, Report
from workers.child_process import ChildCrashed, ChildDiskFull, ChildFailed, ChildOutOfMemory, run_child
from workers.claims import CrashedError, PermanentError, PostponedError
from workers.host_gpu import HostGpu
from workers.materials import Materials
from workers.stages import stage

_BATCH_SIZE = 8
_DEFAULT_IMAGE_SIZE = 640
_PATIENCE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Inputs:
    evaluation: ModelEvaluation
    model: TrainedModel
    version: DatasetVersion
    lineage: Lineage
    seen: int


class Evaluation:
    """Fulfils workers.claims.Handler."""

    kind = JobKind.EVALUATION
    slots = 1

    def __init__(self, database: Database, materials: Materials, gpu: HostGpu, device: str, work_dir: Path) -> None:
        self._database = database
        self._materials = materials
        self._gpu = gpu
        self._device = device
        self._work_dir = work_dir

    async def run(self, claim: Claim) -> None:
        evaluation = await self._database.write(evaluation_running(claim))
        inputs = await self._database.read(lambda uow: _inputs(uow, evaluation))
        try:
            with tempfile.TemporaryDirectory(
                dir=self._work_dir, prefix="evaluation-", ignore_cleanup_errors=True
            ) as folder:
                await self._evaluate(claim, inputs, Path(folder))
        except OSError as error:
            raise _sorted(error, evaluation) from error

    async def fail(self, claim: Claim, reason: str) -> None:
        await self._database.write(evaluation_failed(claim, reason))

    async def _evaluate(self, claim: Claim, inputs: _Inputs, folder: Path) -> None:
        model, version = inputs.model, inputs.version
        weights = await self._materials.weights(model, folder)
        # The model's own classes first, in the order of its outputs; what it never learned counts as missed.
        classes = model.classes + lacking_classes(model, version)
        with stage(self.kind, "rendering"):
            tree = await self._materials.tree(version, classes, (inputs.evaluation.split,), folder)
        spec = EvaluateSpec(
            data_yaml=tree.data_yaml,
            weights=weights,
            weights_sha256=model.sha256 or "",
            image_size=model.image_size or _DEFAULT_IMAGE_SIZE,
            batch_size=_BATCH_SIZE,
            device=self._device,
            threads=self._materials.threads,
        )
        async with self._gpu.held(GpuHolder.INFERENCE, inputs.evaluation.id):
            with stage(self.kind, "measuring"):
                result = await _measured(spec, folder)
        notices = notices_of(model, version, inputs.lineage, tree.notices)
        await self._database.write(evaluation_completed(claim, result.metrics, inputs.seen, notices))


async def _measured(spec: EvaluateSpec, folder: Path) -> ChildResult:
    """With too little memory for a batch, image by image. Raises OSError for a full disk, as what is around it does."""
    try:
        try:
            return await run_child(spec, folder / "run", _nothing)
        except ChildOutOfMemory:
            return await run_child(replace(spec, batch_size=1), folder / "run-by-image", _nothing)
    except ChildOutOfMemory as error:
        text = f"The device has too little memory for one image at {spec.image_size} pixels; evaluate on a larger one."
        raise PermanentError(text) from error
    except ChildDiskFull as error:
        raise OSError(errno.ENOSPC, str(error)) from error
    except ChildCrashed as error:
        raise CrashedError(str(error)) from error
    except ChildFailed as error:
        raise PermanentError(str(error)) from error


def _sorted(error: OSError, evaluation: ModelEvaluation) -> Exception:
    """A full disk and a store that is away are waited for, until a day after the evaluation was asked for."""
    if datetime.now(UTC) - evaluation.created_at > _PATIENCE:
        text = (
            "The worker's disk is full or the object store away, and the evaluation was asked for more than a day ago; "
            "see the worker's log, and evaluate again."
        )
        return PermanentError(text)
    return PostponedError(f"{type(error).__name__}: {error}")


async def _inputs(uow: UnitOfWork, evaluation: ModelEvaluation) -> _Inputs:
    model = await uow.models.get(evaluation.model_id)
    version = await uow.versions.get(evaluation.dataset_id)
    if model is None or version is None:
        raise not_found("model or version")
    lineage = await lineage_of(uow, model)
    seen = await seen_images(uow, lineage, version.id, evaluation.split)
    return _Inputs(evaluation, model, version, lineage, seen)


async def _nothing(_: Report) -> None:
    """An evaluation is over in moments; nobody watches it by batch."""
