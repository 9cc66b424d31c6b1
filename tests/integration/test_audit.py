"""The audit: nothing is told of what is sound; each invariant that is broken on purpose is told of, and no other."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.local_store import LocalStore
from broken_projects import BREAKS, World
from db.tables import (
    assets,
    event_log,
    event_streams,
    trained_models,
    training_datasets,
    training_jobs,
    upload_batches,
)
from domain.assets import delete_assets
from domain.events import project_stream, version_stream
from domain.keys import THUMBNAIL_SIZES, thumbnail_key
from domain.models.audit import AUDIT_PAGE
from domain.ports import ObjectStore, StoredObject
from seeds import silent_database
from sound_project import SoundProject, sound_project
from stored_versions import flip
from workers.audit.auditor import Auditor
from workers.audit.gpu_leases import LEASES
from workers.audit.images import Images
from workers.audit.work import TAKEN_UP, WORKERS

DOCTOR = Path(__file__).parents[2] / "docs" / "doctor.md"


@pytest.fixture(scope="module")
async def ready_made(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SoundProject]:
    """A folder with a sound project's database and objects, to copy."""
    folder = tmp_path_factory.mktemp("sound")
    shutil.copy(migrated_sqlite, folder / "agridrone.db")
    database = silent_database(f"sqlite+aiosqlite:///{folder / 'agridrone.db'}")
    sound = await sound_project(database, store_in(folder), folder)
    await database.close()
    return folder, sound


def store_in(folder: Path) -> LocalStore:
    return LocalStore(folder / "objects", "http://127.0.0.1:8000", b"a secret of the tests")


@pytest.fixture
async def world(ready_made: tuple[Path, SoundProject], tmp_path: Path) -> AsyncIterator[World]:
    origin, sound = ready_made
    folder = shutil.copytree(origin, tmp_path / "world")
    database = silent_database(f"sqlite+aiosqlite:///{folder / 'agridrone.db'}")
    yield World(database, store_in(folder), sound)
    await database.close()


async def test_a_sound_project_is_looked_at_and_nothing_is_told_of_it(world: World) -> None:
    auditor = Auditor(world.database, world.store, None, read_back=True, pause_seconds=0)
    assert [finding async for finding in auditor.findings()] == []
    looked_at = {one.invariant: one.looked_at for one in auditor.checked()}
    assert {name for name, count in looked_at.items() if count == 0} == {"gpu-leases"}
    assert looked_at.items() >= {"frozen-objects": 6, "originals": 3, "thumbnails": 12, "weights": 1}.items()
    assert [one.invariant for one in auditor.checked() if one.left_out] == ["gpu-leases"]


async def test_every_invariant_is_broken_somewhere_and_explained_to_operators(world: World) -> None:
    auditor = Auditor(world.database, world.store, None)
    assert [finding async for finding in auditor.findings()] == []
    invariants = {one.invariant for one in auditor.checked()}
    assert invariants == set().union(*(broken for _, broken in BREAKS.values())) | {TAKEN_UP, WORKERS, LEASES}
    explained = re.findall(r"^\| `([\w-]+)` \|", DOCTOR.read_text("utf-8"), re.MULTILINE)
    assert sorted(explained) == sorted(invariants)


@pytest.mark.parametrize("name", BREAKS)
async def test_what_is_broken_is_told_of_and_nothing_else(world: World, name: str) -> None:
    broken, invariants = BREAKS[name]
    subject = await broken(world)
    findings = await world.audit()
    assert {finding.invariant for finding in findings} == invariants, findings
    assert any(subject in f"{finding.subject} {finding.message}" for finding in findings), findings


async def test_bytes_that_changed_are_told_of_where_they_are_read(world: World) -> None:
    """Once for the image, and once for each version that froze it."""
    sound = world.sound
    wrong = [sound.images[0].s3_key, sound.model.weights_key, sound.model.files[0].key, sound.state_key]
    for key in wrong:
        await flip(world.store, key)
    assert await world.audit() == []
    findings = await world.audit(read_back=True)
    told = sorted(finding.invariant for finding in findings)
    assert told == ["frozen-objects", "frozen-objects", "model-files", "originals", "training-states", "weights"]
    assert all(any(key in finding.message for key in wrong) for finding in findings)


