"""How long a training would take, by jobs that finished."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.errors import DomainError, ErrorCode
from domain.estimates import JOBS_LOOKED_AT, TrainingEstimate, estimate_training
from domain.models.people import Principal
from domain.models.training import BaseModel, TrainingConfig, TrainingJobStatus
from domain.models.version import DatasetVersion
from domain.ports import UnitOfWork
from domain.training import StartTraining, start_training
from seeds import Home, add_images, annotate, freeze, make_home, request_version

NANO = TrainingConfig(BaseModel.YOLO11N, epochs=10, image_size=640)
NOTHING = TrainingEstimate(None, 0, None)


@dataclass
class Past:
    """A version of four training images, and jobs on it that are over."""

    database: SqlDatabase
    home: Home
    version: DatasetVersion
    jobs: int = 0

    async def job(self, seconds: float, device: str = "cpu", config: TrainingConfig = NANO, **facts: Any) -> None:
        order = StartTraining(self.version.id, config, None, True, None)
        job = await start_training(self.database, self.home.principal, order)
        self.jobs += 1
        finished = datetime.now(UTC) + timedelta(seconds=self.jobs)
        values = {"status": TrainingJobStatus.COMPLETED, "epoch": config.epochs, "finished_at": finished, **facts}

        async def work(uow: UnitOfWork) -> None:
            await uow.jobs.update(job.id, training_seconds=seconds, device=device, **{"taken_up": 1, **values})

        await self.database.write(work)

    async def estimate(self, config: TrainingConfig = NANO, principal: Principal | None = None) -> TrainingEstimate:
        who = principal or self.home.principal
        return await self.database.read(lambda uow: estimate_training(uow, who, self.version.id, config))


@pytest.fixture
async def past(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> Past:
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["a", "b", "c", "d", "e"]))
    version = await freeze(database, store, tmp_path, await request_version(database, home))
    assert version.split_counts.train_augmented == 4
    return Past(database, home, version)


async def test_the_median_of_finished_jobs_is_scaled_to_what_is_asked(past: Past) -> None:
    assert await past.estimate() == NOTHING
    for seconds in (50, 100, 900):
        await past.job(seconds)
    assert await past.estimate() == TrainingEstimate(100, 3, "cpu")
    assert await past.estimate(replace(NANO, epochs=20, image_size=320)) == TrainingEstimate(50, 3, "cpu")
    # The only trainings are of another base model: by what an image costs each, 68.0 to 6.5.
    assert await past.estimate(replace(NANO, base_model=BaseModel.YOLO11M)) == TrainingEstimate(1046, 3, "cpu")
    await past.job(2000, config=replace(NANO, base_model=BaseModel.YOLO11M))
    assert await past.estimate(replace(NANO, base_model=BaseModel.YOLO11M)) == TrainingEstimate(2000, 1, "cpu")


async def test_jobs_that_tell_nothing_do_not_count(past: Past) -> None:
    await past.job(100, status=TrainingJobStatus.FAILED)
    await past.job(100, taken_up=2)
    await past.job(0)
    await past.job(100, epoch=0)
    assert await past.estimate() == NOTHING
    await past.job(40, epoch=4)  # its patience was over
    assert await past.estimate() == TrainingEstimate(100, 1, "cpu")


async def test_only_the_device_of_the_last_job_and_its_newest_jobs_count(past: Past) -> None:
    await past.job(7)
    for _ in range(JOBS_LOOKED_AT):
        await past.job(100)
    assert await past.estimate() == TrainingEstimate(100, JOBS_LOOKED_AT, "cpu")
    await past.job(10, device="NVIDIA H100")
    assert await past.estimate() == TrainingEstimate(10, 1, "NVIDIA H100")


async def test_another_team_s_jobs_tell_nothing(past: Past, store: LocalStore, tmp_path: Path) -> None:
    home = await make_home(past.database, "theirs")
    await annotate(past.database, home, await add_images(past.database, home.project, ["f", "g"]))
    version = await freeze(past.database, store, tmp_path, await request_version(past.database, home))
    theirs = Past(past.database, home, version)
    await theirs.job(100)
    assert await past.estimate() == NOTHING
    with pytest.raises(DomainError) as error:
        await past.estimate(principal=home.principal)
    assert error.value.code is ErrorCode.NOT_FOUND


async def test_a_config_out_of_range_is_refused(past: Past) -> None:
    with pytest.raises(DomainError, match="Epochs must be 1 to") as error:
        await past.estimate(replace(NANO, epochs=0))
    assert (error.value.code, error.value.field) == (ErrorCode.BAD_USER_INPUT, ("config", "epochs"))
