"""Weights from outside, for real: what becomes a model of a project, and what is refused."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
from typer.testing import CliRunner

from adapters.local_store import LocalStore
from cli.model_import import import_model
from db.database import SqlDatabase
from domain.deployments import ModelToDeploy, deploy_model
from domain.errors import DomainError, ErrorCode
from domain.evaluations import evaluate_model
from domain.events import project_stream
from domain.ids import new_id
from domain.jobs import JobKind
from domain.model_import import BroughtWeights, model_imported
from domain.models.config import Preprocessing
from domain.models.model import DeploymentStatus, EvaluationStatus, TrainedModel
from domain.models.training import BaseModel, StartingWeights, TrainingConfig
from domain.models.version import Split
from domain.training import StartTraining, start_training
from field_versions import field_version
from renderers import renderer
from seeds import Home, add_model, add_project, digest_of, make_home, take
from workers.digest import sha256_of
from workers.evaluation import Evaluation
from workers.host_gpu import SharedGpu
from workers.materials import Materials
from workers.model_import import WeightsFile, import_weights

MAKER = Path(__file__).parents[1] / "weights_maker.py"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what tests/weights_maker.py makes."""
    folder = tmp_path_factory.mktemp("weights")
    (folder / "scratch").mkdir()
    command = [sys.executable, str(MAKER), str(folder), str(folder / "scratch")]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=folder, timeout=120)
    return folder


async def imported(
    database: SqlDatabase, store: LocalStore, home: Home, path: Path, folder: Path, size: int | None = None
) -> tuple[TrainedModel, bool]:
    scratch = folder / f"scratch-{new_id()}"
    scratch.mkdir()
    return await import_weights(database, store, WeightsFile(path, home.project.id, None, size), scratch)


async def test_weights_become_a_model_that_can_do_what_trained_ones_can(
    sqlite_database: SqlDatabase, store: LocalStore, weights: Path, tmp_path: Path
) -> None:
    database = sqlite_database
    home, version = await field_version(database, store, tmp_path, images=6)
    await add_model(database, version, "detection.pt")

    model, new = await imported(database, store, home, weights / "detection.pt", tmp_path)

    assert new
    assert (model.name, model.classes, model.image_size) == ("detection-2.pt", ("pine", "wattle"), 96)
    assert (model.base_model, model.preprocessing) == (BaseModel.YOLO11N, Preprocessing())
    assert (model.imported, model.dataset_id, model.training_job_id) == (True, None, None)
    assert model.sha256 == sha256_of(weights / "detection.pt")
    assert await store.get(model.weights_key) == (weights / "detection.pt").read_bytes()
    events = await database.read(lambda uow: uow.events.after(project_stream(home.project.id), 0, 100))
    assert [event.payload["id"] for event in events if event.kind == "MODEL_CREATED"] == [model.id]

    order = StartTraining(version.id, TrainingConfig(BaseModel.YOLO11M), model.id, False, None)
    job = await start_training(database, home.principal, order)
    assert (job.starting_weights, job.config.base_model) == (StartingWeights.CHECKPOINT, BaseModel.YOLO11N)
    deployment = await deploy_model(
        database, home.principal, home.project.id, ModelToDeploy(model.id, None, ()), None, None
    )
    assert deployment.status is DeploymentStatus.PENDING
    await evaluate_model(database, home.principal, model.id, version.id, Split.TRAIN)
    async with renderer(tmp_path) as rendering:
        evaluation = Evaluation(database, Materials(store, rendering, 2), SharedGpu(), "cpu", tmp_path)
        await evaluation.run(await take(database, JobKind.EVALUATION))
    (done,) = (await database.read(lambda uow: uow.evaluations.of_models([model.id])))[model.id]
    assert done.status is EvaluationStatus.COMPLETED
    assert done.metrics is not None
    assert [row.name for row in done.metrics.per_class] == ["wattle"]
    assert [notice.code for notice in done.warnings] == ["UNKNOWN_LINEAGE", "CLASS_NOT_IN_VERSION"]