async def test_what_retention_removed_and_what_was_deleted_properly_is_no_violation(world: World) -> None:
    """The first events of a project, events of an object that is gone, an image's objects after its day."""
    sound = world.sound
    await world.remove(event_log, stream=project_stream(sound.home.project.id), seq=1)
    await world.add(event_streams, {"stream": version_stream("gone"), "seq": 9})
    last = {"stream": version_stream("gone"), "seq": 9, "kind": "PROGRESS", "payload": {}, "at": datetime.now(UTC)}
    await world.add(event_log, last)
    await delete_assets(world.database, sound.home.principal, [image.id for image in sound.images])
    for size in THUMBNAIL_SIZES:
        await world.store.delete(thumbnail_key(sound.home.team.id, sound.images[0].sha256 or "", size))
    assert await world.audit() == []


async def test_rows_of_another_application_are_not_judged(world: World) -> None:
    project, at = world.sound.home.project, datetime.now(UTC)
    common = {"project_id": project.id, "team_id": project.team_id, "created_at": at}
    counts = dict.fromkeys(("image_count", "annotation_count", "train_count", "val_count", "test_count"), 5)
    dataset = {"id": "old", "name": "Old", "s3_bucket": "b", "s3_path": "old/", "classes": [], "updated_at": at}
    await world.add(training_datasets, {**common, **counts, **dataset, "status": "TRAINING"})
    job = {"dataset_id": "old", "base_model": "YOLO11N", "epochs": 3, "epoch": 3, "batch_size": 4, "image_size": 640}
    statuses = {"done": "COMPLETED", "running": "RUNNING", "failed": "FAILED"}
    await world.add(training_jobs, *({**common, **job, "id": id_, "status": one} for id_, one in statuses.items()))
    model = {"id": "old", "training_job_id": "never", "name": "old.pt", "weights_key": "old/best.pt", "classes": []}
    await world.add(trained_models, {**common, **model})
    image = {"id": "old", "project_id": project.id, "filename": "old.jpg", "s3_key": "old.jpg", "created_at": at}
    await world.add(assets, image)
    assert await world.audit() == []


class StaleListing(LocalStore):
    """Its listings lack whatever was stored last, as those of a store do that somebody writes to meanwhile."""

    async def under(self, prefix: str) -> AsyncIterator[StoredObject]:
        newest = None
        async for one in super().under(prefix):
            if newest is not None:
                yield newest
            newest = one


async def test_what_only_looked_wrong_is_not_told_of(world: World, tmp_path: Path) -> None:
    stale = StaleListing(tmp_path / "world" / "objects", "http://127.0.0.1:8000", b"a secret of the tests")
    images = Images(world.database, stale, read_back=False)
    suspicions = [one async for one in images.suspicions()]
    assert {one.finding.invariant for one in suspicions} == {"originals", "frozen-objects", "thumbnails"}
    auditor = Auditor(world.database, stale, None, pause_seconds=0)
    assert [finding async for finding in auditor.findings()] == []


async def test_a_team_s_many_objects_are_listed_in_portions(world: World) -> None:
    await world.store.delete(world.sound.images[2].s3_key)
    small = Images(world.database, world.store, read_back=True, listed_at_once=5)
    found = [finding async for one in small.suspicions() if (finding := await one.again()) is not None]
    whole = await world.audit(read_back=True)
    assert len(found) == 3
    assert set(found) == set(whole)
    assert {one.invariant: one.looked_at for one in small.checked()} == {
        "originals": 3, "frozen-objects": 6, "thumbnails": 12
    }  # fmt: skip


async def test_more_rows_than_a_portion_has_are_all_looked_at(world: World) -> None:
    count = 2 * AUDIT_PAGE + 1
    common = {"project_id": world.sound.home.project.id, "name": "May flight", "created_at": datetime.now(UTC)}
    await world.add(upload_batches, *({**common, "id": f"z{number:04}"} for number in range(count)))
    await world.set(upload_batches, f"z{count - 1:04}", announced=1)
    (finding,) = await world.audit()
    assert finding.invariant == "upload-batches"
    assert f"z{count - 1:04}" in finding.subject


async def test_on_mariadb_and_s3_sound_is_sound_and_broken_is_broken(
    migrated_mariadb_url: str, s3_store: ObjectStore, tmp_path: Path
) -> None:
    database = silent_database(migrated_mariadb_url)
    try:
        world = World(database, s3_store, await sound_project(database, s3_store, tmp_path))
        assert await world.audit(read_back=True) == []
        expected: set[str] = set()
        for name in (
            "a number skipped", "a frozen row gone", "a training's state lost", "an epoch gone", "an event gone",
            "an upload open again", "a delivery forgotten", "two deployments", "an archive cut", "a thumbnail lost",
            "a failure without a reason", "a deleted image's original lost",
        ):  # fmt: skip
            broken, invariants = BREAKS[name]
            await broken(world)
            expected |= invariants
        assert {finding.invariant for finding in await world.audit()} == expected
    finally:
        await database.close()
