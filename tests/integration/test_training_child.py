"""The training child, for real: yolo11n on a tiny generated set, a few epochs at 64 pixels."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from domain.models.training import StartingWeights
from domain.models.version import Split
from rendering.tree import RenderedTree
from tiny_trainings import CLASSES, EPOCHS, tiny_field, tiny_tree, train_spec, unheard
from workers import child_process
from workers.child.environment import contained_environment
from workers.child.protocol import (
    REPORTS_NAME,
    RUN_VARIABLE,
    SPEC_NAME,
    BatchReport,
    ChildResult,
    EpochReport,
    EvaluateSpec,
    Report,
    StateReport,
    spec_from_json,
    spec_to_json,
)
from workers.child_process import ChildFailed, run_child
from workers.engine import Engine, NetworkFile, RuntimeKind
from workers.weights import WeightsCorrupt

SCRIPTED_CHILD = Path(__file__).parents[1] / "scripted_child.py"


@dataclass
class Trained:
    folder: Path
    tree: RenderedTree
    result: ChildResult
    reports: list[Report]
    weights: Path
    sha256: str


@pytest.fixture(scope="module")
async def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    images = [tiny_field(folder, i, Split.TRAIN if i < 12 else Split.VAL) for i in range(15)]
    tree = tiny_tree(folder, images, CLASSES, {Split.TRAIN, Split.VAL}, "tree")
    reports: list[Report] = []

    async def on_report(report: Report) -> None:
        reports.append(report)

    result = await run_child(train_spec(tree), folder / "work", on_report)
    assert result.weights
    return Trained(folder, tree, result, reports, result.weights, _sha256(result.weights))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _children_in(folder: Path) -> list[int]:
    """The processes whose command line names the folder: a child running there."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if str(folder).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


async def test_each_epoch_is_reported_once(trained: Trained) -> None:
    epochs = [report.metrics for report in trained.reports if isinstance(report, EpochReport)]
    assert [metrics.epoch for metrics in epochs] == list(range(1, EPOCHS + 1))
    assert trained.result.epochs == EPOCHS
    for metrics in epochs:
        assert metrics.seconds > 0
        assert None not in (
            metrics.box_loss,
            metrics.cls_loss,
            metrics.val_box_loss,
            metrics.map50,
            metrics.learning_rate,
        )
    batches = [report for report in trained.reports if isinstance(report, BatchReport)]
    assert {report.epoch for report in batches} == {1, 2, 3}
    assert all(1 <= report.batch <= report.batches == 12 for report in batches)
    assert trained.result.classes == CLASSES
    assert trained.result.images == 6
    assert [row.instances for row in trained.result.metrics.per_class] == [6, 6]


async def test_a_state_that_was_told_of_is_never_written_again(trained: Trained, tmp_path: Path) -> None:
    told: dict[Path, str] = {}

    async def on_report(report: Report) -> None:
        if isinstance(report, StateReport):
            told.update({path: _sha256(path) for path in (report.last, report.best)})

    # So fast that the second epoch is the best one, and the last one after it ends the training.
    spec = train_spec(trained.tree, epochs=4)
    await run_child(replace(spec, arguments={**spec.arguments, "lr0": 0.05, "patience": 1}), tmp_path, on_report)
    assert len(told) >= 4
    assert told == {path: _sha256(path) for path in told}


async def test_a_class_the_model_lacks_counts_as_missed(trained: Trained, tmp_path: Path) -> None:
    images = [tiny_field(tmp_path, 100 + i, Split.TEST, ("pine", "thistle")) for i in range(4)]
    tree = tiny_tree(tmp_path, images, (*CLASSES, "thistle"), {Split.TEST}, "tree")
    spec = EvaluateSpec(tree.data_yaml, trained.weights, trained.sha256, 64, 4, "cpu", 2)
    result = await run_child(spec, tmp_path / "work", unheard)
    rows = {row.name: row for row in result.metrics.per_class}
    assert set(rows) == {"pine", "thistle"}  # no wattle grows there
    assert rows["thistle"].instances == 8
    assert rows["thistle"].ap50 == 0
    assert result.metrics.map50 == pytest.approx((rows["pine"].ap50 + rows["thistle"].ap50) / 2)
    assert result.classes == CLASSES
    assert result.images == 8
    confusion = result.metrics.confusion
    assert confusion
    assert [len(row) for row in confusion] == [4, 4, 4, 4]
    assert [sum(row) for row in confusion[:3]] == [8, 0, 8]


async def test_a_checkpoint_goes_on_where_it_was_with_more_classes(trained: Trained, tmp_path: Path) -> None:
    images = [tiny_field(tmp_path, 200 + i, Split.TRAIN, ("thistle", "pine")) for i in range(6)]
    tree = tiny_tree(tmp_path, images, ("pine", "thistle", "wattle"), {Split.TRAIN, Split.VAL}, "tree")
    assert [notice.code for notice in tree.notices] == ["VALIDATED_ON_TRAIN"]
    spec = replace(
        train_spec(tree, epochs=1),
        start=StartingWeights.CHECKPOINT,
        weights=trained.weights,
        weights_sha256=trained.sha256,
    )
    result = await run_child(spec, tmp_path / "work", unheard)
    assert result.classes == ("pine", "thistle", "wattle")
    log = (tmp_path / "work" / "child.log").read_text()
    assert "Transferred" in log


class _Hostile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


