"""Evaluations: what was measured is not measured again, what a model has seen, and what a worker makes of trouble."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import model_evaluations
from domain.errors import DomainError, ErrorCode
from domain.evaluations import evaluate_model, evaluation_completed, evaluation_running
from domain.jobs import MAX_STRIKES, JobKind
from domain.lineage import lineage_of
from domain.models.config import Preprocessing, SplitConfig, VersionConfig
from domain.models.model import EvaluationStatus, ModelEvaluation, ModelMetrics, TrainedModel
from domain.models.version import DatasetVersion, Notice, Split
from domain.ports import UnitOfWork
from field_versions import field_version
from renderers import renderer
from seeds import Home, add_images, add_model, annotate, freeze, make_home, request_version, take
from workers import child_process
from workers.claims import CrashedError, PermanentError, PostponedError
from workers.evaluation import Evaluation
from workers.host_gpu import SharedGpu
from workers.materials import Materials

CHILD = Path(__file__).parents[1] / "scripted_child.py"
SPLITS = VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25))
METRICS = ModelMetrics(0.5, 0.25, 0.75, 0.5)
EMPTIES = Notice("EMPTY_IMAGES_LEFT_OUT", "Pictures without an object were left out.", 3)


async def two_equal_versions(
    database: SqlDatabase, store: LocalStore, folder: Path
) -> tuple[Home, DatasetVersion, DatasetVersion]:
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, [f"image {n}" for n in range(8)]))
    first, second = [
        await freeze(database, store, folder, await request_version(database, home, SPLITS)) for _ in range(2)
    ]
    return home, first, second


async def measured(database: SqlDatabase, home: Home, model: TrainedModel, version: DatasetVersion) -> ModelEvaluation:
    """The model's evaluation on the test images, which a worker brought to its end."""
    asked = await evaluate_model(database, home.principal, model.id, version.id, Split.TEST)
    claim = await take(database, JobKind.EVALUATION)
    await database.write(evaluation_running(claim))
    away = Notice("CLASS_NOT_IN_VERSION", f"v{version.version} has no object of pine, which {model.name} knows.", 1)
    await database.write(evaluation_completed(claim, METRICS, 0, [away, EMPTIES]))
    return await reloaded(database, asked)


async def reloaded(database: SqlDatabase, evaluation: ModelEvaluation) -> ModelEvaluation:
    found = await database.read(lambda uow: uow.evaluations.get(evaluation.id))
    assert found is not None
    return found


async def child_of(database: SqlDatabase, parent: TrainedModel, version: DatasetVersion, name: str) -> TrainedModel:
    model = await add_model(database, version, name)
    await database.write(lambda uow: uow.models.update(model.id, parent_model_id=parent.id))
    return replace(model, parent_model_id=parent.id)


