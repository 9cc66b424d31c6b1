"""What no claim loop sets right: statuses out of step with their jobs, trainings that were asked to stop when nobody
was at them, and work that no worker ever came for.

A version, job, check or export whose worker died needs nothing from here: its lease runs out after 30 s, and the sweep
of whatever worker there is takes it up, or fails it after three attempts in vain. Long work whose heart beats is never
touched.

The last resort is for work that nobody can take up. It fails when no worker held it for 24 hours (a row that was never
taken up counts from when it was made) and, in those 24 hours, no worker of its kind was heard of by any row: an io
worker for snapshots, exports and Roboflow's detections, a GPU worker for trainings, evaluations and our own models'
detections. So a job that waits behind others never fails. This begins an hour after the process did, since a system
that stood still for days must first come to take up what waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from domain.detection_progress import detection_failed
from domain.evaluations import evaluation_failed
from domain.exports import export_failed
from domain.jobs import Claim, JobKind
from domain.models.training import TrainingJobStatus
from domain.ports import Database, UnitOfWork
from domain.training import cancel_as_asked
from domain.training_progress import ended
from domain.version_lifecycle import step_in_line
from workers.claims import Handler

_LOOK_SECONDS = 60
_SETTLING_LOOKS = 60
_AT_ONCE = 200
_GPU = (JobKind.TRAINING, JobKind.EVALUATION, JobKind.DEPLOYMENT, JobKind.DETECTION)
_ALIKE: Mapping[JobKind, tuple[JobKind, ...]] = {
    JobKind.SNAPSHOT: (JobKind.SNAPSHOT,),
    JobKind.EXPORT: (JobKind.EXPORT,),
    JobKind.TRAINING: _GPU,
    JobKind.EVALUATION: _GPU,
    JobKind.DETECTION: _GPU,
    JobKind.ROBOFLOW_DETECTION: (JobKind.ROBOFLOW_DETECTION,),
}
"""What is given up, and whose rows tell that a worker of that kind is there."""
_log = structlog.get_logger(__name__)


class Reconciliation:
    """Several workers may reconcile at once: a status is worked out under the version's lock, and what is given up is
    claimed first, so that a worker that comes at that moment has it, or finds it FAILED."""

    def __init__(self, database: Database, snapshot: Handler, worker: str) -> None:
        self._database = database
        self._snapshot = snapshot
        self._worker = worker

    async def run(self) -> None:
        """Looks once a minute, until it is cancelled."""
        look = 0
        while True:
            await self._logged(self.cancel_as_asked)
            await self._logged(self.step_in_line)
            if look >= _SETTLING_LOOKS:
                await self._logged(self.give_up_abandoned)
            look += 1
            await asyncio.sleep(_LOOK_SECONDS)

    async def _logged(self, step: Callable[[], Awaitable[None]]) -> None:
        """What fails is tried again at the next look, and keeps nothing else from being set right."""
        try:
            await step()
        except Exception:
            _log.exception("reconciliation_failed")

    async def cancel_as_asked(self) -> None:
        """Cancels trainings that were asked to stop when no worker was at them, which none may be for days."""
        for job_id in await self._database.read(lambda uow: uow.jobs.asked_to_stop_unheld(_AT_ONCE)):
            await self._logged(partial(self._database.write, partial(cancel_as_asked, job_id=job_id)))

    async def step_in_line(self) -> None:
        """Brings versions back to READY that are TRAINING without an unfinished job, and the other way round."""
        for version_id in await self._database.read(lambda uow: uow.versions.out_of_step(_AT_ONCE)):
            _log.warning("version_out_of_step", version=version_id)
            await self._logged(partial(self._database.write, partial(step_in_line, version_id=version_id)))

    async def give_up_abandoned(self) -> None:
        """Fails what nobody held for 24 hours while no worker of its kind was heard of."""
        for kind, alike in _ALIKE.items():
            if not await self._database.read(lambda uow, alike=alike: uow.claims.silent(alike)):  # type: ignore[misc]
                continue
            for _ in range(_AT_ONCE):
                claim = await self._database.write(partial(self._take, kind=kind))
                if claim is None:
                    break
                _log.warning("given_up", kind=kind, id=claim.id)
                await self._logged(partial(self._fail, claim))

    async def _take(self, uow: UnitOfWork, kind: JobKind) -> Claim | None:
        return await uow.claims.take_abandoned(kind, self._worker)

    async def _fail(self, claim: Claim) -> None:
        silence = "No GPU worker was heard of for 24 hours; start one, then"
        match claim.kind:
            case JobKind.SNAPSHOT:
                reason = "No io worker made it for 24 hours; start one, then retry the version."
                await self._snapshot.fail(claim, reason)
            case JobKind.EXPORT:
                reason = "No io worker took it up for 24 hours; start one, then export the version again."
                await self._database.write(export_failed(claim, reason))
            case JobKind.TRAINING:
                reason = f"{silence} start the training again."
                await self._database.write(ended(claim, TrainingJobStatus.FAILED, reason))
            case JobKind.EVALUATION:
                await self._database.write(evaluation_failed(claim, f"{silence} ask for the evaluation again."))
            case JobKind.DETECTION:
                await self._database.write(detection_failed(claim, f"{silence} start the detection again."))
            case JobKind.ROBOFLOW_DETECTION:
                reason = "No io worker took it up for 24 hours; start one, then start the detection again."
                await self._database.write(detection_failed(claim, reason))
