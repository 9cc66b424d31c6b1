"""`agridrone train`, `jobs`, `models` and `evaluate` as processes of their own, as a stranger would use them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from live.imagery import fields
from live.server import ROOT, LiveServer, live_server
from live.team import Team, team_on
from secret_watch import check_log

_PATIENCE = 180
_PLOTS = {"results.png", "confusion_matrix.png", "BoxPR_curve.png", "val_batch0_pred.jpg"}


@dataclass(frozen=True)
class Commands:
    """The commands of one person on one server, in one project."""

    server: LiveServer
    token: str
    project_id: str

    async def said(self, *words: str, code: int = 0, project: bool = True) -> str:
        """What the command printed on standard output."""
        done = await asyncio.to_thread(self._run, *words, *(("--project", self.project_id) if project else ()))
        assert done.returncode == code, done
        return done.stdout if code == 0 else done.stdout + done.stderr

    async def told(self, *words: str, code: int = 0, project: bool = True) -> dict[str, Any]:
        """The document that it printed, and nothing else."""
        document: dict[str, Any] = json.loads(await self.said(*words, "--json", code=code, project=project))
        return document

    async def interrupted(self, *words: str) -> str:
        """What the command said when it was stopped by Ctrl-C after its first line."""
        running = await asyncio.create_subprocess_exec(
            *self._command(*words), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert running.stdout is not None
        await asyncio.wait_for(running.stdout.readline(), _PATIENCE)
        running.send_signal(signal.SIGINT)
        _, said = await asyncio.wait_for(running.communicate(), _PATIENCE)
        assert running.returncode == 130, said
        return said.decode()

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = self._command(*words)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        check_log(done.stderr)
        return done

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "cli", *words, "--server", self.server.address, "--token", self.token]


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with live_server() as running:
        yield running


async def _commands(server: LiveServer, team: Team) -> Commands:
    await team.upload(fields(8))
    await team.frozen_version(splits={"train": 0.5, "val": 0.25, "test": 0.25})
    return Commands(server, server.token("person@example.org"), team.project_id)


async def test_a_model_is_trained_looked_at_downloaded_and_measured(server: LiveServer, tmp_path: Path) -> None:
    async with team_on(server) as team:
        commands = await _commands(server, team)
        small = ("--base", "yolo11n", "--epochs", "2", "--batch", "4", "--size", "64")
        said = await commands.said("train", "v1", "--scratch", *small, "--key", "first")
        assert "Trained with: recipe small-set, optimizer AdamW" in said
        (job,) = (await commands.told("jobs", "list", "--status", "completed"))["jobs"]
        model = job["model"]
        assert f"{model['name']} ({model['id']}): mAP50" in said
        again = await commands.told("train", "v1", "--scratch", *small, "--key", "first")
        assert again["job"]["id"] == job["id"]
        assert "has such a status" in await commands.said("jobs", "list", "--status", "failed")
        whole = await commands.said("jobs", "show", job["id"], project=False)
        assert "asked for" in whole
        assert "Last epochs:" in whole
        log = await commands.said("jobs", "log", job["id"], "--lines", "2000", project=False)
        assert "epochs completed in" in log
        assert str(server.data_dir) not in log
        sha256 = await _check_model(commands, model["name"], tmp_path)
        await _check_evaluation(commands, model["name"])
        await _check_training_onward(commands, model)
        await _check_corrupt_weights(commands, model["name"], sha256, tmp_path)


async def _check_training_onward(commands: Commands, parent: dict[str, Any]) -> None:
    said = await commands.said("train", "1", "--from", parent["name"], "--epochs", "1", "--batch", "4", "--size", "64")
    assert "going by 1 training before" in said
    # The base model is the checkpoint's, so nobody is warned of the contract's default.
    assert "Warnings:" not in said
    child = (await commands.told("models", "show", parent["name"].replace(".pt", "-2.pt")))["model"]
    assert (child["parent"]["id"], child["baseModel"]) == (parent["id"], "YOLO11N")


async def _check_corrupt_weights(commands: Commands, name: str, sha256: str, folder: Path) -> None:
    (stored,) = [path for path in commands.server.data_dir.rglob(f"*{sha256}*") if path.is_file()]
    content = stored.read_bytes()
    stored.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    said = await commands.said("models", "download", name, str(folder / "corrupt"), code=1)
    assert f"{name} is corrupt" in said
    assert list((folder / "corrupt").iterdir()) == []


async def _check_model(commands: Commands, name: str, folder: Path) -> str:
    """The SHA-256 of its weights."""
    assert name in await commands.said("models", "list")
    shown = await commands.said("models", "show", name)
    assert "weights" in shown
    assert "model.onnx, results.csv, args.json" in shown
    paths = (await commands.told("models", "download", name, str(folder / "out"), "--all"))["paths"]
    there = {Path(path).name: Path(path).read_bytes() for path in paths}
    assert {name, "model.onnx", "results.csv", "args.json"} | _PLOTS <= there.keys()
    model = (await commands.told("models", "show", name))["model"]
    assert hashlib.sha256(there[name]).hexdigest() == model["sha256"]
    assert len(there["results.csv"].splitlines()) == 3
    (folder / "out" / name).write_bytes(b"not it")
    await commands.said("models", "download", name, str(folder / "out"))
    assert hashlib.sha256((folder / "out" / name).read_bytes()).hexdigest() == model["sha256"]
    refused = await commands.said("models", "download", "other.pt", str(folder), code=2)
    assert "has no model other.pt" in refused
    return str(model["sha256"])


async def _check_evaluation(commands: Commands, name: str) -> None:
    told = (await commands.told("evaluate", name, "v1"))["evaluation"]
    assert (told["status"], told["split"], told["seenImages"]) == ("COMPLETED", "TEST", 0)
    assert told["metrics"]["mAP50"] >= 0
    flattered = await commands.said("evaluate", name, "v1", "--split", "train")
    assert "the figures flatter it" in flattered
    assert "on the train split of" in flattered


async def test_a_training_is_left_alone_cancelled_and_resumed(server: LiveServer) -> None:
    async with team_on(server) as team:
        commands = await _commands(server, team)
        long = ("--base", "yolo11n", "--epochs", "2000", "--batch", "4", "--size", "64", "--scratch")
        job = (await commands.told("train", "v1", *long, "--detach"))["job"]
        assert job["status"] == "QUEUED"
        await team.epoch_passed(job["id"], 1)
        assert "The training is left as it is" in await commands.interrupted("jobs", "watch", job["id"])
        assert (await team.job(job["id"]))["status"] == "RUNNING"
        cancelled = await commands.said("jobs", "cancel", job["id"], project=False)
        assert f"`agridrone jobs resume {job['id']}` goes on with it." in cancelled
        resumed = (await commands.told("jobs", "resume", job["id"], "--detach", project=False))["job"]
        assert resumed["status"] in ("QUEUED", "PREPARING", "RUNNING")
        await commands.said("jobs", "cancel", job["id"], project=False)
        watched = await commands.said("jobs", "watch", job["id"], code=1, project=False)
        assert "CANCELLED" in watched


async def test_what_cannot_be_done_is_said_in_a_sentence(server: LiveServer) -> None:
    async with team_on(server) as team:
        commands = await _commands(server, team)
        both = await commands.said("train", "v1", "--scratch", "--pretrained", code=2)
        assert "starts from one thing" in both
        absent = await commands.said("train", "v1", "--pretrained", "--base", "yolo11n", "--epochs", "1", code=1)
        assert "yolo11n" in absent
        assert "start from a checkpoint or from scratch" in absent
        bare = await commands.said("models", "show", "north-v3.pt", code=2, project=False)
        assert "name the project by --project" in bare
        assert "Epochs must be 1 to 10,000" in await commands.said("train", "v1", "--epochs", "0", code=1)
