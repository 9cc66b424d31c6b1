"""Training jobs on the GPU host: taken up, watched for a request to cancel, seen to an end."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from pathlib import Path

import structlog

from domain.jobs import Claim, JobKind
from domain.models.training import TrainingJobStatus
from domain.training_progress import ended, noticed, preparing
from workers.claims import PermanentError, PostponedError
from workers.training_run import TrainingHost, TrainingRun

_CANCEL_SECONDS = 1.0
_SHUTDOWN_SECONDS = 5.0
_AFTER_CANCEL_SECONDS = 60.0
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
_log = structlog.get_logger(__name__)


class Training:
    """Fulfils workers.claims.Handler."""

    kind = JobKind.TRAINING
    slots = 1

    def __init__(self, host: TrainingHost, device_name: str, work_dir: Path) -> None:
        self._host = host
        self._database = host.database
        self._device_name = device_name
        self._work_dir = work_dir
        self._put_off: str | None = None

    async def run(self, claim: Claim) -> None:
        job = await self._database.write(preparing(claim, self._device_name))
        try:
            with tempfile.TemporaryDirectory(
                dir=self._work_dir, prefix="training-", ignore_cleanup_errors=True
            ) as folder:
                await self._run(claim, TrainingRun(self._host, claim, job, Path(folder)))
        except OSError as error:
            if error.errno in _FULL_DISK:
                text = "The worker's disk is full; free space there, then resume the training."
                raise PermanentError(text) from error
            if isinstance(error, PermissionError):
                raise  # no store says so, and waiting mends nothing
            await self._tell_put_off(claim)
            raise PostponedError(f"{type(error).__name__}: {error}") from error

    async def fail(self, claim: Claim, reason: str) -> None:
        await self._database.write(ended(claim, TrainingJobStatus.FAILED, reason))

    async def _tell_put_off(self, claim: Claim) -> None:
        """Once, however often it is tried."""
        if self._put_off != claim.id:
            self._put_off = claim.id
            text = "The worker cannot reach what the training reads, most likely the object store. It is tried again."
            await self._database.write(noticed(claim, text))

    async def _run(self, claim: Claim, run: TrainingRun) -> None:
        work = asyncio.create_task(run.run())
        cancelled = asyncio.create_task(self._cancel_requested(claim.id))
        try:
            done, _ = await asyncio.wait([work, cancelled], return_when=asyncio.FIRST_COMPLETED)
            if work in done:
                return work.result()
        except asyncio.CancelledError:
            await _stopped(work, cancelled)
            await run.keep_state(_SHUTDOWN_SECONDS)
            raise
        finally:
            await _stopped(work, cancelled)
        await self._database.write(ended(claim, TrainingJobStatus.CANCELLED, None))
        await run.keep_state(_AFTER_CANCEL_SECONDS)
        return None

    async def _cancel_requested(self, job_id: str) -> None:
        while True:
            try:
                job = await self._database.read(lambda uow: uow.jobs.get(job_id))
            except Exception:
                _log.exception("cancel_unknown", job=job_id)
            else:
                # What is completed is not cancelled any more; it only has to clear up.
                if job is not None and job.cancel_requested_at is not None and not job.status.final:
                    return
            await asyncio.sleep(_CANCEL_SECONDS)


async def _stopped(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
