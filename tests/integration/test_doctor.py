"""`agridrone doctor`: what it prints, and how it ends."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adapters.local_store import LocalStore
from cli.app import app
from s3_server import S3Server
from seeds import silent_database
from sound_project import SoundProject, sound_project
from stored_versions import flip

NOWHERE = "127.0.0.1:9"


@pytest.fixture(scope="module")
async def ready_made(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SoundProject]:
    """A data folder with a sound project."""
    folder = tmp_path_factory.mktemp("doctor") / "data"
    folder.mkdir()
    file = shutil.copy(migrated_sqlite, folder / "agridrone.sqlite")
    database = silent_database(f"sqlite+aiosqlite:///{file}")
    sound = await sound_project(database, store_in(folder), folder)
    await database.close()
    return folder, sound


def store_in(folder: Path) -> LocalStore:
    return LocalStore(folder / "objects", "http://127.0.0.1:8000", b"a secret of the tests")


@pytest.fixture
def folder(ready_made: tuple[Path, SoundProject], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "REDIS_URL", "S3_BUCKET"):
        monkeypatch.setenv(name, "")
    return shutil.copytree(ready_made[0], tmp_path / "data")


@pytest.fixture
def sound(ready_made: tuple[Path, SoundProject]) -> SoundProject:
    return ready_made[1]


async def doctor(folder: Path, *words: str, code: int) -> Result:
    done: Result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--data-dir", str(folder), *words])
    assert done.exit_code == code, done.output
    return done


async def test_a_sound_folder_is_well_and_what_was_looked_at_is_told(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    done = await doctor(folder, "--read-back", code=0)
    lines = done.stdout.splitlines()
    assert lines[0] == "Looked at:"
    assert "  frozen-objects       6  frozen images" in lines
    assert lines[-2:] == ["Left out: gpu-leases, because there is no Redis to ask.", "All is well."]
    changed = {path for path, at in before.items() if path.stat().st_mtime_ns != at}
    assert {path.name for path in changed} <= {"agridrone.sqlite", "agridrone.sqlite-shm", "agridrone.sqlite-wal"}


async def test_with_redis_nothing_is_left_out(
    folder: Path, embedded_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", embedded_redis_url)
    done = await doctor(folder, code=0)
    assert "Left out" not in done.stdout
    assert done.stdout.endswith("All is well.\n")


async def test_each_finding_is_a_line_and_ends_the_command_with_one(folder: Path, sound: SoundProject) -> None:
    store = store_in(folder)
    await store.delete(sound.model.weights_key)
    await flip(store, sound.state_key)
    weights, *_, last = (await doctor(folder, code=1)).stdout.splitlines()
    assert weights == (
        f"weights  model {sound.model.name} ({sound.model.id}) of project {sound.home.project.id}: "
        f"{sound.model.weights_key} is missing from the object store; restore it from a backup."
    )
    assert last == "1 finding; docs/doctor.md says what to do."


async def test_a_script_reads_a_document_a_line_and_the_sums_last(folder: Path, sound: SoundProject) -> None:
    await flip(store_in(folder), sound.state_key)
    done = await doctor(folder, "--read-back", "--json", code=1)
    finding, sums = [json.loads(line) for line in done.stdout.splitlines()]
    assert finding["invariant"] == "training-states"
    assert sound.state_key in finding["message"]
    assert sums["findings"] == 1
    assert {"invariant": "weights", "subjects": "objects", "lookedAt": 1} in sums["checked"]


async def test_a_folder_is_left_as_it_is(folder: Path) -> None:
    (folder / "secret").unlink(missing_ok=True)

    def objects() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (folder / "objects").rglob("*")}

    before = objects()
    await doctor(folder, "--read-back", code=0)
    assert objects() == before
    assert not (folder / "secret").exists()


async def test_a_redis_that_does_not_answer_leaves_out_what_it_knows_alone(
    folder: Path, sound: SoundProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://{NOWHERE}")
    done = await doctor(folder, code=2)
    assert "see REDIS_URL" in done.stderr
    assert "All is well." not in done.stdout
    assert "Left out: gpu-leases" in done.stdout
    await store_in(folder).delete(sound.model.weights_key)
    assert "weights  model" in (await doctor(folder, code=1)).stdout


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"DATABASE_URL": f"mysql+aiomysql://root@{NOWHERE}/agridrone"}, "The database failed"),
        ({"DATABASE_URL": "sqlite+aiosqlite:////tmp/there/is/none.sqlite"}, "There is no database at"),
    ],
)
async def test_a_database_that_is_away_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, setting: dict[str, str], said: str
) -> None:
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    done = await doctor(folder, code=2)
    assert done.stderr.startswith(f"Not all was looked at. {said}")


async def test_a_store_that_is_away_is_named(
    folder: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**s3_server.words("agridrone-none")}.items():
        monkeypatch.setenv(name.upper(), str(value))
    done = await doctor(folder, code=2)
    assert done.stderr.startswith("Not all was looked at. The object store failed: ")