async def test_equal_content_is_measured_once(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> None:
    home, first, second = await two_equal_versions(database, store, tmp_path)
    model = await add_model(database, first)
    await database.write(lambda uow: uow.models.update(model.id, classes=("wattle", "pine")))
    done = await measured(database, home, model, first)

    asked = await evaluate_model(database, home.principal, model.id, second.id, Split.TEST)

    assert (asked.status, asked.metrics, asked.seen_images) == (EvaluationStatus.COMPLETED, METRICS, 0)
    assert (asked.dataset_id, asked.id != done.id) == (second.id, True)
    text = f"v2 has no object of pine, which {model.name} knows."
    assert asked.warnings == (Notice("CLASS_NOT_IN_VERSION", text, 1), EMPTIES)
    assert await reloaded(database, asked) == asked
    assert await database.write(lambda uow: uow.claims.take(JobKind.EVALUATION, "test")) is None
    assert await evaluate_model(database, home.principal, model.id, second.id, Split.TEST) == asked


async def test_other_models_splits_settings_and_unfinished_ones_are_measured(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    database = sqlite_database
    home, first, second = await two_equal_versions(database, store, tmp_path)
    model, other = await add_model(database, first), await add_model(database, first, "other.pt")
    await measured(database, home, model, first)
    await evaluate_model(database, home.principal, other.id, first.id, Split.TEST)  # QUEUED
    settings = replace(SPLITS, preprocessing=Preprocessing(grayscale=True))
    grey = await freeze(database, store, tmp_path, await request_version(database, home, settings))
    for asked in ((other, second, Split.TEST), (model, second, Split.VAL), (model, grey, Split.TEST)):
        chosen, version, split = asked
        evaluation = await evaluate_model(database, home.principal, chosen.id, version.id, split)
        assert evaluation.status is EvaluationStatus.QUEUED, asked


async def test_another_team_s_equal_content_tells_nothing(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    database = sqlite_database
    home, version, _ = await two_equal_versions(database, store, tmp_path)
    stranger, theirs, _ = await two_equal_versions(database, store, tmp_path)
    assert version.content_digest == theirs.content_digest
    model = await add_model(database, version)
    await measured(database, home, model, version)
    with pytest.raises(DomainError) as error:
        await evaluate_model(database, stranger.principal, model.id, theirs.id, Split.TEST)
    assert error.value.code is ErrorCode.NOT_FOUND
    own = await add_model(database, theirs)
    assert (await evaluate_model(database, stranger.principal, own.id, theirs.id, Split.TEST)).metrics is None


async def test_a_line_of_models_has_seen_what_each_of_it_was_trained_on(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home, first, second = await two_equal_versions(database, store, tmp_path)
    oldest = await add_model(database, first, "oldest.pt")
    middle = await child_of(database, oldest, second, "middle.pt")
    newest = await child_of(database, middle, second, "newest.pt")

    async def line(model: TrainedModel) -> tuple[set[str], bool]:
        found = await database.read(lambda uow: lineage_of(uow, model))
        return set(found.trained_on), found.known

    assert await line(newest) == ({first.id, second.id}, True)
    # A circle, which nothing makes, ends all the same.
    await database.write(lambda uow: uow.models.update(oldest.id, parent_model_id=newest.id))
    assert await line(newest) == ({first.id, second.id}, True)
    for unknown in ({"parent_model_id": "gone"}, {"parent_model_id": None, "dataset_id": None}):
        await set_model(database, oldest, unknown)
        assert not (await line(newest))[1], unknown
    await measured(database, home, newest, first)
    evaluation = await evaluate_model(database, home.principal, newest.id, second.id, Split.TEST)
    assert [notice.code for notice in evaluation.warnings] == ["UNKNOWN_LINEAGE", "EMPTY_IMAGES_LEFT_OUT"]


async def set_model(database: SqlDatabase, model: TrainedModel, facts: dict[str, Any]) -> None:
    async def work(uow: UnitOfWork) -> None:
        await uow.models.update(model.id, **facts)

    await database.write(work)


class Away(LocalStore):
    """A store that does not answer."""

    async def download(self, key: str, path: Path) -> str:
        raise OSError("The object store does not answer.")


@dataclass
class Bench:
    """One evaluation, and the worker for it, whose child is a script."""

    database: SqlDatabase
    evaluation: ModelEvaluation
    worker: Evaluation
    cut_off: Evaluation
    script: Path

    async def attempt(self, *starts: list[dict[str, Any]]) -> None:
        self.script.write_text(json.dumps(starts))
        await self.database.write(lambda uow: uow.claims.reopen(JobKind.EVALUATION, self.evaluation.id))
        await self.worker.run(await take(self.database, JobKind.EVALUATION))

    @property
    def batch_sizes(self) -> list[int]:
        lines = self.script.with_suffix(".started").read_text().splitlines()
        return [json.loads(line)["batch_size"] for line in lines]


@pytest.fixture
async def bench(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    database, script = sqlite_database, tmp_path / "script.json"
    monkeypatch.setattr(child_process, "_PROGRAM", (str(CHILD), str(script)))
    home, version = await field_version(database, store, tmp_path, images=4)
    model = await add_model(database, version)
    await store.put(model.weights_key, b"weights", "application/octet-stream")
    evaluation = await evaluate_model(database, home.principal, model.id, version.id, Split.TRAIN)
    away = Away(tmp_path / "away", "http://127.0.0.1:8000", b"a secret of the tests")
    async with renderer(tmp_path) as rendering:
        worker, cut_off = [
            Evaluation(database, Materials(one, rendering, 2), SharedGpu(), "cpu", tmp_path) for one in (store, away)
        ]
        yield Bench(database, evaluation, worker, cut_off, script)
    assert not list(tmp_path.glob("evaluation-*"))


async def test_a_crash_is_tried_again_a_full_disk_waited_for_and_a_refusal_neither(bench: Bench) -> None:
    with pytest.raises(CrashedError, match="SIGSEGV"):
        await bench.attempt([{"signal": "SIGSEGV"}])
    with pytest.raises(PostponedError, match="DISK_FULL"):
        await bench.attempt([{"failed": "DISK_FULL"}])
    with pytest.raises(PermanentError, match=r"It was REFUSED in here\."):
        await bench.attempt([{"failed": "REFUSED"}])
    assert (await reloaded(bench.database, bench.evaluation)).status is EvaluationStatus.RUNNING


async def test_too_little_memory_for_a_batch_is_enough_for_an_image(bench: Bench) -> None:
    await bench.attempt([{"failed": "OUT_OF_MEMORY"}], [{"done": 0}])
    assert (await reloaded(bench.database, bench.evaluation)).status is EvaluationStatus.COMPLETED
    assert bench.batch_sizes == [8, 1]


async def test_too_little_memory_for_one_image_is_said(bench: Bench) -> None:
    with pytest.raises(PermanentError, match="too little memory for one image at 160 pixels"):
        await bench.attempt([{"failed": "OUT_OF_MEMORY"}])


async def test_a_store_that_is_away_is_waited_for_but_not_for_ever(bench: Bench) -> None:
    for _ in range(MAX_STRIKES + 1):
        await bench.database.write(lambda uow: uow.claims.reopen(JobKind.EVALUATION, bench.evaluation.id))
        with pytest.raises(PostponedError, match="does not answer"):
            await bench.cut_off.run(await take(bench.database, JobKind.EVALUATION))
    long_ago = datetime.now(UTC) - timedelta(days=2)
    async with bench.database.engine.begin() as connection:
        await connection.execute(update(model_evaluations).values(created_at=long_ago, heartbeat_at=None))
    with pytest.raises(PermanentError, match="asked for more than a day ago"):
        await bench.cut_off.run(await take(bench.database, JobKind.EVALUATION))
