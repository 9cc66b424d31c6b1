"""What a training starts from, and what is said of it."""

from __future__ import annotations

import pytest

from db.database import SqlDatabase
from domain.errors import DomainError, ErrorCode
from domain.models.model import TrainedModel
from domain.models.training import BaseModel, StartingWeights, TrainingConfig, TrainingJob
from domain.models.version import DatasetStatus, DatasetVersion
from domain.training import StartTraining, start_training
from seeds import Home, add_images, add_model, annotate, make_home
from versions_made import in_status


@pytest.fixture
async def home(sqlite_database: SqlDatabase) -> Home:
    home = await make_home(sqlite_database)
    await annotate(sqlite_database, home, await add_images(sqlite_database, home.project, ["one"]))
    return home


@pytest.fixture
async def version(sqlite_database: SqlDatabase, home: Home) -> DatasetVersion:
    return await in_status(sqlite_database, home, DatasetStatus.READY)


async def started(
    database: SqlDatabase, home: Home, version: DatasetVersion, model: TrainedModel, base: BaseModel
) -> TrainingJob:
    order = StartTraining(version.id, TrainingConfig(base_model=base, epochs=1), model.id, False, None)
    return await start_training(database, home.principal, order)


async def test_from_a_checkpoint_it_is_said_what_each_side_does_not_know_of_the_other(
    sqlite_database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    model = await add_model(sqlite_database, version)
    same = await started(sqlite_database, home, version, model, BaseModel.YOLO11N)
    assert (same.starting_weights, same.warnings) == (StartingWeights.CHECKPOINT, ())
    await sqlite_database.write(lambda uow: uow.models.update(model.id, classes=["gorse", "pine"]))
    job = await started(sqlite_database, home, version, model, BaseModel.YOLO11M)
    assert job.config.base_model is BaseModel.YOLO11N
    codes = [notice.code for notice in job.warnings]
    assert codes == ["CLASS_NOT_IN_VERSION", "CLASS_NOT_IN_MODEL", "BASE_MODEL_FROM_CHECKPOINT"]
    assert "gorse, pine" in job.warnings[0].message
    assert version.classes[0] in job.warnings[1].message


@pytest.mark.parametrize("unknown", ["sha256", "base_model"])
async def test_a_checkpoint_that_nothing_vouches_for_is_refused(
    unknown: str, sqlite_database: SqlDatabase, home: Home, version: DatasetVersion
) -> None:
    model = await add_model(sqlite_database, version)
    await sqlite_database.write(lambda uow: uow.models.update(model.id, **{unknown: None}))
    with pytest.raises(DomainError) as refusal:
        await started(sqlite_database, home, version, model, BaseModel.YOLO11N)
    assert refusal.value.code is ErrorCode.NOT_READY
