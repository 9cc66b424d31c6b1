"""Making versions on MariaDB, beside their floor: 100,000 and 1,000,000 annotations, ten an image."""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from adapters.local_store import LocalStore
from bench.databases import SILENCE, mariadb_database
from bench.dvc import FILE_BYTES, dvc_add_seconds, dvc_command
from bench.rows import add_images, add_project, annotate
from bench.version_floor import IMAGES_APART, ONE_JOIN, floor_seconds
from db.database import SqlDatabase
from db.engine import create_engine
from domain.jobs import JobKind
from domain.models.config import VersionConfig
from domain.models.people import Principal
from domain.models.version import DatasetStatus, DatasetVersion
from domain.projects import ProjectChanges, update_project
from domain.versions import CreateVersion, create_version
from workers.snapshot import Snapshot

CLASSES = ("wattle", "pine_sapling", "gorse", "lantana", "fireweed") * 2
"""Of the annotations of each image."""
SMALL, USUAL, LARGE = 1_000, 10_000, 100_000
"""Images."""
ROUNDS = {USUAL: 5, LARGE: 2}
ANSWERS = 30


@dataclass(frozen=True, slots=True)
class Field:
    """A project with images and annotations, and a version of it that is none, for the floor to write rows for."""

    principal: Principal
    project_id: str
    images: int
    floor_version_id: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What one snapshot took, in a process of its own."""

    seconds: float
    peak_mb: float


async def measure_versions() -> None:
    """Prints ratios to the floor, the memory of the process, the answers of createVersion, and DVC's time."""
    async with mariadb_database() as database:
        if database is None:
            return
        with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
            folder = Path(name)
            small, usual, large = [await _field(database, count) for count in (SMALL, USUAL, LARGE)]
            await _compare_answers(database, small, large)
            ours = {field.images: await _compare(database, field, folder) for field in (usual, large)}
    more = ours[LARGE].peak_mb - ours[USUAL].peak_mb
    _print(
        f"peak memory of the process that makes the snapshot: {ours[USUAL].peak_mb:.0f} MB at {_size(USUAL)}, "
        f"{ours[LARGE].peak_mb:.0f} MB at {_size(LARGE)}: {more:.0f} MB more"
    )
    _compare_dvc(ours[USUAL].seconds)


async def _field(database: SqlDatabase, images: int) -> Field:
    principal, project = await add_project(database, f"{images} images")
    await update_project(database, principal, project.id, ProjectChanges(dataset_versions=True))
    await annotate(database, principal, await add_images(database, project, images), *CLASSES)
    version = await _create(database, principal, project.id)
    await database.write(lambda uow: uow.versions.update(version.id, status=DatasetStatus.FAILED))
    return Field(principal, project.id, images, version.id)


async def _compare(database: SqlDatabase, field: Field, folder: Path) -> Taken:
    """Medians of ours, after a line that holds them against the floor."""
    url, taken, joined, apart = database.engine.url, list[Taken](), list[float](), list[float]()
    for _ in range(ROUNDS[field.images]):
        for statements, floor in ((ONE_JOIN, joined), (IMAGES_APART, apart)):
            path = folder / "floor.jsonl"
            floor.append(await floor_seconds(url, field.project_id, field.floor_version_id, statements, path))
        taken.append(await _snapshot(database, field, folder))
    ours = [one.seconds for one in taken]
    _print(
        f"snapshot of {_size(field.images)} (MariaDB): {statistics.median(ours):.2f} s; floor of one join "
        f"{statistics.median(joined):.2f} s, ratio {_ratio(ours, joined)}; floor that reads images apart "
        f"{statistics.median(apart):.2f} s, ratio {_ratio(ours, apart)}"
    )
    return Taken(statistics.median(ours), statistics.median(one.peak_mb for one in taken))


async def _snapshot(database: SqlDatabase, field: Field, folder: Path) -> Taken:
    version = await _create(database, field.principal, field.project_id)
    url = database.engine.url.render_as_string(hide_password=False)
    taken = await asyncio.to_thread(_in_process, url, folder)
    made: DatasetVersion | None = await database.read(lambda uow: uow.versions.get(version.id))
    if made is None or (made.image_count, made.annotation_count) != (field.images, field.images * len(CLASSES)):
        raise RuntimeError("The snapshot did not freeze everything.")
    return taken


def _in_process(url: str, folder: Path) -> Taken:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(url, folder, theirs))
    process.start()
    theirs.close()
    taken: Taken = ours.recv()
    process.join()
    return taken


def _run(url: str, folder: Path, answer: Connection) -> None:
    seconds = asyncio.run(_take_next(url, folder))
    answer.send(Taken(seconds, _peak_mb()))


def _peak_mb() -> float:
    """Of this process alone; getrusage would begin with what its parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


async def _take_next(url: str, folder: Path) -> float:
    """Seconds of the snapshot that is next in turn, from its claim on."""
    database = SqlDatabase(create_engine(url), SILENCE, SILENCE)
    claim = await database.write(lambda uow: uow.claims.take(JobKind.SNAPSHOT, "bench"))
    if claim is None:
        raise RuntimeError("The version was not there to be claimed.")
    snapshot = Snapshot(database, LocalStore(folder / "objects", "http://127.0.0.1", b"bench"), folder)
    started = time.perf_counter()
    await snapshot.run(claim)
    seconds = time.perf_counter() - started
    await database.close()
    return seconds


async def _compare_answers(database: SqlDatabase, small: Field, large: Field) -> None:
    """createVersion as a client has to wait for it; the versions are gone before a snapshot could be theirs."""
    seconds: dict[int, list[float]] = {small.images: [], large.images: []}
    for _ in range(ANSWERS):
        for field in (small, large):
            started = time.perf_counter()
            version = await _create(database, field.principal, field.project_id)
            seconds[field.images].append(time.perf_counter() - started)
            await database.write(
                lambda uow, id_=version.id: uow.versions.update(id_, status=DatasetStatus.FAILED)  # type: ignore[misc]
            )
    few, many = (statistics.median(seconds[field.images]) for field in (small, large))
    _print(
        f"createVersion's answer: {few * 1000:.1f} ms at {_size(small.images)}, {many * 1000:.1f} ms at "
        f"{_size(large.images)}, ratio {many / few:.2f}"
    )


def _compare_dvc(ours: float) -> None:
    what = f"dvc add of {USUAL:,} files of {FILE_BYTES // 1000} kB"
    command = dvc_command()
    if command is None:
        _print(f"{what}: not measured, for there is no dvc on the path and none in DVC.")
        return
    theirs = dvc_add_seconds(command, USUAL)
    _print(
        f"{what}: {theirs:.2f} s; our snapshot of as many images: {ours:.2f} s, ratio {ours / theirs:.2f}. dvc hashes "
        "the files here, where we hashed them when they were uploaded; ours freezes their annotations too."
    )


async def _create(database: SqlDatabase, principal: Principal, project_id: str) -> DatasetVersion:
    version, _ = await create_version(database, principal, CreateVersion(project_id, None, None, None, VersionConfig()))
    return version


def _ratio(ours: Sequence[float], floor: Sequence[float]) -> str:
    ratios = [mine / least for mine, least in zip(ours, floor, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _size(images: int) -> str:
    return f"{images * len(CLASSES):,} annotations on {images:,} images"


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
