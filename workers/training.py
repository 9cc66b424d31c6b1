"""Training jobs on the GPU host: read and check the version, render it, run the child, keep what it made."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog

from domain.errors import not_found
from domain.events import training_stream
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.keys import weights_key
from domain.models.model import TrainedModel
from domain.models.training import StartingWeights, TrainingJob, TrainingJobStatus
from domain.models.version import DatasetVersion, Split
from domain.ports import Bell, Database, ObjectStore, Ring, UnitOfWork
from domain.recipe import effective_arguments
from domain.training_progress import completed, ended, epoch_done, noticed, preparing, running
from rendering.tree import RenderedTree
from workers.child.protocol import BatchReport, ChildResult, EpochReport, LogReport, Report, TrainSpec
from workers.child_process import ChildFailed, run_child
from workers.claims import PermanentError
from workers.materials import Materials

_CANCEL_SECONDS = 1.0
_NEWS_SECONDS = 0.25
_log = structlog.get_logger(__name__)


class Training:
    """Fulfils workers.claims.Handler."""

    kind = JobKind.TRAINING
    slots = 1

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        bell: Bell,
        materials: Materials,
        device: str,
        pretrained: Path | None,
        work_dir: Path,
    ) -> None:
        self._database = database
        self._store = store
        self._bell = bell
        self._materials = materials
        self._device = device
        self._pretrained = pretrained
        self._work_dir = work_dir

    async def run(self, claim: Claim) -> None:
        job = await self._database.write(preparing(claim, self._device))
        with tempfile.TemporaryDirectory(dir=self._work_dir, prefix="training-", ignore_cleanup_errors=True) as folder:
            work = asyncio.create_task(self._train(claim, job, Path(folder)))
            cancelled = asyncio.create_task(self._cancel_requested(job.id))
            try:
                done, _ = await asyncio.wait([work, cancelled], return_when=asyncio.FIRST_COMPLETED)
                if work in done:
                    work.result()
                    return
            finally:
                work.cancel()
                cancelled.cancel()
                await asyncio.wait([work, cancelled])
        await self._database.write(ended(claim, TrainingJobStatus.CANCELLED, None))

    async def fail(self, claim: Claim, reason: str) -> None:
        await self._database.write(ended(claim, TrainingJobStatus.FAILED, reason))

    async def _cancel_requested(self, job_id: str) -> None:
        while True:
            try:
                job = await self._database.read(lambda uow: uow.jobs.get(job_id))
            except Exception:
                _log.exception("cancel_unknown", job=job_id)
            else:
                if job is not None and job.cancel_requested_at is not None:
                    return
            await asyncio.sleep(_CANCEL_SECONDS)

    async def _train(self, claim: Claim, job: TrainingJob, folder: Path) -> None:
        version, checkpoint = await self._database.read(lambda uow: _inputs(uow, job))
        weights, sha256 = await self._starting_weights(job, checkpoint, folder)
        # Nothing is trained from a version that has lost anything, be it an image that only an evaluation would read.
        splits = (Split.TRAIN, Split.VAL)
        tree = await self._materials.tree(version, version.classes, splits, folder, compared=(Split.TEST,))
        if not tree.splits[Split.TRAIN].labels:
            raise PermanentError("No training image has an object left after preprocessing; there is nothing to learn.")
        arguments = effective_arguments(job.config, tree.splits[Split.TRAIN].images, self._device)
        await self._keep_notices(claim, job, tree)
        await self._database.write(running(claim, arguments))
        spec = TrainSpec(
            data_yaml=tree.data_yaml,
            architecture=job.config.base_model.architecture,
            start=job.starting_weights,
            arguments=arguments,
            threads=self._materials.threads,
            weights=weights,
            weights_sha256=sha256,
        )
        try:
            result = await run_child(spec, folder / "run", _Reports(self._database, self._bell, claim, job).hear)
        except ChildFailed as error:
            raise PermanentError(str(error)) from error
        await self._keep(claim, job, version, result)

    async def _starting_weights(
        self, job: TrainingJob, checkpoint: TrainedModel | None, folder: Path
    ) -> tuple[Path | None, str | None]:
        """The file to start from and its SHA-256; None of either when the training starts from scratch."""
        if checkpoint is not None:
            return await self._materials.weights(checkpoint, folder / "checkpoint"), checkpoint.sha256
        if job.starting_weights is StartingWeights.SCRATCH:
            return None, None
        name = f"{job.config.base_model.architecture}.pt"
        if self._pretrained is None or not (self._pretrained / name).is_file():
            raise PermanentError(
                f"The pretrained weights {name} are not on this host; put them into the folder that PRETRAINED_WEIGHTS "
                "names, or start from a checkpoint or from scratch."
            )
        return self._pretrained / name, None

    async def _keep_notices(self, claim: Claim, job: TrainingJob, tree: RenderedTree) -> None:
        notices = job.warnings + tuple(one for one in tree.notices if one not in job.warnings)
        await self._database.write(lambda uow: uow.jobs.write_claimed(claim, warnings=notices))

    async def _keep(self, claim: Claim, job: TrainingJob, version: DatasetVersion, result: ChildResult) -> None:
        """Weights to the object store by their checksum; then model, job and version in one transaction."""
        if result.weights is None:
            raise PermanentError("The training ended without weights.")
        data = await asyncio.to_thread(result.weights.read_bytes)
        sha256 = hashlib.sha256(data).hexdigest()
        key = weights_key(job.team_id, sha256)
        await self._store.put(key, data, "application/octet-stream")

        def model(name: str) -> TrainedModel:
            return TrainedModel(
                id=new_id(),
                project_id=job.project_id,
                team_id=job.team_id,
                name=name,
                dataset_id=version.id,
                training_job_id=job.id,
                parent_model_id=job.checkpoint_model_id,
                base_model=job.config.base_model,
                classes=result.classes,
                metrics=result.metrics,
                weights_key=key,
                sha256=sha256,
                size_bytes=len(data),
                image_size=job.config.image_size,
                preprocessing=version.config.preprocessing,
                created_at=datetime.now(UTC),
            )

        await self._database.write(completed(claim, model))


class _Reports:
    """What the child says, on its way to the database and to those who watch."""

    def __init__(self, database: Database, bell: Bell, claim: Claim, job: TrainingJob) -> None:
        self._database = database
        self._bell = bell
        self._claim = claim
        self._job = job
        self._told = 0.0

    async def hear(self, report: Report) -> None:
        match report:
            case EpochReport(metrics):
                await self._database.write(epoch_done(self._claim, metrics))
            case LogReport(notice):
                await self._database.write(noticed(self._claim, notice.message))
            case BatchReport():
                await self._pass_on(report)

    async def _pass_on(self, report: BatchReport) -> None:
        """Passing news: rung, never stored, and not more often than a watcher's eye needs."""
        now = time.monotonic()
        if now - self._told < _NEWS_SECONDS:
            return
        self._told = now
        news = {"epoch": report.epoch, "batch": report.batch, "batches": report.batches}
        await self._bell.ring(Ring(training_stream(self._job.id), news))


async def _inputs(uow: UnitOfWork, job: TrainingJob) -> tuple[DatasetVersion, TrainedModel | None]:
    version = await uow.versions.get(job.dataset_id)
    if version is None:
        raise not_found("version")
    if job.checkpoint_model_id is None:
        return version, None
    checkpoint = await uow.models.get(job.checkpoint_model_id)
    if checkpoint is None:
        raise not_found("model")
    return version, checkpoint
