"""Rows for tests, written through the repositories: people, projects, images, annotations, and what is made of them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db.database import SqlDatabase
from db.engine import create_engine
from domain.annotations import NewAnnotation, create_annotations
from domain.events import tell_import_status
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.keys import export_key, original_key, weights_key
from domain.models.annotation import Annotation, AnnotationSource, PendingAnnotation, ReviewStatus
from domain.models.asset import Asset, Upload, UploadBatch, UploadState
from domain.models.config import Preprocessing, VersionConfig
from domain.models.export import ExportStatus, VersionExport
from domain.models.geometry import Box
from domain.models.imports import ExportFormat, FileUpload, ImportJob, ImportStatus
from domain.models.model import InferenceBackend, TrainedModel
from domain.models.people import Membership, Principal, Team, TeamRole, User
from domain.models.project import Project
from domain.models.training import BaseModel
from domain.models.version import DatasetVersion
from domain.ports import ObjectStore, Ring, UnitOfWork
from domain.versions import CreateVersion, create_version
from workers.snapshot import Snapshot

WIDTH, HEIGHT = 640, 480


class Silence:
    """A doorbell that nobody hears and a queue that wakes nobody: what is lost must not matter."""

    async def ring(self, ring: Ring) -> None:
        """Is not heard."""

    @asynccontextmanager
    async def listen(self, stream: str) -> AsyncIterator[AsyncIterator[Ring | None]]:
        async def never() -> AsyncIterator[Ring | None]:
            return
            yield

        yield never()

    async def wake(self, kind: JobKind, ids: Sequence[str]) -> None:
        """Wakes nobody."""


def silent_database(url: str) -> SqlDatabase:
    return SqlDatabase(create_engine(url), Silence(), Silence())


@dataclass(frozen=True, slots=True)
class Home:
    """A team with its owner, and a project of it with dataset versions switched on."""

    owner: User
    team: Team
    project: Project

    @property
    def principal(self) -> Principal:
        return principal_of(self.owner)


def principal_of(user: User) -> Principal:
    return Principal(user.id, user.email)


def digest_of(name: str) -> str:
    """A SHA-256 that stands for the bytes of the image of that name."""
    return hashlib.sha256(name.encode()).hexdigest()


async def add_user(database: SqlDatabase, name: str = "ana") -> User:
    id_ = new_id()
    user = User(id_, name, f"{name}-{id_[-8:]}@example.org", datetime.now(UTC))
    await database.write(lambda uow: uow.people.add_user(user))
    return user


async def join(database: SqlDatabase, team: Team, role: TeamRole) -> User:
    """A new user with that role in the team."""
    user = await add_user(database, role.value.lower())
    membership = Membership(new_id(), team.id, user.id, role, datetime.now(UTC))
    await database.write(lambda uow: uow.people.add_membership(membership))
    return user


async def add_project(database: SqlDatabase, team: Team, name: str = "North block", versions: bool = True) -> Project:
    project = Project(new_id(), team.id, name, datetime.now(UTC), versions, None, InferenceBackend.AUTO)
    await database.write(lambda uow: uow.projects.add(project))
    return project


async def make_home(database: SqlDatabase, name: str = "North block", versions: bool = True) -> Home:
    team = Team(new_id(), f"Team of {name}", datetime.now(UTC))
    await database.write(lambda uow: uow.people.add_team(team))
    owner = await join(database, team, TeamRole.OWNER)
    return Home(owner, team, await add_project(database, team, name, versions))


async def add_batch(database: SqlDatabase, project: Project, name: str = "May flight") -> UploadBatch:
    batch = UploadBatch(new_id(), project.id, name, datetime.now(UTC))
    await database.write(lambda uow: uow.batches.add(batch))
    return batch


async def add_images(
    database: SqlDatabase, project: Project, names: Sequence[str], batch: UploadBatch | None = None
) -> list[Asset]:
    """Images of 640 × 480 pixels whose bytes are named, not stored; one a second, the first one oldest."""
    now = datetime.now(UTC)
    assets = [
        Asset(
            id=new_id(),
            project_id=project.id,
            upload_batch_id=batch.id if batch else None,
            filename=f"{name}.jpg",
            s3_key=original_key(project.team_id, digest_of(name)),
            sha256=digest_of(name),
            size_bytes=1000,
            content_type="image/jpeg",
            width=WIDTH,
            height=HEIGHT,
            orientation=1,
            gps_latitude=None,
            gps_longitude=None,
            captured_at=None,
            imported_split=None,
            created_at=now + timedelta(seconds=index - len(names)),
        )
        for index, name in enumerate(names)
    ]
    await database.write(lambda uow: uow.assets.add(*assets))
    return assets


async def add_uploads(
    database: SqlDatabase, project: Project, batch: UploadBatch, names: Sequence[str], state: UploadState
) -> list[Upload]:
    now = datetime.now(UTC)
    uploads = [
        Upload(
            id=new_id(),
            batch_id=batch.id,
            project_id=project.id,
            team_id=project.team_id,
            filename=f"{name}.jpg",
            size_bytes=1000,
            sha256=digest_of(name),
            content_type="image/jpeg",
            status=state,
            asset_id=None,
            error_code=None,
            error_message=None,
            created_at=now + timedelta(milliseconds=index),
            expires_at=now + timedelta(hours=24),
        )
        for index, name in enumerate(names)
    ]
    answered = state not in (UploadState.OPEN, UploadState.VERIFYING)
    counts = {
        "announced": len(names),
        "submitted": 0 if state is UploadState.OPEN else len(names),
        "verified": len(names) if state is UploadState.VERIFIED else 0,
        "refused": len(names) if answered and state is not UploadState.VERIFIED else 0,
    }

    async def work(uow: UnitOfWork) -> None:
        await uow.uploads.add(*uploads)
        await uow.batches.count_up(batch.id, **counts)

    await database.write(work)
    return uploads


def drawn(asset: Asset, weed_type: str = "wattle", box: Box | None = None) -> NewAnnotation:
    return NewAnnotation(
        asset.id, weed_type, box or Box(10, 20, 30, 40), None, None, None, False, AnnotationSource.MANUAL
    )


async def annotate(
    database: SqlDatabase, home: Home, assets: Sequence[Asset], *weed_types: str, project: Project | None = None
) -> list[Annotation]:
    """One box for each class on each image; the class "wattle" when none is named."""
    notes = [drawn(asset, name) for asset in assets for name in weed_types or ("wattle",)]
    return await create_annotations(database, home.principal, (project or home.project).id, notes)


async def add_pending(
    database: SqlDatabase, asset: Asset, weed_type: str = "wattle", confidence: float = 0.5
) -> PendingAnnotation:
    """A detection on the image that waits for review."""
    pending = PendingAnnotation(
        id=new_id(),
        asset_id=asset.id,
        weed_type=weed_type,
        box=Box(50, 60, 30, 40),
        polygon=None,
        confidence=confidence,
        source=AnnotationSource.AI,
        status=ReviewStatus.PENDING,
        model_id=None,
        created_at=datetime.now(UTC),
    )
    await database.write(lambda uow: uow.pending.add(pending))
    return pending


async def add_file(database: SqlDatabase, project: Project, filename: str) -> FileUpload:
    """An announced file whose bytes are named, not stored."""
    now = datetime.now(UTC)
    expires_at = now + timedelta(hours=24)
    file = FileUpload(new_id(), project.id, project.team_id, filename, 1000, digest_of(filename), now, expires_at)
    await database.write(lambda uow: uow.files.add(file))
    return file


async def add_import(database: SqlDatabase, file: FileUpload) -> ImportJob:
    """An import of the file that nobody has taken up yet."""
    job = ImportJob(
        id=new_id(),
        project_id=file.project_id,
        team_id=file.team_id,
        file_id=file.id,
        filename=file.filename,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        format=ExportFormat.COCO,
        keep_splits=False,
        status=ImportStatus.QUEUED,
        imported=0,
        skipped=0,
        warnings=(),
        failure_reason=None,
        created_by_id=None,
        created_at=datetime.now(UTC),
        finished_at=None,
    )

    async def work(uow: UnitOfWork) -> None:
        await uow.imports.add(job)
        tell_import_status(uow, job.project_id, job.id)

    await database.write(work)
    return job


async def request_version(
    database: SqlDatabase, home: Home, config: VersionConfig | None = None, project: Project | None = None
) -> DatasetVersion:
    command = CreateVersion((project or home.project).id, None, None, None, config or VersionConfig())
    version, _ = await create_version(database, home.principal, command)
    return version


async def take(database: SqlDatabase, kind: JobKind, worker: str = "test") -> Claim:
    """The next claim of that kind, which there must be."""
    claim = await database.write(lambda uow: uow.claims.take(kind, worker))
    assert claim is not None, f"no {kind} waits to be taken up"
    return claim


async def freeze(database: SqlDatabase, store: ObjectStore, work_dir: Path, version: DatasetVersion) -> DatasetVersion:
    """Runs the snapshot of that version, which must be the next in turn, to its end."""
    claim = await take(database, JobKind.SNAPSHOT)
    assert claim.id == version.id
    await Snapshot(database, store, work_dir).run(claim)
    return await reload(database, version)


async def reload(database: SqlDatabase, version: DatasetVersion) -> DatasetVersion:
    found = await database.read(lambda uow: uow.versions.get(version.id))
    assert found is not None
    return found


async def add_export(database: SqlDatabase, version: DatasetVersion, attempt: int = 1) -> VersionExport:
    """A READY export's row; its file is named, not stored."""
    id_, now = new_id(), datetime.now(UTC)
    export = VersionExport(
        id=id_,
        project_id=version.project_id,
        team_id=version.team_id,
        dataset_id=version.id,
        format=ExportFormat.YOLO,
        status=ExportStatus.READY,
        failure_reason=None,
        image_count=8,
        s3_key=export_key(version.team_id, id_, attempt),
        size_bytes=5,
        sha256=digest_of(id_),
        warnings=(),
        created_at=now,
        created_by_id=None,
        finished_at=now,
        attempt=attempt,
    )
    await database.write(lambda uow: uow.exports.add(export))
    return export


async def add_model(database: SqlDatabase, version: DatasetVersion, name: str = "north-v1.pt") -> TrainedModel:
    """A trained model's row; its weights are named, not stored."""
    sha256 = digest_of(name)
    model = TrainedModel(
        id=new_id(),
        project_id=version.project_id,
        team_id=version.team_id,
        name=name,
        dataset_id=version.id,
        training_job_id=None,
        parent_model_id=None,
        base_model=BaseModel.YOLO11N,
        classes=("wattle",),
        metrics=None,
        weights_key=weights_key(version.team_id, sha256),
        sha256=sha256,
        size_bytes=1000,
        image_size=160,
        preprocessing=Preprocessing(),
        created_at=datetime.now(UTC),
    )
    await database.write(lambda uow: uow.models.add(model))
    return model
