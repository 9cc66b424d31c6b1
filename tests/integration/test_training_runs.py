"""Attempts at trainings by a GPU worker: what goes wrong, and what becomes of it. The child is a scripted process."""

from __future__ import annotations

import asyncio
import csv
import errno
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.errors import ClaimLostError, DomainError, ErrorCode
from domain.events import training_stream
from domain.jobs import JobKind
from domain.keys import state_key, states_prefix
from domain.models.people import Principal
from domain.models.training import ResumePoint, TrainingConfig, TrainingJob, TrainingJobStatus
from domain.models.version import DatasetStatus
from domain.training import StartTraining, cancel_training, log_tails, resume_training, start_training
from domain.training_progress import ended
from field_versions import field_version
from renderers import renderer
from seeds import take
from training_hosts import training_on
from workers import child_process, claims, patient_database, training, training_run
from workers.claims import ClaimLoops, CrashedError, PermanentError, PostponedError
from workers.training import Training
from workers.training_results import TrainingResults
from workers.training_states import TrainingStates

CHILD = Path(__file__).parents[1] / "scripted_child.py"
EPOCHS, BATCH = 4, 9
DONE = [{"epoch": 1}, {"epoch": 2}, {"epoch": 3}, {"epoch": 4}, {"done": EPOCHS}]
_PATIENCE = 20


@dataclass
class Run:
    """One job of a version, and the worker for it."""

    database: SqlDatabase
    store: LocalStore
    principal: Principal
    training: Training
    job_id: str
    script: Path

    def script_is(self, *starts: list[dict[str, Any]]) -> None:
        self.script.write_text(json.dumps(starts))

    @property
    def started(self) -> list[dict[str, Any]]:
        """The specs that children were started with."""
        lines = self.script.with_suffix(".started").read_text().splitlines()
        return [json.loads(line) for line in lines]

    async def attempt(self) -> None:
        await self.training.run(await take(self.database, JobKind.TRAINING))

    async def attempt_again(self) -> None:
        await self.database.write(lambda uow: uow.claims.reopen(JobKind.TRAINING, self.job_id))
        await self.attempt()

    async def job(self) -> TrainingJob:
        job = await self.database.read(lambda uow: uow.jobs.get(self.job_id))
        assert job is not None
        return job

    async def told(self, kind: str) -> list[Any]:
        events = await self.database.read(lambda uow: uow.events.after(training_stream(self.job_id), 0, 100))
        return [event.payload for event in events if event.kind == kind]

    async def notes(self) -> list[str]:
        return [payload["message"] for payload in await self.told("LOG")]

    async def states(self) -> set[str]:
        """The keys of what is kept in the store to go on from."""
        job = await self.job()
        return {one.key async for one in self.store.under(states_prefix(job.team_id, job.id))}


@pytest.fixture
async def run(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Run]:
    database, script = sqlite_database, tmp_path / "script.json"
    monkeypatch.setattr(child_process, "_PROGRAM", (str(CHILD), str(script)))
    monkeypatch.setattr(training_run, "_STORE_LOOK_SECONDS", 0.05)
    home, version = await field_version(database, store, tmp_path, images=6)
    config = TrainingConfig(epochs=EPOCHS, batch_size=BATCH, image_size=64)
    order = StartTraining(version.id, config, None, True, None)
    job = await start_training(database, home.principal, order)
    async with renderer(tmp_path) as rendering:
        handler = training_on(database, store, rendering, tmp_path)
        yield Run(database, store, home.principal, handler, job.id, script)
    assert not list(tmp_path.glob("training-*"))