async def test_the_same_bytes_are_one_model_of_a_project(database: SqlDatabase) -> None:
    home = await make_home(database)
    south = await add_project(database, home.team, "South block")
    brought = BroughtWeights("outside", digest_of("weights"), 1000, ("pine",), 96, None)
    answers = await asyncio.gather(*[database.write(model_imported(home.project, brought)) for _ in range(4)])
    assert len({model.id for model, _ in answers}) == 1
    assert sorted(new for _, new in answers) == [False, False, False, True]
    elsewhere, new = await database.write(model_imported(south, brought))
    assert (new, elsewhere.name) == (True, "outside.pt")
    other, new = await database.write(model_imported(home.project, replace(brought, sha256=digest_of("other"))))
    assert (new, other.name) == (True, "outside-2.pt")
    assert await database.read(lambda uow: uow.models.get(other.id)) == other


class _Hostile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


async def test_a_pickle_that_runs_code_does_not_run(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    path, victim = tmp_path / "hostile.pt", tmp_path / "pwned"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Hostile(victim), protocol=2))
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
    await refused(sqlite_database, store, path, tmp_path, "hold more than a YOLO model, and were not loaded")
    assert not victim.exists()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("segmentation.pt", "for the task segment; only detection models are used"),
        ("numbered.pt", "The names of its classes are no texts"),
        ("vast.pt", "It takes more memory to open than a model of its size does"),
    ],
)
async def test_models_that_cannot_be_used_are_refused(
    sqlite_database: SqlDatabase, store: LocalStore, weights: Path, tmp_path: Path, name: str, reason: str
) -> None:
    await refused(sqlite_database, store, weights / name, tmp_path, reason)


async def test_folders_pipes_and_what_is_too_large_are_refused_unread(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder", "missing"):
        await refused(sqlite_database, store, tmp_path / name, tmp_path, "There is no such file")
    with (tmp_path / "large.pt").open("wb") as large:
        large.truncate(3 * 1024**3)
    await refused(sqlite_database, store, tmp_path / "large.pt", tmp_path, "It is larger than 2 GiB")


async def refused(database: SqlDatabase, store: LocalStore, path: Path, folder: Path, reason: str) -> None:
    home = await make_home(database)
    with pytest.raises(DomainError, match=reason) as error:
        await imported(database, store, home, path, folder)
    assert error.value.code in (ErrorCode.UNSUPPORTED, ErrorCode.LIMIT, ErrorCode.INVALID)
    assert await database.read(lambda uow: uow.models.counts([home.project.id])) == {}
    assert [one.key async for one in store.under(f"teams/{home.team.id}/")] == []


async def test_other_layers_than_a_base_model_s_are_none(
    sqlite_database: SqlDatabase, store: LocalStore, weights: Path, tmp_path: Path
) -> None:
    home, version = await field_version(sqlite_database, store, tmp_path, images=4)
    model, _ = await imported(sqlite_database, store, home, weights / "changed.pt", tmp_path, size=64)
    assert (model.base_model, model.image_size) == (None, 64)
    order = StartTraining(version.id, TrainingConfig(), model.id, False, None)
    with pytest.raises(DomainError, match="no recorded checksum or architecture"):
        await start_training(sqlite_database, home.principal, order)


async def test_the_command_imports_and_says_so(
    sqlite_database: SqlDatabase, sqlite_url: str, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = await make_home(sqlite_database, "Far block")
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(import_model)
    data = tmp_path / "data"

    async def run(project: str) -> Any:
        arguments = [str(weights / "detection.pt"), "--project", project, "--name", "outside", "--data-dir", str(data)]
        try:
            return await asyncio.to_thread(CliRunner().invoke, app, arguments)
        finally:
            structlog.reset_defaults()  # the command wrote its log to a stream that is closed by now

    done = await run("Far block")
    assert done.exit_code == 0, done.output
    assert "Imported: outside.pt, id " in done.stdout
    assert "YOLO11N, 96 pixels, 2 classes: pine, wattle" in done.stdout
    (stored,) = (data / "objects" / "teams" / home.team.id / "weights").iterdir()
    stored.unlink()  # lost, and brought again
    done = await run(home.project.id)
    assert (done.exit_code, stored.exists()) == (0, True)
    assert "The project has these weights already: outside.pt" in done.stdout
    done = await run("No\x1b block")
    assert done.exit_code == 1
    assert "was not imported: There is no project with the id or name No\N{REPLACEMENT CHARACTER} block." in done.stderr
    assert list((data / "work").iterdir()) == []