async def test_other_bytes_are_refused_before_they_are_unpickled(trained: Trained, tmp_path: Path) -> None:
    hostile, victim = tmp_path / "hostile.pt", tmp_path / "pwned"
    hostile.write_bytes(pickle.dumps(_Hostile(victim)))
    spec = replace(
        train_spec(trained.tree), start=StartingWeights.CHECKPOINT, weights=hostile, weights_sha256=trained.sha256
    )
    with pytest.raises(ChildFailed, match="were not loaded"):
        await run_child(spec, tmp_path / "wrong", unheard)
    # Even where the database itself was made to hold the hostile file's checksum.
    with pytest.raises(ChildFailed, match="hold more than a YOLO model"):
        await run_child(replace(spec, weights_sha256=_sha256(hostile)), tmp_path / "right", unheard)
    with pytest.raises(WeightsCorrupt):
        Engine("cpu", 2).open(NetworkFile(RuntimeKind.TORCH, hostile, trained.sha256, CLASSES, 64))
    assert not victim.exists()


async def test_a_file_that_was_cut_off_is_refused_even_with_its_own_checksum(trained: Trained, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pt"
    data = trained.weights.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    spec = replace(train_spec(trained.tree), start=StartingWeights.CHECKPOINT, weights=cut, weights_sha256=_sha256(cut))
    with pytest.raises(ChildFailed, match="The weights are damaged") as refusal:
        await run_child(spec, tmp_path / "work", unheard)
    assert type(refusal.value) is ChildFailed


async def test_missing_pretrained_weights_say_what_to_do(trained: Trained, tmp_path: Path) -> None:
    spec = replace(train_spec(trained.tree), start=StartingWeights.PRETRAINED, weights=tmp_path / "yolo11n.pt")
    with pytest.raises(ChildFailed, match=r"pretrained weights .* cannot be found on this host .*yolo11n\.pt.*SCRATCH"):
        await run_child(spec, tmp_path / "work", unheard)


async def test_cancelling_leaves_no_process(trained: Trained, tmp_path: Path) -> None:
    started = asyncio.Event()

    async def on_report(report: Report) -> None:
        started.set()

    task = asyncio.create_task(run_child(train_spec(trained.tree, epochs=500), tmp_path, on_report))
    await asyncio.wait_for(started.wait(), 60)
    assert _children_in(tmp_path)
    task.cancel()
    before = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - before < 5
    assert not _children_in(tmp_path)


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that tells of an epoch and then goes on for ever, without torch: whose end is ours to bring about."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps([[{"epoch": 1}, {"sleep": 600}]]))
    monkeypatch.setattr(child_process, "_PROGRAM", (str(SCRIPTED_CHILD), str(script)))


@pytest.mark.usefixtures("scripted")
async def test_a_listener_that_fails_ends_the_child(trained: Trained, tmp_path: Path) -> None:
    async def on_report(report: Report) -> None:
        raise LookupError("the claim is lost")

    with pytest.raises(LookupError, match="the claim is lost"):
        await run_child(train_spec(trained.tree), tmp_path / "work", on_report)
    assert not _children_in(tmp_path)


@pytest.mark.usefixtures("scripted")
async def test_a_killed_child_is_named_so(trained: Trained, tmp_path: Path) -> None:
    async def on_report(report: Report) -> None:
        for process in _children_in(tmp_path):
            os.kill(process, signal.SIGKILL)

    with pytest.raises(ChildFailed, match="killed by signal SIGKILL"):
        await run_child(train_spec(trained.tree), tmp_path / "work", on_report)


async def test_the_child_ends_when_its_parent_is_gone(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / SPEC_NAME).write_text(spec_to_json(train_spec(trained.tree, epochs=500)))
    os.mkfifo(tmp_path / REPORTS_NAME)
    receiving = os.open(tmp_path / REPORTS_NAME, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(receiving, True)
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | contained_environment(tmp_path / "config", 2) | {RUN_VARIABLE: str(tmp_path)}
    child = subprocess.Popen(  # noqa: ASYNC220 - not our own runner: its death is what is tested
        [sys.executable, "-m", "workers.child", str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=environment, cwd=root, start_new_session=True,
    )  # fmt: skip
    with os.fdopen(receiving, "rb") as reports, child:
        assert child.stdin
        for _ in range(300):
            child.stdin.write(b".")
            child.stdin.flush()
            if b'"batch"' in await asyncio.to_thread(reports.readline):
                break  # it is training
            await asyncio.sleep(0.2)
        else:
            pytest.fail("the child did not begin to train")
        child.stdin.close()
        assert await asyncio.to_thread(child.wait, 5) != 0


def test_specs_survive_json(trained: Trained) -> None:
    evaluation = EvaluateSpec(trained.tree.data_yaml, trained.weights, trained.sha256, 64, 4, "cpu", 2)
    for spec in (evaluation, train_spec(trained.tree), train_spec(trained.tree, weights=trained.weights)):
        assert spec_from_json(spec_to_json(spec)) == spec


def test_weights_do_not_tell_how_the_host_is_laid_out(trained: Trained) -> None:
    with zipfile.ZipFile(trained.weights) as archive:
        stored = b"".join(archive.read(name) for name in archive.namelist() if name.endswith("data.pkl"))
    assert stored
    assert str(trained.folder).encode() not in stored
    assert str(Path(__file__).parent).encode() not in stored