async def test_what_a_training_made_is_stored_and_what_it_could_go_on_from_is_not_kept(run: Run) -> None:
    run.script_is([*DONE[:-1], {"notice": "NO_ONNX"}, DONE[-1]])
    await run.attempt()
    job = await run.job()
    model = (await run.database.read(lambda uow: uow.models.of_jobs([job.id])))[job.id]
    assert (job.status, job.resume_points, await run.states()) == (TrainingJobStatus.COMPLETED, (), set())
    assert job.training_seconds == 1.5 * EPOCHS
    assert [notice.code for notice in job.warnings] == ["NO_ONNX"]
    assert await run.notes() == ["It says NO_ONNX."]
    assert model.sha256 == hashlib.sha256(b"best.pt").hexdigest()
    assert [file.name for file in model.files] == ["results.png", "model.onnx", "results.csv", "args.json"]
    files = {file.name: await run.store.get(file.key) for file in model.files}
    for file in model.files:
        assert hashlib.sha256(files[file.name]).hexdigest() == file.sha256
    rows = list(csv.DictReader(files["results.csv"].decode().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    origin = json.loads(files["args.json"])
    assert origin["effective"] == job.effective
    assert origin["effective"]["epochs"] == EPOCHS


async def test_too_little_memory_halves_the_batch_twice_and_says_so(run: Run) -> None:
    run.script_is([{"failed": "OUT_OF_MEMORY"}], [{"epoch": 1}, {"failed": "OUT_OF_MEMORY"}], DONE[1:])
    await run.attempt()
    job = await run.job()
    assert job.status is TrainingJobStatus.COMPLETED
    assert [spec["arguments"]["batch"] for spec in run.started] == [9, 4, 2]
    # The weights change as often as they would have: that is what a kept state goes on with, whatever it is told.
    assert [spec["arguments"]["nbs"] for spec in run.started] == [9, 9, 9]
    assert job.effective == run.started[-1]["arguments"]
    assert [bool(spec["resume"]) for spec in run.started] == [False, False, True]
    assert (job.config.batch_size, job.effective["batch"]) == (9, 2)
    assert [notice.code for notice in job.warnings] == ["BATCH_HALVED", "BATCH_HALVED"]
    assert [note.split(";")[1] for note in await run.notes()] == [
        " going on with a batch of 4 instead of 9.",
        " going on with a batch of 2 instead of 4.",
    ]


async def test_no_more_than_twice_and_the_next_attempt_remembers(run: Run) -> None:
    run.script_is([{"failed": "OUT_OF_MEMORY"}])
    for attempt in (run.attempt, run.attempt_again):
        with pytest.raises(PermanentError, match="It was OUT_OF_MEMORY"):
            await attempt()
    assert [spec["arguments"]["batch"] for spec in run.started] == [9, 4, 2, 2]


async def test_a_child_that_is_killed_leaves_a_state_that_the_next_attempt_goes_on_from(run: Run) -> None:
    run.script_is([*DONE[:2], {"signal": "SIGKILL"}], DONE[2:])
    with pytest.raises(CrashedError, match="killed by signal SIGKILL"):
        await run.attempt()
    kept = (await run.job()).resume_points
    assert kept[0].epoch == 2
    started_from = {**(await run.job()).effective, "weights_sha256": "of the first attempt"}
    await run.database.write(lambda uow: uow.jobs.update(run.job_id, effective=started_from))
    await run.attempt_again()
    job = await run.job()
    assert job.effective["weights_sha256"] == "of the first attempt"
    resumed = run.started[1]["resume"]
    assert (resumed["last_sha256"], resumed["best_sha256"]) == (kept[0].last_sha256, kept[0].best_sha256)
    assert "Going on after epoch 2." in await run.notes()
    assert (job.status, job.attempt) == (TrainingJobStatus.COMPLETED, 3)
    assert [payload["epoch"] for payload in await run.told("EPOCH")] == [1, 2, 3, 4]


async def test_with_the_newest_state_damaged_the_one_before_serves_and_without_any_it_begins_anew(run: Run) -> None:
    run.script_is([{"epoch": 1}, {"sleep": 0.3}, {"epoch": 2}, {"signal": "SIGKILL"}])
    with pytest.raises(CrashedError):
        await run.attempt()
    job = await run.job()
    newer, older = job.resume_points
    assert (newer.epoch, older.epoch) == (2, 1)
    assert await run.states() == {state_key(job.team_id, job.id, one) for one in _digests(newer, older)}
    await run.store.put(state_key(job.team_id, job.id, newer.best_sha256), b"other", "")
    with pytest.raises(CrashedError):
        await run.attempt_again()
    assert run.started[1]["resume"]["last_sha256"] == older.last_sha256
    # What was damaged is not what the next copy would fall back on.
    for key in await run.states():
        assert state_key(job.team_id, job.id, hashlib.sha256(await run.store.get(key)).hexdigest()) == key
    for key in await run.states():
        await run.store.delete(key)
    with pytest.raises(CrashedError):
        await run.attempt_again()
    assert run.started[2]["resume"] is None
    assert "starting at the first epoch again" in (await run.notes())[-1]
    assert [payload["epoch"] for payload in await run.told("EPOCH")] == [1, 2]


def _digests(*points: ResumePoint) -> set[str]:
    return {sha256 for point in points for sha256 in (point.last_sha256, point.best_sha256)}


async def test_while_the_store_is_away_the_training_goes_on_and_its_results_wait(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_file, refused = run.store.put_file, 0

    async def put(key: str, path: Path, content_type: str) -> None:
        nonlocal refused
        if refused < 5:
            refused += 1
            raise OSError("the store is away")
        await put_file(key, path, content_type)

    monkeypatch.setattr(run.store, "put_file", put)
    run.script_is([{"epoch": 1}, {"sleep": 0.3}, {"epoch": 2}, {"sleep": 0.3}, *DONE[2:]])
    await run.attempt()
    assert refused == 5
    assert (await run.job()).status is TrainingJobStatus.COMPLETED
    notes = await run.notes()
    assert notes == [
        "The object store does not take the training's state. The training goes on, and that is tried again.",
        "The object store does not take the results yet. That is tried again.",
    ]


async def test_a_refused_training_fails_with_its_reason_and_can_be_resumed_once(run: Run) -> None:
    run.script_is([{"epoch": 1}, {"failed": "REFUSED"}], DONE[1:])
    claim = await take(run.database, JobKind.TRAINING)
    with pytest.raises(PermanentError, match=r"^It was REFUSED in here[.]$") as refusal:
        await run.training.run(claim)
    with pytest.raises(DomainError) as early:
        await resume_training(run.database, run.principal, run.job_id)
    assert early.value.code is ErrorCode.NOT_READY
    await run.training.fail(claim, str(refusal.value))
    await resume_training(run.database, run.principal, run.job_id)
    await run.attempt()
    job = await run.job()
    assert (job.status, job.failure_reason) == (TrainingJobStatus.COMPLETED, None)
    assert run.started[1]["resume"] is not None
    statuses = [payload["status"] for payload in await run.told("STATUS")]
    assert statuses == ["QUEUED", "PREPARING", "RUNNING", "FAILED", "QUEUED", "PREPARING", "RUNNING", "COMPLETED"]
    with pytest.raises(DomainError, match="only failed and cancelled ones can be resumed"):
        await resume_training(run.database, run.principal, run.job_id)


@pytest.mark.parametrize(("number", "told"), [(errno.ENOSPC, PermanentError), (errno.EHOSTUNREACH, PostponedError)])
async def test_a_full_disk_ends_a_training_and_a_store_that_is_away_is_waited_for(
    run: Run, number: int, told: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lend(*_: Any) -> None:
        raise OSError(number, "so the system says")

    monkeypatch.setattr(run.store, "lend", lend)
    for attempt in (run.attempt, run.attempt_again):
        with pytest.raises(told, match="disk is full" if told is PermanentError else "so the system says"):
            await attempt()
    # However long the store is away, it is told once.
    notes = ["The worker cannot reach what the training reads, most likely the object store. It is tried again."]
    assert await run.notes() == ([] if told is PermanentError else notes)
    assert [payload["status"] for payload in await run.told("STATUS")] == ["QUEUED", "PREPARING"]


@pytest.mark.parametrize("lost", ["request", "answer"])
async def test_a_database_that_is_away_for_moments_ends_no_training_and_doubles_nothing(
    run: Run, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient_database, "_PAUSE_SECONDS", 0.01)
    run.script_is(DONE)
    claim = await take(run.database, JobKind.TRAINING)
    write, calls = SqlDatabase.write, 0

    async def fails_every_other_time(self: SqlDatabase, work: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls % 2:
            return await write(self, work)
        if lost == "answer":
            await write(self, work)
        raise ConnectionResetError("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr(SqlDatabase, "write", fails_every_other_time)
        await run.training.run(claim)
    assert calls > 10
    job = await run.job()
    assert job.status is TrainingJobStatus.COMPLETED
    assert [payload["epoch"] for payload in await run.told("EPOCH")] == [1, 2, 3, 4]
    statuses = [payload["status"] for payload in await run.told("STATUS")]
    assert statuses == ["QUEUED", "PREPARING", "RUNNING", "COMPLETED"]
    assert len(await run.database.read(lambda uow: uow.models.of_jobs([job.id]))) == 1


@pytest.mark.parametrize("stage", ["reading", "training", "storing"])
async def test_a_cancelled_training_ends_within_seconds_at_every_stage_and_can_be_gone_on_with(
    run: Run, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.script_is([{"epoch": 1}, {"sleep": 600}] if stage == "training" else DONE, DONE[1:])
    reached = asyncio.Event()

    async def stuck(*_: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    if stage == "training":
        hear = training_run.TrainingRun._hear

        async def heard(*arguments: Any) -> None:
            await hear(*arguments)
            reached.set()

        monkeypatch.setattr(training_run.TrainingRun, "_hear", heard)
    else:
        where: Any = run.store if stage == "reading" else TrainingResults
        monkeypatch.setattr(where, "lend" if stage == "reading" else "keep", stuck)
    attempt = asyncio.create_task(run.attempt())
    async with asyncio.timeout(_PATIENCE):
        await reached.wait()
    await cancel_training(run.database, run.principal, run.job_id)
    async with asyncio.timeout(5):
        await attempt
    monkeypatch.undo()
    job = await run.job()
    assert job.status is TrainingJobStatus.CANCELLED
    version = await run.database.read(lambda uow: uow.versions.get(job.dataset_id))
    assert version is not None
    assert version.status is DatasetStatus.READY
    resumed = await resume_training(run.database, run.principal, run.job_id)
    assert (resumed.status, resumed.finished_at, resumed.failure_reason) == (TrainingJobStatus.QUEUED, None, None)


async def test_a_request_to_cancel_that_comes_too_late_leaves_a_completed_job_as_it_is(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_CANCEL_SECONDS", 0.02)
    forget_all = TrainingStates.forget_all

    async def slow(states: TrainingStates) -> None:
        await run.database.write(lambda uow: uow.jobs.update(run.job_id, cancel_requested_at=datetime.now(UTC)))
        await asyncio.sleep(0.3)
        await forget_all(states)

    monkeypatch.setattr(TrainingStates, "forget_all", slow)
    run.script_is(DONE)
    claim = await take(run.database, JobKind.TRAINING)
    await run.training.run(claim)
    await run.database.write(ended(claim, TrainingJobStatus.CANCELLED, None))
    assert ((await run.job()).status, await run.states()) == (TrainingJobStatus.COMPLETED, set())


async def test_a_job_that_nobody_is_at_is_cancelled_by_the_asking(run: Run) -> None:
    claim = await take(run.database, JobKind.TRAINING)
    await cancel_training(run.database, run.principal, run.job_id)
    assert (await run.job()).status is TrainingJobStatus.CANCELLED
    with pytest.raises(ClaimLostError):
        await run.training.run(claim)


async def test_what_is_printed_can_be_read_without_colours_progress_bars_and_the_hosts_folders(run: Run) -> None:
    lines = [f"line {number}\n" for number in range(2100)]
    bar = "\x1b[K  1/4  10%\r\x1b[K  1/4  100%\x1b[0m\n"
    run.script_is([{"print": "".join(lines)}, {"print": bar}, {"print_folder": 1}, {"print": "cut o"}, DONE[-1]])
    await run.attempt()

    async def tail(count: int) -> list[str]:
        tails = await run.database.read(lambda uow: log_tails(uow, [run.job_id], count))
        return tails[run.job_id]

    assert await tail(4) == ["line 2099", "  1/4  100%", "saved to run-1/run", "cut o"]
    assert (await tail(2000))[0] == "line 103"
    for count in (0, 2001):
        with pytest.raises(DomainError) as refusal:
            await tail(count)
        assert refusal.value.code is ErrorCode.BAD_USER_INPUT


async def test_three_deaths_without_an_epoch_fail_a_job_and_an_epoch_forgives_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_RETRY_SECONDS", 0)
    monkeypatch.setattr(claims, "SWEEP_SECONDS", 0.1)
    death: list[dict[str, Any]] = [{"signal": "SIGKILL"}]
    run.script_is(death, death, [{"epoch": 1}, *death], death, death, death)
    failed = asyncio.Event()
    fail = run.training.fail

    async def told(*arguments: Any) -> None:
        await fail(*arguments)
        failed.set()

    monkeypatch.setattr(run.training, "fail", told)
    loops = asyncio.create_task(ClaimLoops(run.database, "worker", [run.training]).run())
    try:
        async with asyncio.timeout(60):
            await failed.wait()
    finally:
        loops.cancel()
        await asyncio.wait([loops])
    job = await run.job()
    assert job.status is TrainingJobStatus.FAILED
    # Two for nothing, the one with the epoch, and then two more: that epoch was the third death's.
    assert job.attempt == 5
    assert job.failure_reason is not None
    assert "3 times in a row without getting further" in job.failure_reason
    assert "killed by signal SIGKILL" in job.failure_reason
