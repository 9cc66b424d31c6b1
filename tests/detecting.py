"""Detection jobs for tests: a model of the project's, somebody who looks at the images, and what came of it.

`python -m detecting DATABASE_URL FOLDER` is a worker that takes detection jobs up until it is killed; it writes a line
for each image that it looks at.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from adapters.local_store import LocalStore
from adapters.logs import configure_logs
from db.database import SqlDatabase
from domain.detection_jobs import StartDetection, start_detection
from domain.events import detection_stream
from domain.ids import new_id
from domain.jobs import JobKind
from domain.keys import weights_key
from domain.models.annotation import PendingAnnotation
from domain.models.asset import Asset
from domain.models.config import Preprocessing
from domain.models.detection import Detection as Found
from domain.models.detection import DetectionJob, FoundObjects
from domain.models.event import Event
from domain.models.geometry import Box
from domain.models.model import InferenceBackend, TrainedModel
from domain.models.training import BaseModel
from domain.ports import ObjectStore
from seeds import HEIGHT, WIDTH, Home, digest_of, silent_database, take
from stack import PATIENCE
from workers.claims import ClaimLoops
from workers.detection import Detection, Look

PINE, WATTLE = Found("pine", 0.9, Box(10, 10, 50, 40)), Found("wattle", 0.6, Box(200, 100, 60, 60))


class Keyless:
    """Fulfils domain.ports.Roboflow where the server has no key."""

    configured = False

    async def detect(self, model: str, image: bytes, confidence: float, iou: float) -> FoundObjects:
        raise AssertionError("nobody is asked without a key")


class Keyed(Keyless):
    """As `Keyless`, with a key, for who only asks whether there is one."""

    configured = True


class Eye:
    """Fulfils workers.detection.DetectionBackend: finds a pine and a wattle on every image, after `seconds`. Of the
    images in `faults` (by id) each look meets the next fault of theirs, if one is left."""

    def __init__(
        self,
        faults: Mapping[str, Sequence[Exception]] | None = None,
        seconds: float = 0.0,
        kind: JobKind = JobKind.DETECTION,
    ) -> None:
        self.kind = kind
        self.seen: list[str] = []
        self._faults = {id_: list(ones) for id_, ones in (faults or {}).items()}
        self._seconds = seconds

    async def ready(self, job: DetectionJob) -> Look:
        return self._look

    async def _look(self, image: Asset) -> FoundObjects:
        await asyncio.sleep(self._seconds)
        self.seen.append(image.id)
        faults = self._faults.get(image.id)
        if faults:
            raise faults.pop(0)
        return FoundObjects((PINE, WATTLE), WIDTH, HEIGHT, 0.0, 1.0)


async def add_detector(database: SqlDatabase, home: Home, active: bool = True, name: str = "pines.pt") -> TrainedModel:
    """A model's row, which the project detects with from now on; its weights are named, not stored."""
    sha256 = digest_of(name)
    model = TrainedModel(
        id=new_id(),
        project_id=home.project.id,
        team_id=home.team.id,
        name=name,
        dataset_id=None,
        training_job_id=None,
        parent_model_id=None,
        base_model=BaseModel.YOLO11N,
        classes=("pine", "wattle"),
        metrics=None,
        weights_key=weights_key(home.team.id, sha256),
        sha256=sha256,
        size_bytes=1000,
        image_size=160,
        preprocessing=Preprocessing(),
        created_at=datetime.now(UTC),
    )
    await database.write(lambda uow: uow.models.add(model))
    if active:
        await database.write(lambda uow: uow.projects.update(home.project.id, active_model_id=model.id))
    return model


def wanted(home: Home) -> StartDetection:
    """All images of the project, by the model that it detects with."""
    return StartDetection(home.project.id, None, None, None, None, None, 0.25, 0.45, None)


async def started(database: SqlDatabase, home: Home, command: StartDetection | None = None) -> DetectionJob:
    return await start_detection(database, Keyed(), home.principal, command or wanted(home))


async def worked(
    database: SqlDatabase, store: ObjectStore, eye: Eye | None = None, job: DetectionJob | None = None
) -> None:
    """The next detection job, which is `job` if one is named, is done to its end."""
    work = Detection(database, store, eye or Eye())
    claim = await take(database, work.kind)
    assert job is None or claim.id == job.id
    await work.run(claim)


async def current(database: SqlDatabase, job: DetectionJob) -> DetectionJob:
    found = await database.read(lambda uow: uow.detections.get(job.id))
    assert found is not None
    return found


async def ended(database: SqlDatabase, job: DetectionJob) -> DetectionJob:
    """The job once somebody has brought it to its end."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await current(database, job)
            if found.status.final:
                return found
            await asyncio.sleep(0.05)


async def waiting_on(database: SqlDatabase, assets: list[Asset]) -> dict[str, list[PendingAnnotation]]:
    return await database.read(lambda uow: uow.pending.of_assets([asset.id for asset in assets]))


async def story(database: SqlDatabase, job: DetectionJob) -> list[Event]:
    """All that was told of the job."""
    return list(await database.read(lambda uow: uow.events.after(detection_stream(job.id), 0, 10_000)))


async def freed(database: SqlDatabase, job: DetectionJob) -> None:
    """As if the lease of whoever held it had run out."""
    await database.write(lambda uow: uow.detections.update(job.id, heartbeat_at=None))


def hosted(command: StartDetection) -> StartDetection:
    return replace(command, backend=InferenceBackend.ROBOFLOW)


class _Telling(Eye):
    async def _look(self, image: Asset) -> FoundObjects:
        found = await super()._look(image)
        sys.stdout.write(f"{image.id}\n")
        sys.stdout.flush()
        return found


async def _work(database_url: str, folder: str) -> None:
    database, store = silent_database(database_url), LocalStore(Path(folder), "http://127.0.0.1:8000", b"of the tests")
    await ClaimLoops(database, "doomed", [Detection(database, store, _Telling(seconds=0.05))]).run()


if __name__ == "__main__":
    configure_logs("error")
    asyncio.run(_work(*sys.argv[1:]))
