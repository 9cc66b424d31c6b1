"""Evaluations on the GPU host: a model measured on one split of a version, in a child process."""

from __future__ import annotations

import tempfile
from pathlib import Path

from domain.errors import not_found
from domain.evaluations import evaluation_completed, evaluation_failed, evaluation_running, seen_images
from domain.jobs import Claim, JobKind
from domain.models.model import ModelEvaluation, TrainedModel
from domain.models.version import DatasetVersion, Notice
from domain.ports import Database, UnitOfWork
from workers.child.protocol import EvaluateSpec, Report
from workers.child_process import ChildFailed, run_child
from workers.claims import PermanentError
from workers.materials import Materials

_BATCH_SIZE = 8
_DEFAULT_IMAGE_SIZE = 640


class Evaluation:
    """Fulfils workers.claims.Handler."""

    kind = JobKind.EVALUATION
    slots = 1

    def __init__(self, database: Database, materials: Materials, device: str, work_dir: Path) -> None:
        self._database = database
        self._materials = materials
        self._device = device
        self._work_dir = work_dir

    async def run(self, claim: Claim) -> None:
        evaluation = await self._database.write(evaluation_running(claim))
        model, version, seen = await self._database.read(lambda uow: _inputs(uow, evaluation))
        with tempfile.TemporaryDirectory(
            dir=self._work_dir, prefix="evaluation-", ignore_cleanup_errors=True
        ) as folder:
            await self._measure(claim, evaluation, model, version, seen, Path(folder))

    async def fail(self, claim: Claim, reason: str) -> None:
        await self._database.write(evaluation_failed(claim, reason))

    async def _measure(
        self,
        claim: Claim,
        evaluation: ModelEvaluation,
        model: TrainedModel,
        version: DatasetVersion,
        seen: int,
        folder: Path,
    ) -> None:
        weights = await self._materials.weights(model, folder)
        # The model's own classes first, in the order of its outputs; what it never learned counts as missed.
        lacking = tuple(name for name in version.classes if name not in model.classes)
        tree = await self._materials.tree(version, model.classes + lacking, (evaluation.split,), folder)
        spec = EvaluateSpec(
            data_yaml=tree.data_yaml,
            weights=weights,
            weights_sha256=model.sha256 or "",
            image_size=model.image_size or _DEFAULT_IMAGE_SIZE,
            batch_size=_BATCH_SIZE,
            device=self._device,
            threads=self._materials.threads,
        )
        try:
            result = await run_child(spec, folder / "run", _nothing)
        except ChildFailed as error:
            raise PermanentError(str(error)) from error
        notices = _class_notices(model, version, lacking) + tree.notices
        await self._database.write(evaluation_completed(claim, result.metrics, seen, notices))


async def _inputs(uow: UnitOfWork, evaluation: ModelEvaluation) -> tuple[TrainedModel, DatasetVersion, int]:
    model = await uow.models.get(evaluation.model_id)
    version = await uow.versions.get(evaluation.dataset_id)
    if model is None or version is None:
        raise not_found("model or version")
    return model, version, await seen_images(uow, model, version.id, evaluation.split)


def _class_notices(model: TrainedModel, version: DatasetVersion, lacking: tuple[str, ...]) -> tuple[Notice, ...]:
    notices = []
    if lacking:
        text = f"{model.name} never learned {', '.join(lacking)}; each of their objects counts as missed."
        notices.append(Notice("CLASS_NOT_IN_MODEL", text, len(lacking)))
    unused = tuple(name for name in model.classes if name not in version.classes)
    if unused:
        text = f"v{version.version} has no object of {', '.join(unused)}, which {model.name} knows."
        notices.append(Notice("CLASS_NOT_IN_VERSION", text, len(unused)))
    return tuple(notices)


async def _nothing(_: Report) -> None:
    """An evaluation is over in moments; nobody watches it by batch."""
