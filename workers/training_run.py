"""One attempt at a training job: what it trains from is read, checked and rendered, and a child process trains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from adapters.tracing import past_span, span
from domain.errors import ClaimLostError, not_found
from domain.events import training_stream
from domain.jobs import Claim, JobKind
from domain.models.gpu import GpuHolder
from domain.models.model import TrainedModel
from domain.models.training import StartingWeights, TrainingJob
from domain.models.version import DatasetVersion, Split
from domain.ports import Bell, Database, ObjectStore, Ring, UnitOfWork
from domain.recipe import Argument, effective_arguments
from domain.training_progress import batch_halved, completed, epoch_done, noticed, running, warned
from rendering.tree import RenderedTree
from workers.alongside import alongside
from workers.child.protocol import (
    BatchReport,
    ChildResult,
    EpochReport,
    LogReport,
    Report,
    ResumeState,
    StateReport,
    TrainSpec,
)
from workers.child_process import LOG_NAME, ChildCrashed, ChildFailed, ChildOutOfMemory, run_child
from workers.claims import CrashedError, PermanentError
from workers.gpu_leasing import GpuLostError
from workers.host_gpu import HostGpu
from workers.host_paths import without_host_paths
from workers.materials import Materials
from workers.patient_database import PatientDatabase
from workers.pretrained import Pretrained
from workers.run_log import RunLog
from workers.stages import stage
from workers.training_results import TrainingResults
from workers.training_states import TrainingStates

MAX_HALVINGS = 2
_NEWS_SECONDS = 0.25
_STORE_LOOK_SECONDS = 15.0
_STORE_PATIENCE_SECONDS = 3600.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TrainingHost:
    """What all trainings of a host share. `device` is Ultralytics' name for it; `pretrained` has the weights that
    trainings start from by default."""

    database: Database
    store: ObjectStore
    bell: Bell
    materials: Materials
    device: str
    pretrained: Pretrained
    gpu: HostGpu


class TrainingRun:
    """`folder` is its own, and disposable."""

    def __init__(self, host: TrainingHost, claim: Claim, job: TrainingJob, folder: Path) -> None:
        self._host = host
        self._database = PatientDatabase(host.database)
        self._claim = claim
        self._job = job
        self._folder = folder
        self._states = TrainingStates(self._database, host.store, claim, job)
        self._children = 0
        self._told = 0.0

    async def run(self) -> None:
        """To the COMPLETED job with its model. Raises PermanentError, CrashedError, OSError while the store is away,
        ClaimLostError."""
        with stage(JobKind.TRAINING, "preparing"):
            version, checkpoint = await self._database.read(lambda uow: _inputs(uow, self._job))
            state = await self._state()
            weights, sha256 = (None, None) if state else await self._starting_weights(checkpoint)
        with stage(JobKind.TRAINING, "rendering"):
            tree = await self._rendered(version)
        try:
            async with self._host.gpu.held(GpuHolder.TRAINING, self._job.id):
                with stage(JobKind.TRAINING, "training"):
                    result = await self._trained(self._spec(tree, weights, sha256, state), tree)
        except GpuLostError:
            await self._states.keep()
            raise
        with stage(JobKind.TRAINING, "storing"):
            await self._patiently(lambda: self._keep(version, checkpoint, result))
        await self._states.forget_all()

    async def keep_state(self, seconds: float) -> None:
        """Keeps what the child left behind last, if `seconds` are enough for it: somebody may go on from it."""
        try:
            async with asyncio.timeout(seconds):
                await self._states.keep()
        except (ClaimLostError, OSError) as error:  # a store that is away, or too slow
            _log.warning("state_not_kept", job=self._job.id, error=type(error).__name__)

    async def _state(self) -> ResumeState | None:
        """Where to go on, when an earlier attempt got anywhere."""
        found = await self._states.newest_intact(self._folder / "state")
        if found is not None:
            await self._tell(f"Going on after epoch {found[0]}.")
            return found[1]
        if self._job.resume_points:
            await self._tell("No copy of the training's state is whole; starting at the first epoch again.")
        return None

    async def _starting_weights(self, checkpoint: TrainedModel | None) -> tuple[Path | None, str | None]:
        """The file to start from and its SHA-256; None of either when the training starts from scratch."""
        if checkpoint is not None:
            return await self._host.materials.weights(checkpoint, self._folder / "checkpoint"), checkpoint.sha256
        if self._job.starting_weights is StartingWeights.SCRATCH:
            return None, None
        architecture = self._job.config.base_model.architecture
        return await self._host.pretrained.file(architecture, self._folder / "pretrained")

    async def _rendered(self, version: DatasetVersion) -> RenderedTree:
        # Nothing is trained from a version that has lost anything, be it an image that only an evaluation would read.
        splits = (Split.TRAIN, Split.VAL)
        tree = await self._host.materials.tree(
            version, version.classes, splits, self._folder, compared=(Split.TEST,), on_image=self._image_rendered
        )
        if not tree.splits[Split.TRAIN].labels:
            raise PermanentError("No training image has an object left after preprocessing; there is nothing to learn.")
        await self._database.write(warned(self._claim, tree.notices))
        return tree

    def _spec(
        self, tree: RenderedTree, weights: Path | None, sha256: str | None, state: ResumeState | None
    ) -> TrainSpec:
        return TrainSpec(
            data_yaml=tree.data_yaml,
            architecture=self._job.config.base_model.architecture,
            start=self._job.starting_weights,
            arguments=self._arguments(tree, self._batch_size),
            threads=self._host.materials.threads,
            weights=weights,
            weights_sha256=sha256,
            resume=state,
        )

    @property
    def _batch_size(self) -> int:
        """An earlier attempt may have found the device too small for what was asked."""
        asked = self._job.config.batch_size
        return min(asked, int(self._job.effective.get("batch", asked)))

    def _arguments(self, tree: RenderedTree, batch_size: int) -> dict[str, Argument]:
        """Whatever the batch, the weights change after as many images as with the one that was asked for: a state that
        was kept says so as well, and Ultralytics goes on by what it says."""
        images, device = tree.splits[Split.TRAIN].images, self._host.device
        smaller = effective_arguments(replace(self._job.config, batch_size=batch_size), images, device)
        return effective_arguments(self._job.config, images, device) | {"batch": smaller["batch"]}

    async def _trained(self, spec: TrainSpec, tree: RenderedTree) -> ChildResult:
        """What the child made. With too little memory, with half the batch, and once more with half of that."""
        asked = self._job.config.batch_size
        batch_size = self._batch_size
        # An attempt that goes on from a state reads no weights, but the first one did.
        sha256 = spec.weights_sha256 or self._job.effective.get("weights_sha256")
        started_from = {"weights_sha256": sha256} if sha256 else {}
        await self._database.write(running(self._claim, {**spec.arguments, **started_from}))
        while True:
            try:
                return await self._child(spec)
            except ChildOutOfMemory as error:
                smaller = self._arguments(tree, max(batch_size // 2, 1))
                # Each of several GPUs takes an image at least.
                if smaller["batch"] == spec.arguments["batch"] or batch_size * 2**MAX_HALVINGS <= asked:
                    raise PermanentError(str(error)) from error
                batch_size = int(smaller["batch"] or 1)
                await self._database.write(batch_halved(self._claim, batch_size))
                spec = replace(spec, arguments=smaller, resume=await self._state_now(spec.resume))
            except ChildCrashed as error:
                await self._states.keep()
                raise CrashedError(str(error)) from error
            except ChildFailed as error:
                await self._states.keep()
                raise PermanentError(str(error)) from error

    async def _state_now(self, before: ResumeState | None) -> ResumeState | None:
        """Where the next child of this attempt goes on: what the last one left, or else what that one began with."""
        await self._states.keep()
        if (left := await self._states.local()) is not None:
            return left
        found = await self._states.newest_intact(self._folder / f"state-{self._children}")
        return found[1] if found else before

    async def _child(self, spec: TrainSpec) -> ChildResult:
        self._children += 1
        folder = self._folder / f"run-{self._children}"
        log = RunLog(self._database, self._claim, folder / LOG_NAME, self._folder)
        try:
            with span("child", number=self._children, batch=spec.arguments["batch"]):
                result = await alongside(run_child(spec, folder, self._hear), self._states.run(), log.run())
        except ChildFailed:
            await log.forward(to_the_end=True)
            raise
        await log.forward(to_the_end=True)
        return result

    async def _hear(self, report: Report) -> None:
        match report:
            case EpochReport(metrics):
                past_span("epoch", metrics.seconds, epoch=metrics.epoch)
                await self._database.write(epoch_done(self._claim, metrics))
            case LogReport(notice):
                told = replace(notice, message=without_host_paths(notice.message, self._folder))
                await self._database.write(warned(self._claim, [told]))
                await self._tell(told.message)
            case StateReport():
                self._states.offer(report)
            case BatchReport(epoch, batch, batches):
                await self._pass_on({"epoch": epoch, "batch": batch, "batches": batches})

    async def _image_rendered(self, done: int, total: int) -> None:
        await self._pass_on({"rendered": done, "images": total})

    async def _pass_on(self, news: dict[str, Any]) -> None:
        """Passing news: rung, never stored, and not more often than a watcher's eye needs."""
        now = time.monotonic()
        if now - self._told < _NEWS_SECONDS:
            return
        self._told = now
        await self._host.bell.ring(Ring(training_stream(self._job.id), news))

    async def _tell(self, text: str) -> None:
        await self._database.write(noticed(self._claim, text))

    async def _patiently(self, store: Callable[[], Awaitable[None]]) -> None:
        """A training of days is not thrown away because the store is away when it ends."""
        waited = 0.0
        while True:
            try:
                return await store()
            except OSError as error:
                _log.warning("results_not_stored", job=self._job.id, error=str(error))
                if waited == 0:
                    await self._tell("The object store does not take the results yet. That is tried again.")
                if waited >= _STORE_PATIENCE_SECONDS:
                    raise
                waited += _STORE_LOOK_SECONDS
                await asyncio.sleep(_STORE_LOOK_SECONDS)

    async def _keep(self, version: DatasetVersion, checkpoint: TrainedModel | None, result: ChildResult) -> None:
        """Weights, files, and then model, job and version in one transaction."""
        if result.weights is None:
            raise PermanentError("The training ended without weights.")
        job = await self._database.read(lambda uow: uow.jobs.get(self._job.id)) or self._job
        epochs = (await self._database.read(lambda uow: uow.jobs.epochs([job.id]))).get(job.id, [])
        results = TrainingResults(self._host.store, job, version, checkpoint)
        make = await results.keep(result.weights, result, epochs, self._folder)
        await self._database.write(completed(self._claim, make))


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
