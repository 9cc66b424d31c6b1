"""Where pretrained weights are found, and what is said where they are not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from adapters.local_store import LocalStore
from adapters.settings import SettingsError, load_settings
from db.database import SqlDatabase
from domain.jobs import JobKind
from domain.models.training import BaseModel, TrainingConfig, TrainingJobStatus
from domain.ports import ObjectStore
from domain.training import StartTraining, start_training
from field_versions import field_version
from renderers import renderer
from seeds import take
from training_hosts import training_on
from workers import child_process
from workers.claims import PermanentError
from workers.pretrained import Pretrained

CHILD = Path(__file__).parents[1] / "scripted_child.py"
BYTES = b"weights of COCO"
SHA256 = hashlib.sha256(BYTES).hexdigest()


async def test_they_lie_in_a_folder(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "yolo11n.pt").write_bytes(BYTES)
    pretrained = Pretrained(store, str(tmp_path))
    assert await pretrained.file("yolo11n", tmp_path / "run") == (tmp_path / "yolo11n.pt", SHA256)
    with pytest.raises(PermanentError, match=r"yolo11m\.pt cannot be read on this host \(No such file.*start from"):
        await pretrained.file("yolo11m", tmp_path / "run")


@pytest.mark.parametrize("place", ["store:pretrained", "store:pretrained/"])
async def test_they_lie_in_the_object_store(any_store: ObjectStore, tmp_path: Path, place: str) -> None:
    await any_store.put("pretrained/yolo11n.pt", BYTES, "application/octet-stream")
    pretrained = Pretrained(any_store, place)
    path, sha256 = await pretrained.file("yolo11n", tmp_path / "run")
    assert (path.read_bytes(), sha256, path.parent) == (BYTES, SHA256, tmp_path / "run")
    with pytest.raises(PermanentError, match=r"put them there as pretrained/yolo26n\.pt, or start from"):
        await pretrained.file("yolo26n", tmp_path / "run")


async def test_they_are_nowhere(store: LocalStore, tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="PRETRAINED_WEIGHTS is not set"):
        await Pretrained(store, "").file("yolo11n", tmp_path)


async def test_a_training_starts_from_them_and_says_from_which(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, script = sqlite_database, tmp_path / "script.json"
    monkeypatch.setattr(child_process, "_PROGRAM", (str(CHILD), str(script)))
    script.write_text(json.dumps([[{"epoch": 1}, {"done": 1}]]))
    home, version = await field_version(database, store, tmp_path, images=4)
    config = TrainingConfig(BaseModel.YOLO11N, epochs=1, image_size=64)
    job = await start_training(database, home.principal, StartTraining(version.id, config, None, False, None))
    async with renderer(tmp_path) as rendering:
        training = training_on(database, store, rendering, tmp_path, "store:pretrained")
        with pytest.raises(PermanentError, match=r"put them there as pretrained/yolo11n\.pt"):
            await training.run(await take(database, JobKind.TRAINING))
        await store.put("pretrained/yolo11n.pt", BYTES, "application/octet-stream")
        await database.write(lambda uow: uow.claims.reopen(JobKind.TRAINING, job.id))
        await training.run(await take(database, JobKind.TRAINING))
    done = await database.read(lambda uow: uow.jobs.get(job.id))
    assert done is not None
    assert (done.status, done.effective["weights_sha256"]) == (TrainingJobStatus.COMPLETED, SHA256)
    spec = json.loads(script.with_suffix(".started").read_text())
    assert (Path(spec["weights"]).name, spec["weights_sha256"]) == ("yolo11n.pt", SHA256)


@pytest.mark.parametrize("place", ["store:", "store:/", "store:/a", "store:a//b", "store:a/../b", "store:teams/t/x"])
def test_a_place_that_is_no_operator_s_stops_the_start(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setenv("PRETRAINED_WEIGHTS", place)
    with pytest.raises(SettingsError, match="PRETRAINED_WEIGHTS: names a folder, or as store:PREFIX"):
        load_settings()
